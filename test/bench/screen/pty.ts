import { stripVTControlCharacters } from 'node:util';
import xterm from '@xterm/headless';
import pty from 'node-pty';
import { cleanEnv } from '../../support/process.ts';

export const COLUMNS = 200;
export const ROWS = 50;

/** From a key to what it does: beyond, it was not heard. */
const KEY_LIMIT_MS = 5_000;
/** Keys that may be lost before it is no measurement any more. */
const LOST_MAX = 5;
/** Between two keys, so that they fall anywhere between two paints of what goes on by itself. */
const PAUSE_MS = { least: 60, most: 150 };
/** Kept of what a program wrote: a few whole screens. */
const TAIL_CHARS = 100_000;

/** A program in a terminal, with the time at which each piece of its output arrived here. */
export const openPty = (
  file: string,
  args: readonly string[],
  options: { cwd: string; home: string; env?: Readonly<Record<string, string>> },
) => {
  const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, scrollback: 0, allowProposedApi: true });
  const child = pty.spawn(file, [...args], {
    cols: COLUMNS,
    rows: ROWS,
    cwd: options.cwd,
    env: cleanEnv(options.home, { COLORTERM: 'truecolor', ...options.env }),
  });
  let listener: ((text: string) => void) | undefined;
  let bytes = 0;
  let over = false;
  child.onData(data => {
    bytes += Buffer.byteLength(data);
    listener?.(data);
    terminal.write(data);
  });
  terminal.onData(reply => {
    if (!over) child.write(reply);
  });
  const ended = new Promise<void>(resolve => {
    child.onExit(() => {
      over = true;
      resolve();
    });
  });
  const screen = (): string =>
    Array.from({ length: ROWS }, (_, y) => terminal.buffer.active.getLine(y)?.translateToString(true) ?? '').join('\n');
  return {
    pid: child.pid,
    ended,
    screen,
    bytes: () => bytes,
    send: (keys: string): void => child.write(keys),
    async until(wanted: (screen: string) => boolean, limitMs: number): Promise<void> {
      const end = performance.now() + limitMs;
      while (!wanted(screen())) {
        if (over || performance.now() > end)
          throw new Error(`${over ? 'ended' : 'timed out'} waiting for ${wanted}\n${screen()}`);
        await pause(20);
      }
    },
    /** Ms from a key to the arrival of the output in which its effect can be read. */
    keyMs: (keys: string, wanted: RegExp): Promise<number> =>
      new Promise((resolve, reject) => {
        let seen = '';
        const limit = setTimeout(() => {
          listener = undefined;
          reject(new Error(`no ${wanted} after ${keys}\n${screen()}`));
        }, KEY_LIMIT_MS);
        const sent = performance.now();
        listener = data => {
          seen = (seen + data).slice(-TAIL_CHARS);
          if (!wanted.test(stripVTControlCharacters(seen))) return;
          clearTimeout(limit);
          listener = undefined;
          resolve(performance.now() - sent);
        };
        child.write(keys);
      }),
    close(): void {
      if (!over) child.kill('SIGKILL');
    },
  };
};

export type Pty = ReturnType<typeof openPty>;

export interface Keys {
  readonly keyMs: readonly number[];
  /** Keys that nothing came of. */
  readonly lost: number;
}

/** Moves down and up a list of so many rows; each key is one measure. `shown` says what is written when one row follows another. */
export const measureKeys = async (
  screen: Pty,
  { rows, keys, shown }: { rows: number; keys: number; shown: (row: number, before: number) => RegExp },
): Promise<Keys> => {
  const keyMs: number[] = [];
  let [row, by, lost] = [1, 1, 0];
  while (keyMs.length < keys) {
    if (row + by < 1 || row + by > rows) by = -by;
    try {
      keyMs.push(await screen.keyMs(by > 0 ? 'j' : 'k', shown(row + by, row)));
      row += by;
    } catch (error) {
      if (++lost > LOST_MAX) throw error;
    }
    await pause(PAUSE_MS.least + ((keyMs.length * 37) % (PAUSE_MS.most - PAUSE_MS.least)));
  }
  return { keyMs, lost };
};

/** What this machine makes of a key by itself just now: a program that does nothing but write it back. */
export const measureEcho = async (keys: number, home: string): Promise<readonly number[]> => {
  const echo = openPty(
    process.execPath,
    ['-e', "process.stdin.setRawMode(true); process.stdout.write('ready'); process.stdin.pipe(process.stdout)"],
    { cwd: home, home },
  );
  try {
    await echo.until(shown => shown.includes('ready'), KEY_LIMIT_MS);
    return (await measureKeys(echo, { rows: keys + 1, keys, shown: () => /[jk]/ })).keyMs;
  } finally {
    echo.close();
  }
};

export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
