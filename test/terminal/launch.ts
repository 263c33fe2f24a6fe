import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import xterm from '@xterm/headless';
import pty from 'node-pty';

export interface LaunchOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
  /** Added to a small clean environment; `undefined` removes a name. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Between two looks at a screen: each reads all of its cells. */
const LOOK_MS = 40;
/** How long a person would wait before they called it broken; on a busy machine, several times that. */
const UNTIL_MS = 60_000;

/** Runs a real program in a real pty and shows what a person would see. `kill` in a test's cleanup ends what it started. */
export const launch = (file: string, args: readonly string[] = [], options: LaunchOptions = {}) => {
  const { columns = 100, rows = 30, cwd } = options;
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 1_000, allowProposedApi: true });
  const child = pty.spawn(file, [...args], {
    cols: columns,
    rows,
    cwd: cwd ?? process.cwd(),
    env: environment(options.env ?? {}),
  });
  const started = performance.now();
  const cast = [JSON.stringify({ version: 2, width: columns, height: rows })];
  let exit: { exitCode: number; signal?: number } | undefined;
  child.onData(data => {
    cast.push(JSON.stringify([(performance.now() - started) / 1_000, 'o', data]));
    terminal.write(data);
  });
  // A terminal answers questions about itself; programs that ask must not wait for ever.
  terminal.onData(reply => {
    if (!exit) child.write(reply);
  });
  child.onExit(event => {
    exit = event;
  });

  const drained = (): Promise<void> => new Promise(resolve => terminal.write('', resolve));
  const screen = (): string => {
    const buffer = terminal.buffer.active;
    return Array.from(
      { length: terminal.rows },
      (_, y) => buffer.getLine(buffer.baseY + y)?.translateToString(true) ?? '',
    ).join('\n');
  };
  const failure = (reason: string): Error => new Error(`${reason}\n${screen()}\nrecording: ${saveCast(cast)}`);
  const poll = (): Promise<void> => new Promise(resolve => setTimeout(resolve, LOOK_MS));

  return {
    terminal,
    pid: child.pid,
    screen,
    /** Waits until the screen shows it; fails with the screen printed and the session recorded as an asciinema cast. */
    async until(wanted: string | RegExp | ((screen: string) => boolean), limitMs = UNTIL_MS): Promise<string> {
      const end = performance.now() + limitMs;
      for (;;) {
        await drained();
        const shown = screen();
        if (
          typeof wanted === 'function'
            ? wanted(shown)
            : wanted instanceof RegExp
              ? wanted.test(shown)
              : shown.includes(wanted)
        )
          return shown;
        if (exit) throw failure(`exited with ${exit.exitCode} before ${wanted}`);
        if (performance.now() > end) throw failure(`timed out waiting for ${wanted}`);
        await poll();
      }
    },
    send: (keys: string): void => child.write(keys),
    resize(width: number, height: number): void {
      terminal.resize(width, height);
      child.resize(width, height);
    },
    cast: (): string => cast.join('\n'),
    /** Waits until the program has ended and everything it wrote is on the screen. */
    async exited(limitMs = UNTIL_MS): Promise<{ exitCode: number; signal?: number }> {
      const end = performance.now() + limitMs;
      while (!exit) {
        if (performance.now() > end) throw failure('timed out waiting for the exit');
        await poll();
      }
      await drained();
      return exit;
    },
    /** Reads nothing more, as a stopped `ssh` does: soon the terminal takes no byte of the program's. */
    freeze: (): void => child.pause(),
    thaw: (): void => child.resume(),
    signal(name: NodeJS.Signals): void {
      process.kill(child.pid, name);
    },
    /** Closes the terminal, as a window that is shut or a line that drops does: the system hangs up on the program. */
    close(): void {
      (child as typeof child & { destroy(): void }).destroy();
    },
    /** Ends it if it still runs. Safe to call twice. */
    kill(): void {
      if (!exit) child.kill('SIGKILL');
    },
  };
};

/** `CI` in the environment, even empty, would make Ink believe that nobody looks (field/terminal.md §1.7). */
const environment = (env: Readonly<Record<string, string | undefined>>): Record<string, string> => {
  const merged: Record<string, string | undefined> = {
    ...process.env,
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
    NODE_ENV: 'production',
    LANG: 'C.UTF-8',
    CI: undefined,
    ...env,
  };
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
};

const saveCast = (cast: readonly string[]): string => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'gastown-cast-')), 'session.cast');
  fs.writeFileSync(file, `${cast.join('\n')}\n`);
  return file;
};
