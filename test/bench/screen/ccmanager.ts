import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cleanEnv, workspace } from '../../support/process.ts';
import { repository, rssOf, TALKER } from './busy.ts';
import { type Keys, measureKeys, openPty, type Pty, pause } from './pty.ts';

export interface Peer extends Keys {
  readonly version: string;
  readonly ptys: number;
  readonly rssBytes: number;
}

const INSTALL_MS = 180_000;
const STEP_MS = 20_000;
/** Within which its menu shows what a key did. */
const HEARD_MS = 2_000;
/** What its menu has beside worktrees, and its own checkout. */
const MENU_ROWS = 7;

/**
 * The same with ccmanager, the nearest other program in Ink: as many sessions, each of which talks, and then keys in its
 * menu, where all of them are listed. Installed from npm into a folder that is gone afterwards. Rejects, with why, where it
 * cannot be had or driven.
 */
export const measureCcmanager = async (ptys: number, keys: number): Promise<Peer> => {
  const place = workspace('bench-ccmanager');
  let screen: Pty | undefined;
  try {
    const { program, version } = install(place.home);
    const shop = repository(place.home);
    configure(place.home);
    for (let n = 1; n < ptys; n++)
      git(shop, place.home, 'worktree', 'add', '--quiet', `../${branchOf(n)}`, '-b', branchOf(n));
    screen = openPty(program, [], { cwd: shop, home: place.home });
    await screen.until(shown => selected(0).test(shown), INSTALL_MS);
    for (let n = 0; n < ptys; n++) await startSession(screen, { n, rows: ptys + MENU_ROWS });
    // Until it hears keys again after the last session.
    await move(screen, 'j');
    await toTop(screen);
    const rows = Math.min(ptys, visible(screen));
    const measured = await measureKeys(screen, { rows, keys, shown: row => selected(row - 1) });
    return { version, ptys, ...measured, rssBytes: rssOf(screen.pid) };
  } finally {
    screen?.close();
    await place.cleanUp();
  }
};

/** Its menu is in the order of folders, which therefore have the names of branches. */
const branchOf = (n: number): string => (n === 0 ? 'main' : `talk-${String(n).padStart(3, '0')}`);
/** Its mark, a number or nothing, and the branch. */
const selected = (n: number): RegExp => new RegExp(`❯ +(\\d+ +)?❯ +${branchOf(n)}\\b`);

/** Its package finds its binary in another one, whose newest version is not always that of the package. */
const install = (home: string): { program: string; version: string } => {
  const dir = path.join(home, 'npm');
  mkdirSync(dir);
  writeFileSync(path.join(dir, 'package.json'), '{"private":true}');
  const name = `@kodaikabasawa/ccmanager-${process.platform}-${process.arch}`;
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', name], {
    cwd: dir,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALL_MS,
  });
  const at = path.join(dir, 'node_modules', name);
  const program = path.join(at, 'bin', 'ccmanager');
  if (!existsSync(program)) throw new Error(`${name} has no program for this machine`);
  return {
    program,
    version: (JSON.parse(readFileSync(path.join(at, 'package.json'), 'utf8')) as { version: string }).version,
  };
};

const configure = (home: string): void => {
  const dir = path.join(home, '.config', 'ccmanager');
  mkdirSync(dir, { recursive: true });
  const presets = [{ id: '1', name: 'Main', command: 'perl', args: ['-e', TALKER] }];
  const config = { commandPresets: { presets, defaultPresetId: '1', selectPresetOnStart: false } };
  writeFileSync(path.join(dir, 'config.json'), JSON.stringify(config));
};

const git = (cwd: string, home: string, ...args: string[]): void => {
  execFileSync('git', args, { cwd, env: cleanEnv(home) });
};

/** Enter on its row, and Ctrl-e back to the menu once it talks. */
const startSession = async (screen: Pty, { n, rows }: { n: number; rows: number }): Promise<void> => {
  for (let step = 0; !selected(n).test(screen.screen()); step++) {
    if (step > rows) throw new Error(`its menu has no ${branchOf(n)}\n${screen.screen()}`);
    await move(screen, 'j');
  }
  await press(screen, '\r', shown => /agent \d+ line \d+/.test(shown));
  await press(screen, '\u0005', shown => shown.includes('Select a worktree'));
};

const toTop = async (screen: Pty): Promise<void> => {
  while (!selected(0).test(screen.screen())) await move(screen, 'k');
};

const move = (screen: Pty, key: string): Promise<void> => {
  const before = marked(screen);
  return press(screen, key, () => marked(screen) !== before);
};

/** A key that comes before it listens is lost: it is sent again. */
const press = async (screen: Pty, key: string, isDone: (shown: string) => boolean): Promise<void> => {
  for (const end = performance.now() + STEP_MS; !isDone(screen.screen()); ) {
    if (performance.now() > end) throw new Error(`it does not hear ${JSON.stringify(key)}`);
    screen.send(key);
    for (let waited = 0; waited < HEARD_MS && !isDone(screen.screen()); waited += 20) await pause(20);
  }
};

const marked = (screen: Pty): string => /^❯.*$/m.exec(screen.screen())?.[0].slice(0, 60) ?? '';
const visible = (screen: Pty): number => screen.screen().match(/^[❯ ] .*❯ +(main|talk-)/gm)?.length ?? 0;
