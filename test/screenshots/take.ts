import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CLI, cleanEnv, gastown, ROOT, workspace } from '../support/process.ts';
import { launch } from '../terminal/launch.ts';
import { svgOf } from './svg.ts';

/**
 * `npm run screenshots`: runs the program in a real terminal, does what a person would, and keeps what they would see as
 * pictures in docs/images. Nothing in them is drawn by hand.
 */
const IMAGES = new URL('../../docs/images/', import.meta.url);
const NODE = path.join(ROOT, 'node_modules/.bin/node');
const LIMIT_MS = 120_000;
/** A question takes answers, and its picture, once it has stood for a moment. */
const READING_MS = 400;

type Screen = ReturnType<typeof launch>;

const place = workspace('screenshots');
const screens: Screen[] = [];

const open = (args: readonly string[], size: { columns: number; rows: number; cwd?: string }): Screen => {
  const clean = Object.fromEntries(Object.keys(process.env).map(name => [name, undefined]));
  const env = { ...clean, ...cleanEnv(place.home, { TMPDIR: path.join(place.home, 'tmp') }) };
  const screen = launch(NODE, [CLI, ...args], { cwd: place.home, ...size, env });
  screens.push(screen);
  return screen;
};

const take = async (screen: Screen, name: string, title: string): Promise<void> => {
  await new Promise(resolve => setTimeout(resolve, READING_MS));
  await screen.until(() => true);
  writeFileSync(new URL(`${name}.svg`, IMAGES), svgOf(screen.terminal, title));
  console.log(`docs/images/${name}.svg`);
};

/** Every part at work, then the review of one change. */
const demo = async (): Promise<void> => {
  const screen = open(['demo'], { columns: 140, rows: 42 });
  await screen.until(shown => /[2-9] working/.test(shown) && count(shown, /● (merging|testing)/g) >= 2, LIMIT_MS);
  await take(screen, 'demo', 'The demo: plan, workers, merge queue, health and log at once');
  screen.send('2');
  await screen.until(/[▸ ]2 Polecats/, LIMIT_MS);
  screen.send('+');
  await take(screen, 'workers', 'The workers of the demo');
  screen.send('_3');
  await screen.until(/mr-[0-9a-f]+/, LIMIT_MS);
  screen.send('gd');
  await screen.until(/Review mr-[\s\S]*What was asked for/, LIMIT_MS);
  await take(screen, 'review', 'The review of a change, with the evidence for and against it');
  screen.send('\u001B');
  await screen.until(shown => !shown.includes('What was asked for'), LIMIT_MS);
  screen.send('qq');
  await screen.exited(LIMIT_MS);
};

const shop = (): string => {
  const dir = path.join(place.home, 'shop');
  mkdirSync(dir);
  writeFileSync(path.join(dir, 'README.md'), '# Shop\n');
  const git = (...args: string[]) => execFileSync('git', args, { cwd: dir, env: cleanEnv(place.home) });
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Ada');
  git('config', 'user.email', 'ada@shop.invalid');
  git('add', '--all');
  git('commit', '--quiet', '-m', 'Open the shop');
  return dir;
};

/** What a newcomer sees after three questions, and the first thing that waits for them. */
const firstMinutes = async (): Promise<void> => {
  const cwd = shop();
  const town = place.town(path.join(place.home, '.gastown'));
  for (const args of [
    ['init', town],
    ['rig', 'add', 'shop', cwd, '--no-gates', '--town', town],
  ])
    if ((await gastown(args, { home: place.home })).code !== 0) throw new Error(`gastown ${args.join(' ')}`);
  const screen = open([], { columns: 100, rows: 30, cwd });
  await screen.until('Nothing is planned yet', LIMIT_MS);
  await take(screen, 'first-run', 'An empty town, with three keys to begin with');
  const work = ['create', 'Paint the door', '-d', '```sh\necho red > door.txt\n```', '--sling', '--town', town];
  if ((await gastown(work, { home: place.home })).code !== 0) throw new Error('The bead was not made.');
  await screen.until('1 needs you', LIMIT_MS);
  screen.send(' ');
  await screen.until('Land "Paint the door" on main?', LIMIT_MS);
  await take(screen, 'question', 'Finished work waits for a yes');
  screen.send('\u001B');
  await screen.until(shown => !shown.includes('Land "Paint the door" on main?'), LIMIT_MS);
  screen.send('qq');
  await screen.exited(LIMIT_MS);
};

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

mkdirSync(IMAGES, { recursive: true });
mkdirSync(path.join(place.home, 'tmp'));
try {
  await demo();
  await firstMinutes();
} finally {
  for (const screen of screens) screen.kill();
  await place.cleanUp();
}
process.exit(0);
