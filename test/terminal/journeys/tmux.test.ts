import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { clipboard } from '../../../components/line/clipboard.ts';
import type { Notice } from '../../../source/town/notify/notices.ts';
import { terminalNotice } from '../../../source/town/notify/terminal.ts';
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

test.skipIf(!hasTmux)(
  'what is copied and what is told reaches the terminal outside of tmux, and tmux itself',
  async () => {
    person = journey('tmux-told');
    socket = `gastown-told-${process.pid}`;
    tmux('new-session', '-d', '-x', '80', '-y', '24', '-s', 'told', '-c', person.home, 'sh');
    tmux('set', '-g', 'allow-passthrough', 'on');
    tmux('set', '-g', 'set-clipboard', 'on');
    const outside = person.program('tmux', ['-L', socket, 'attach', '-t', 'told']);
    await outside.until(/[$#]/);
    const env = { TMUX: 'yes' };
    const notice: Notice = {
      key: 'a',
      kind: 'approval',
      severity: 'high',
      subject: 'mr-1',
      title: 'Needs you',
      more: 0,
    };
    const bytes = terminalNotice(notice, { config: { bell: true, osc: 'auto' }, env }) + clipboard('gt-17', env);
    const file = path.join(person.home, 'bytes');
    writeFileSync(file, bytes);
    tmux('send-keys', '-t', 'told', '-l', `cat ${file}; echo told''once`);
    tmux('send-keys', '-t', 'told', 'Enter');
    await outside.until('toldonce');
    await eventually('tmux has it', () => tmux('show-buffer') === 'gt-17');
    const passed = outside.cast();
    expect(passed).toContain(String.raw`\u001b]9;Gas Town`);
    expect(passed).toContain(String.raw`\u001b]52;`);
    expect(passed).toContain(Buffer.from('gt-17').toString('base64'));
  },
);
