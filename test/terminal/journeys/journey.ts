import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { inTurn } from '../../support/in-turn.ts';
import { CLI, cleanEnv, type Finished, ROOT, workspace } from '../../support/process.ts';
import { launch } from '../launch.ts';

/** The Node that the package brings along: the tests' own may be any. */
export const NODE = path.join(ROOT, 'node_modules/.bin/node');
/** Longer than a busy machine needs from a key to landed work. */
export const LANDING_MS = 40_000;
/** In the top line, whose words are cut short where it also tells of a slow line: a busy machine's is one. */
export const ONE_WORKS = /\b1 work/;
export const NONE_WORKS = /\b0 work/;
export const ONE_ASKS = /\b1 (needs )?you\b/;
export const ANY_ASKS = /\d (needs )?you\b/;
/** A question takes answers once it has stood for 300 ms. */
export const READING_MS = 350;

export type Screen = ReturnType<typeof launch>;

export interface ScreenOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A person with a home of their own, an empty machine around it, and repositories in it. */
export const journey = (name: string) => {
  const place = workspace(`journey-${name}`);
  const { home } = place;
  const town = place.town(path.join(home, '.gastown'));
  const screens: Screen[] = [];
  return {
    home,
    /** Where the town is that `gastown` sets up by default. */
    town,
    /** A repository with one commit of these files on `main`. */
    repository(files: Readonly<Record<string, string>> = { 'README.md': '# Shop\n' }): string {
      const dir = path.join(home, 'shop');
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
        writeFileSync(path.join(dir, file), text);
      }
      gitIn(dir, ['init', '--quiet', '--initial-branch=main']);
      gitIn(dir, ['config', 'user.name', 'Ada']);
      gitIn(dir, ['config', 'user.email', 'ada@shop.invalid']);
      gitIn(dir, ['add', '--all']);
      gitIn(dir, ['commit', '--quiet', '-m', 'Open the shop']);
      return dir;
    },
    /** `gastown <args>` in a terminal of its own. */
    screen(args: readonly string[] = [], options: ScreenOptions = {}): Screen {
      const screen = launch(NODE, [CLI, ...args], {
        columns: 80,
        rows: 24,
        ...options,
        env: personEnv(home, options.env),
      });
      screens.push(screen);
      return screen;
    },
    /** Any other program in a terminal of its own. */
    program(file: string, args: readonly string[], options: ScreenOptions = {}): Screen {
      const screen = launch(file, args, { columns: 80, rows: 24, ...options, env: personEnv(home, options.env) });
      screens.push(screen);
      return screen;
    },
    /** A plain command on the town, without a terminal. */
    command: (...args: string[]): Promise<Finished> => inTurn([...args, '--town', town], { home }),
    /** The records that a command prints with `--json`. */
    async records(...args: string[]): Promise<Record<string, unknown>[]> {
      const { stdout, stderr } = await inTurn([...args, '--json', '--town', town], { home });
      expect(stderr).toBe('');
      return stdout
        .trimEnd()
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line) as Record<string, unknown>);
    },
    /** The default town on this repository, made by commands: for journeys that begin later. */
    async townOf(repository: string, ...options: string[]): Promise<void> {
      for (const args of [
        ['init', town],
        ['rig', 'add', 'shop', repository, '--town', town, ...options],
      ]) {
        const { code, stderr } = await inTurn(args, { home });
        expect(stderr).toBe('');
        expect(code).toBe(0);
      }
    },
    /** A town elsewhere whose processes are to end with the test. */
    watch: (dir: string): string => place.town(dir),
    /** Who the town says has it. */
    holder: (): { pid: number; purpose: string } | undefined => readHolder(town),
    async cleanUp(): Promise<void> {
      // First: they would start the town again.
      place.endHosts();
      for (const screen of screens) screen.kill();
      // A town that goes on without a screen is a process that the screen started: the town names it.
      const left = readHolder(town);
      if (left && isTownProcess(left.pid, home)) killIfThere(left.pid);
      await place.cleanUp();
    },
  };
};

export type Journey = ReturnType<typeof journey>;

/** Answers the questions of the first `gastown` in a repository with Enter and waits for the empty town. */
export const setUp = async (screen: Screen): Promise<void> => {
  await screen.until('1. Set up a town');
  screen.send('\r');
  await screen.until('2. Which command must pass');
  screen.send('\r');
  await screen.until('3. Who lets green work land?');
  screen.send('\r');
  await screen.until('Nothing is planned yet');
};

/** Writes a bead whose work is this script, as a person types it, and waits until it stands in the plan. */
export const writeBead = async (screen: Screen, title: string, script: string): Promise<void> => {
  screen.send('n');
  await screen.until('New bead');
  await type(screen, title);
  screen.send('\t');
  for (const line of ['```sh', ...script.split('\n'), '```']) {
    await type(screen, line);
    screen.send('\r');
  }
  screen.send('\u0004');
  await screen.until('created. s slings it.');
};

/**
 * Types as a hand does, a few keys at a time: more in one read is a paste to the program, unless the terminal brackets
 * it. Waits until the field shows what was typed.
 */
export const type = async (screen: Screen, text: string): Promise<void> => {
  for (let at = 0; at < text.length; at += KEYS_AT_ONCE) {
    const shown = text.slice(0, at + KEYS_AT_ONCE);
    screen.send(text.slice(at, at + KEYS_AT_ONCE));
    await screen.until(shown.trimEnd().slice(-FIELD_COLUMNS));
  }
};

const KEYS_AT_ONCE = 12;
/** Of a long line only its end is in sight. */
const FIELD_COLUMNS = 40;

/** Work that says who does it and then waits for a word. */
export const WAITS = '```sh\necho "agent $$ waits"\nread go\necho "$go" > go.txt\n```';

/** The pid of the agent that does `WAITS`: it says it first, as it is inside its sandbox where it is in one. */
export const agentPid = async (person: Journey): Promise<number> => {
  const [, said] = await agentSays(person, /agent (\d+) waits/);
  const pid = pidOutside(Number(said), person.home);
  if (pid === undefined) throw new Error(`No process at work below ${person.home} calls itself ${said}`);
  return pid;
};

/** What the first polecat's log says, once it does: a session begins some time after its polecat. */
export const agentSays = async (person: Journey, wanted: RegExp): Promise<RegExpExecArray> => {
  let found: RegExpExecArray | null = null;
  await eventually(`the agent says ${wanted}`, async () => {
    found = wanted.exec((await person.command('log', 'acorn')).stdout);
    return found !== null;
  });
  return found!;
};

/** Of the processes at work below this folder, the one that has this pid in the innermost space of its own. */
const pidOutside = (inner: number, dir: string): number | undefined => {
  if (!existsSync('/proc/self/status')) return inner; // Elsewhere than on Linux there is no sandbox.
  return readdirSync('/proc')
    .map(Number)
    .filter(pid => pid > 0)
    .find(pid => {
      try {
        const pids = /^NSpid:\t(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]?.split('\t');
        return Number(pids?.at(-1)) === inner && readlinkSync(`/proc/${pid}/cwd`).startsWith(`${dir}/`);
      } catch {
        return false; // It has just ended.
      }
    });
};

export const gitIn = (dir: string, args: readonly string[]): string =>
  execFileSync('git', [...args], { cwd: dir, encoding: 'utf8', env: cleanEnv(dir) }).trimEnd();

/** Polls what no screen shows: files, processes. */
export const eventually = async (
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 60_000,
): Promise<void> => {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = condition();
    if (await answer) return;
    if (performance.now() > end) throw new Error(`Timed out: ${what}`);
    // What has to be waited for is asked of a process: one after the other would be most of what the machine does.
    await pause(answer instanceof Promise ? 200 : 20);
  }
};

export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** A long line as it was written, whatever the width of the screen. */
export const unwrapped = (shown: string): string => shown.replaceAll('\n', '');

/** The modes in which a shell expects to find its terminal. */
export const expectCleanTerminal = ({ terminal }: Screen): void => {
  expect(terminal.buffer.active.type).toBe('normal');
  expect(terminal.modes).toMatchObject({
    applicationCursorKeysMode: false,
    applicationKeypadMode: false,
    bracketedPasteMode: false,
    insertMode: false,
    mouseTrackingMode: 'none',
    originMode: false,
    sendFocusMode: false,
    synchronizedOutputMode: false,
    wraparoundMode: true,
  });
};

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Nothing of the person who runs the tests reaches the program. */
const personEnv = (home: string, extra: Readonly<Record<string, string>> = {}): Record<string, string | undefined> => ({
  ...Object.fromEntries(Object.keys(process.env).map(name => [name, undefined])),
  NODE_ENV: undefined,
  ...cleanEnv(home),
  ...extra,
});

const readHolder = (town: string): { pid: number; purpose: string } | undefined => {
  const file = path.join(town, 'town.holder.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { pid: number; purpose: string }) : undefined;
};

/** A pid may have passed to a stranger: only a process with this very home in its environment is one of ours. */
/** It may have ended by itself since it was looked at. */
const killIfThere = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

const isTownProcess = (pid: number, home: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`HOME=${home}`);
  } catch {
    return false;
  }
};
