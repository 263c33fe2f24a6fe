import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import xterm from '@xterm/headless';
import { type RenderOptions, render } from 'ink';
import type { ReactNode } from 'react';

export interface ScreenOptions extends Partial<RenderOptions> {
  readonly columns?: number;
  readonly rows?: number;
}

/** A terminal for Ink or for a program's own output: what a person would see after every escape sequence was obeyed. */
export const createTerminal = ({ columns = 80, rows = 24 }: { columns?: number; rows?: number } = {}) => {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1_000 });
  let bytes = 0;
  let output = '';
  const stdout = Object.assign(new EventEmitter(), {
    isTTY: true,
    columns,
    rows,
    writable: true,
    write(data: string, done?: unknown) {
      bytes += Buffer.byteLength(data);
      output += data;
      // A pty turns line feeds into carriage return and line feed.
      terminal.write(data.replace(/(?<!\r)\n/g, '\r\n'), typeof done === 'function' ? (done as () => void) : undefined);
      return true;
    },
  });
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    raw: false,
    setRawMode(mode: boolean) {
      this.raw = mode;
      return this;
    },
    ref() {
      return this;
    },
    unref() {
      return this;
    },
  });
  const drained = (): Promise<void> => new Promise(resolve => terminal.write('', resolve));
  const screen = (): string =>
    Array.from(
      { length: terminal.rows },
      (_, y) => terminal.buffer.active.getLine(terminal.buffer.active.baseY + y)?.translateToString(true) ?? '',
    ).join('\n');
  return {
    terminal,
    stdout: stdout as typeof stdout & NodeJS.WriteStream,
    stdin: stdin as typeof stdin & NodeJS.ReadStream,
    drained,
    screen,
    /** All that was written, escapes and all. */
    output: () => output,
    get bytes() {
      return bytes;
    },
    resizeTo(width: number, height: number) {
      Object.assign(stdout, { columns: width, rows: height });
      terminal.resize(width, height);
      stdout.emit('resize');
    },
  };
};

export type Terminal = ReturnType<typeof createTerminal>;

/**
 * Renders an Ink tree into a real terminal emulator through Ink's interactive path, diffing and alternate screen
 * included: assertions see cells, not Ink's intermediate strings.
 */
export const renderScreen = (
  tree: ReactNode | ((terminal: Terminal) => ReactNode),
  { columns, rows, ...options }: ScreenOptions = {},
) => {
  const base = createTerminal({ ...(columns && { columns }), ...(rows && { rows }) });
  let frames = 0;
  const app = render(typeof tree === 'function' ? tree(base) : tree, {
    stdout: base.stdout,
    stdin: base.stdin,
    stderr: base.stdout,
    interactive: true,
    alternateScreen: true,
    incrementalRendering: true,
    maxFps: 1_000,
    patchConsole: false,
    exitOnCtrlC: false,
    onRender: () => {
      frames++;
    },
    ...options,
  });
  const settle = async (): Promise<void> => {
    await app.waitUntilRenderFlush();
    await base.drained();
  };
  const until = async (wanted: string | RegExp | ((screen: string) => boolean), limitMs = 30_000): Promise<string> => {
    const end = performance.now() + limitMs;
    for (;;) {
      await settle();
      const screen = base.screen();
      if (
        typeof wanted === 'function'
          ? wanted(screen)
          : wanted instanceof RegExp
            ? wanted.test(screen)
            : screen.includes(wanted)
      )
        return screen;
      if (performance.now() > end) throw new Error(`timed out waiting for ${wanted}; the screen was\n${screen}`);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  };
  return {
    ...base,
    app,
    settle,
    until,
    /** Frames painted so far. */
    frames: () => frames,
    bytes: () => base.bytes,
    /** Sends keys as one read and waits until what they did is on the screen. */
    async press(keys: string) {
      base.stdin.write(keys);
      await new Promise(resolve => setImmediate(resolve));
      await settle();
    },
    async resize(width: number, height: number) {
      base.resizeTo(width, height);
      await settle();
    },
    /** Colour number of a cell. */
    fg: (x: number, y: number) => base.terminal.buffer.active.getLine(y)?.getCell(x)?.getFgColor(),
    inverse: (x: number, y: number) => base.terminal.buffer.active.getLine(y)?.getCell(x)?.isInverse() !== 0,
  };
};
