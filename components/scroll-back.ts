import { cut } from '../source/common/text.ts';
import type { Attachment } from '../source/town/view.ts';

/** What scrolled away on the terminal of an attached session, page by page. */
export interface ScrollBack {
  readonly isOpen: boolean;
  /** Answers false where there is nothing to show: the key belongs to the program then. */
  open(): Promise<boolean>;
  /** Takes keys while it is open. Any that does not scroll goes back to the live screen, and nowhere else. */
  press(keys: string): void;
  /** Draws anew after the terminal changed its size. */
  redraw(): void;
}

export interface ScrollBackOptions {
  readonly attachment: Pick<Attachment, 'history' | 'repaint'>;
  readonly write: (data: string) => void;
  readonly size: () => { columns: number; rows: number };
}

/** PageUp as terminals send it, plain or by the kitty protocol, held down or not. */
export const isPageUp = (keys: string): boolean => /^(?:\u001B\[5(?:;1(?::[12])?)?~)+$/.test(keys);

/**
 * The screens of programs that draw on the alternate screen have no past: they scroll by themselves and keep PageUp.
 * While it is open the caller shows nothing of what the session prints; leaving draws the screen as it is by then.
 */
export const createScrollBack = ({ attachment, write, size }: ScrollBackOptions): ScrollBack => {
  let lines: readonly string[] | undefined;
  let top = 0;
  let leaving = false;

  const page = (): number => Math.max(1, size().rows - 1);

  const draw = (): void => {
    if (!lines) return;
    const { columns } = size();
    top = Math.max(0, Math.min(top, lines.length - page()));
    const shown = lines.slice(top, top + page());
    const place = `${lines.length === 0 ? 0 : top + 1}-${top + shown.length} of ${lines.length}`;
    const bar = cut(` ${place}  PgUp PgDn j k g G scroll, any other key comes back to the live screen`, columns);
    write(
      `\u001B[0m\u001B[?7l\u001B[2J\u001B[H${shown.map(line => cut(line, columns)).join('\r\n')}\u001B[${size().rows};1H\u001B[7m${bar.padEnd(columns)}\u001B[0m`,
    );
  };

  const leave = async (): Promise<void> => {
    leaving = true;
    try {
      const screen = await attachment.repaint?.();
      write(`\u001B[0m\u001B[2J\u001B[H\u001B[?7h${screen ?? ''}`);
    } finally {
      leaving = false;
      lines = undefined;
    }
  };

  return {
    get isOpen() {
      return lines !== undefined;
    },
    async open() {
      const past = await attachment.history?.();
      if (!past || past.alternate || past.lines.length <= size().rows) return false;
      lines = past.lines;
      top = Math.max(0, lines.length - 2 * page());
      draw();
      return true;
    },
    press(keys) {
      if (!lines || leaving) return;
      // Reports of the mouse or of focus, which the program asked for, are no keys.
      if (/^\u001B\[(?:<|M|[IO]$)/.test(keys)) return;
      const step = STEPS.find(({ key }) => key.test(keys));
      if (!step) {
        void leave();
        return;
      }
      top = step.move(top, page(), lines.length);
      draw();
    },
    redraw: draw,
  };
};

const STEPS: readonly { readonly key: RegExp; readonly move: (top: number, page: number, count: number) => number }[] =
  [
    { key: /^(?:\u001B\[5(?:;1(?::[12])?)?~|\u0015|b)/, move: (top, page) => top - page },
    { key: /^(?:\u001B\[6(?:;1(?::[12])?)?~|\u0004| |f)/, move: (top, page) => top + page },
    { key: /^(?:\u001B(?:\[|O)A|k)/, move: top => top - 1 },
    { key: /^(?:\u001B(?:\[|O)B|j)/, move: top => top + 1 },
    { key: /^(?:g|\u001B(?:\[|O)H)/, move: () => 0 },
    { key: /^(?:G|\u001B(?:\[|O)F)/, move: (_top, _page, count) => count },
  ];
