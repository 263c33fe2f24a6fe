import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type InputOptions, type OutputOptions } from 'rolldown';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import shipped from '../../rolldown.config.ts';
import { eventually } from './journeys/journey.ts';
import { type LaunchOptions, launch } from './launch.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const node = path.join(root, 'node_modules/.bin/node');
let out = '';
const running: ReturnType<typeof launch>[] = [];

beforeAll(async () => {
  fs.mkdirSync(path.join(root, 'dist'), { recursive: true });
  // Inside the checkout, so that the program finds its packages.
  out = fs.mkdtempSync(path.join(root, 'dist', 'screen-test-'));
  const { input: _, output, ...config } = shipped as InputOptions & { output: OutputOptions };
  await build({
    ...config,
    cwd: root,
    input: {
      program: path.join(root, 'test/terminal/fixtures/screen-on-fake-town.ts'),
      busy: path.join(root, 'test/terminal/fixtures/busy-screen.ts'),
    },
    output: { ...output, dir: out },
    plugins: [],
  });
  fs.writeFileSync(path.join(out, 'package.json'), '{"type":"module"}');
});

afterEach(() => {
  for (const app of running.splice(0)) app.kill();
});

afterAll(() => fs.rmSync(out, { recursive: true, force: true }));

const start = (file: string, args: readonly string[], options: LaunchOptions = {}) => {
  const app = launch(file, args, { cwd: out, ...options });
  running.push(app);
  return app;
};
const program = (): string => path.join(out, 'program.js');

test('attach, type, resize, detach: the session sees a true terminal, and the screen hears keys again', async () => {
  const app = start(node, [program()]);
  await app.until('testville');
  app.send('2');
  await app.until('a attach');
  app.send('a');
  await app.until('child$');
  app.send('printf "mark%s\\n" X\r');
  await app.until('markX');
  app.resize(90, 25);
  app.send('until stty size | grep "25 90"; do sleep 0.1; done\r');
  await app.until(/^25 90$/m);
  app.send('\u001B[93;5u');
  await app.until('Detached from nux');
  app.send('1j');
  await app.until('2 of 6');
  app.send('2a');
  await app.until(screen => !screen.includes('testville'));
  app.send('exit\r');
  await app.until('nux: it ended');
  app.send('1j');
  await app.until('3 of 6');
  app.send('qq');
  expect((await app.exited()).exitCode).toBe(0);
  expect(app.terminal.buffer.active.type).toBe('normal');
  expect(app.screen().trim()).toBe('ended: leave');
  expect(app.terminal.modes).toMatchObject({
    wraparoundMode: true,
    bracketedPasteMode: false,
    mouseTrackingMode: 'none',
  });
});

test('a dropped line ends the screen and not the program', async () => {
  const app = start(node, [program()]);
  await app.until('testville');
  app.signal('SIGHUP');
  expect((await app.exited()).exitCode).toBe(0);
  // An answer to a question about the line may still come, before or after: nobody waits for one on a line that is gone.
  expect(app.screen().replaceAll('^[[0n', '').trim()).toBe('ended: hangup');
});

test('Ctrl-Z gives the shell its terminal back, and fg the screen', async () => {
  const shell = start('bash', ['--norc', '-i'], { env: { PS1: 'shell$ ' } });
  await shell.until('shell$');
  shell.send(`${node} ${program()}\r`);
  await shell.until('testville');
  shell.send('j\u001A');
  await shell.until('Stopped');
  expect(shell.terminal.buffer.active.type).toBe('normal');
  expect(shell.terminal.modes.wraparoundMode).toBe(true);
  // The shell has a terminal that it can use: it reads a line, and prints where it is told to.
  shell.send('stty -a | tr " ;" "\\n" | grep -x icanon; echo here $((40 + 2))\r');
  await shell.until(/^icanon$[\s\S]*^here 42$/m);
  shell.send('fg\r');
  const screen = await shell.until('2 of 6');
  expect(shell.terminal.buffer.active.type).toBe('alternate');
  expect(screen).not.toContain('here 42');
  for (const part of ['testville', '1 Plan', 'Log', 'help']) expect(screen).toContain(part);
  shell.send('j');
  await shell.until('3 of 6');
  shell.send('qq');
  await shell.until('ended: leave');
});

test('a megabyte pasted into a real terminal runs nothing', async () => {
  const app = start(node, [program()]);
  await app.until('testville');
  const text = 'Do y and n, q and D; rm -rf it.\r'.repeat(32_768);
  app.send(`\u001B[200~${text}\u001B[201~`);
  await app.until('paste is ignored', 30_000);
  app.send('2');
  await app.until('a attach');
  app.send('qq');
  expect((await app.exited()).exitCode).toBe(0);
});

test('a terminal that stops reading stops nothing behind it, and shows the newest state once it reads again', async () => {
  const file = path.join(out, 'turns');
  const turns = (): number => Number(fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : 0);
  const app = start(node, [path.join(out, 'busy.js'), file], { columns: 200, rows: 50 });
  await app.until(/turn \d+/);
  app.freeze();
  // A pty holds some 20 kB: frames of this size fill it within a few turns.
  const frozenAt = turns();
  await eventually('the town goes on', () => turns() > frozenAt + 100, 30_000);
  app.send('2');
  app.send('?');
  const thawedAt = turns();
  app.thaw();
  await app.until('Keys that work here');
  await app.until(screen => Number(/turn (\d+)/.exec(screen)?.[1]) > thawedAt);
  app.send('\u001B');
  await app.until('a attach');
  app.send('q');
  await app.until('Leave Gas Town?');
  app.send('q');
  await app.until('ended: leave');
});

test('a program that was stopped from outside draws its whole screen again', async () => {
  const app = start(node, [program()]);
  await app.until('testville');
  app.signal('SIGSTOP');
  app.terminal.write('\u001B[2J\u001B[Hsomebody else was here');
  await app.until('somebody else');
  app.signal('SIGCONT');
  await app.until(screen => screen.includes('testville') && !screen.includes('somebody else'));
  app.send('2');
  await app.until('a attach');
});
