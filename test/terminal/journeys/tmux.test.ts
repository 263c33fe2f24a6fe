import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { CLI, cleanEnv } from '../../support/process.ts';
import { eventually, type Journey, journey, LANDING_MS, NODE } from './journey.ts';

const hasTmux = spawnSync('tmux', ['-V']).status === 0;

let person: Journey;
let socket = '';
const tmux = (...args: string[]): string =>
  execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8', env: cleanEnv(person.home) });

afterEach(async () => {
  if (socket) spawnSync('tmux', ['-L', socket, 'kill-server'], { env: cleanEnv(person.home) });
  await person?.cleanUp();
});

test.skipIf(!hasTmux)(
  'in tmux (skipped where tmux is not installed) the screen shows, hears keys, follows its size and leaves',
  async () => {
    person = journey('tmux');
    socket = `gastown-${process.pid}`;
    const shop = person.repository();
    await person.townOf(shop, '--gate', 'ok=true');
    await person.command('create', 'Sweep the floor', '-d', '```sh\necho clean > floor.txt\n```');
    tmux('new-session', '-d', '-x', '80', '-y', '24', '-s', 'shop', '-c', shop, 'sh');
    const shown = (): string => tmux('capture-pane', '-p', '-t', 'shop');
    const until = (what: string | RegExp, limitMs?: number): Promise<void> =>
      eventually(
        `${what} in\n${shown()}`,
        () => (typeof what === 'string' ? shown().includes(what) : what.test(shown())),
        limitMs,
      );

    tmux('send-keys', '-t', 'shop', '-l', `${NODE} ${CLI}; echo "left with $?"`);
    tmux('send-keys', '-t', 'shop', 'Enter');
    await until('Sweep the floor');
    tmux('send-keys', '-t', 'shop', 's');
    await until(/✓ landed .*Sweep the floor/, LANDING_MS);
    tmux('resize-window', '-t', 'shop', '-x', '130', '-y', '40');
    await until(/1 Plan[\s\S]*3 Refinery[\s\S]*5 Log/);
    tmux('send-keys', '-t', 'shop', 'q');
    tmux('send-keys', '-t', 'shop', 'q');
    await until('left with 0');
    expect(shown()).not.toContain('1 Plan');
  },
);
