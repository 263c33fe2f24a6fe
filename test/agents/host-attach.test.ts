import net from 'node:net';
import path from 'node:path';
import headless from '@xterm/headless';
import { expect, onTestFinished, test } from 'vitest';
import type { HostAttachment } from '../../source/agents/host-client.ts';
import { encodeFrame, frameReader, type HostFrame } from '../../source/agents/protocol.ts';
import { testHost, until } from './support.ts';

/** What a person's terminal shows of an attachment. */
const mirror = async (attachment: HostAttachment, columns = 60, rows = 12) => {
  const terminal = new headless.Terminal({ cols: columns, rows, allowProposedApi: true });
  terminal.write(attachment.replay);
  attachment.onData(data => terminal.write(data));
  return () => shown(terminal, '');
};

const shown = async (terminal: InstanceType<typeof headless.Terminal>, data: string): Promise<string> => {
  await new Promise<void>(resolve => terminal.write(data, resolve));
  const { active } = terminal.buffer;
  return Array.from(
    { length: terminal.rows },
    (_, y) => active.getLine(active.baseY + y)?.translateToString(true) ?? '',
  )
    .join('\n')
    .trimEnd();
};

test('shows the screen so far and then every byte once, and takes input', async () => {
  const host = await testHost();
  await host.start('a', 'echo first; while read line; do echo "got $line"; done');
  await until(async () => (await host.seen('a')).lastLine === 'first');
  const attachment = await host.client.attach('a', { columns: 60, rows: 12 });
  const screen = await mirror(attachment);
  attachment.write('one\r');
  await until(screen, text => text === 'first\none\ngot one');
  expect(await host.seen('a')).toMatchObject({ columns: 60, rows: 12, attached: 1 });
  attachment.resize(50, 10);
  await until(async () => (await host.seen('a')).columns === 50);
  attachment.detach();
  await until(async () => (await host.seen('a')).attached === 0);
});

test('a replay taken in the middle of a flood continues without a gap or a repeat', async () => {
  const host = await testHost();
  await host.start('a', 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo line $i; done; read line');
  await until(async () => (await host.seen('a')).bytesOut > 20_000);
  const attachment = await host.client.attach('a', { columns: 60, rows: 12 });
  const screen = await mirror(attachment);
  const expected = Array.from({ length: 11 }, (_, index) => `line ${19_990 + index}`).join('\n');
  await until(screen, text => text.endsWith('line 20000'));
  expect(await screen()).toBe(expected);
});

test('tells a viewer that the agent ended', async () => {
  const host = await testHost();
  await host.start('a', 'read line; echo bye');
  const attachment = await host.client.attach('a', { columns: 60, rows: 12 });
  const screen = await mirror(attachment);
  const ended = new Promise<string>(resolve => attachment.onEnd(resolve));
  attachment.write('\r');
  expect(await ended).toContain('ended');
  expect(await screen()).toContain('bye');
  await expect(host.client.attach('a', { columns: 60, rows: 12 })).rejects.toMatchObject({ code: 'invalid' });
});

test('two people see the same terminal, and one that leaves without a word is forgotten', async () => {
  const host = await testHost();
  await host.start('a', 'while read line; do echo "got $line"; done');
  const other = await host.connect();
  const first = await host.client.attach('a', { columns: 60, rows: 12 });
  const second = await other.attach('a', { columns: 60, rows: 12 });
  const screens = [await mirror(first), await mirror(second)];
  second.write('x\r');
  for (const screen of screens) await until(screen, text => text === 'x\ngot x');
  other.close();
  await until(async () => (await host.seen('a')).attached === 1);
});

test('answers what an application asks its terminal only while nobody is attached', async () => {
  const host = await testHost();
  const ask =
    'stty raw -echo min 0 time 5; printf "\\033[6n"; answer=$(head -c 16); stty sane; echo "answer<$(printf %s "$answer" | tr -d "\\033")>"';
  await host.start('a', `${ask}; read go; ${ask}; read end`);
  await until(async () => (await host.client.tail('a', 9)).join(' ').includes('answer<[1;1R>'));
  const attachment = await host.client.attach('a', { columns: 60, rows: 12 });
  const screen = await mirror(attachment);
  attachment.write('\r');
  await until(screen, text => text.includes('answer<>'));
});

test('a viewer that stops reading does not hold the agent up, and gets the screen as it is when it reads again', async () => {
  const host = await testHost();
  await host.start('a', 'read go; yes 0123456789 | head -c 8000000; echo; echo END; read end');
  const socket = net.connect(path.join(host.runDir, 'host.sock'));
  const frames: HostFrame[] = [];
  const read = frameReader(
    frame => frames.push(frame as HostFrame),
    message => expect.unreachable(message),
  );
  socket.on('data', read);
  onTestFinished(() => void socket.destroy());
  socket.write(encodeFrame({ hello: 'gastown-terminal-host', protocol: 1 })!);
  socket.write(encodeFrame({ call: 1, op: 'attach', args: { id: 'a', attachment: 5, columns: 60, rows: 12 } })!);
  await until(() => frames.length === 2);
  socket.pause();
  await host.client.write('a', '\r');
  await until(async () => (await host.client.tail('a', 1))[0] === 'END');
  socket.resume();
  const terminal = new headless.Terminal({ cols: 60, rows: 12, allowProposedApi: true });
  const screen = await until(
    async () => {
      const output = frames.splice(0).map(frame => ('event' in frame && frame.event === 'output' ? frame.data : ''));
      return shown(terminal, output.join(''));
    },
    text => text.endsWith('END'),
  );
  expect(screen.split('\n').slice(0, 9)).toEqual(Array.from({ length: 9 }, () => '0123456789'));
  expect(socket.bytesRead).toBeLessThan(6_000_000);
});

test('tells of changes in few messages', async () => {
  const host = await testHost();
  const changes: string[][] = [];
  const stop = host.client.onChange(sessions => changes.push([...sessions]));
  await host.start('a', 'i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo $i; sleep 0.01; done');
  await host.ended('a');
  await until(() => changes.length > 0);
  expect(changes.length).toBeLessThan(25);
  expect(changes.flat().every(id => id === 'a')).toBe(true);
  stop();
  const count = changes.length;
  await host.client.forget('a');
  await host.start('b', 'echo b');
  await host.ended('b');
  expect(changes.length).toBe(count);
});

test('keeps NUL bytes, escape codes and hostile titles out of plain rows', async () => {
  const host = await testHost();
  await host.start(
    'a',
    `printf 'a\\000b\\033]0;title\\007\\033[31mred\\033[0m\\033]52;c;ZXZpbA==\\007 \\342\\200\\256rtl\\n\\377\\376bad utf8\\n\\033[?1049halt screen'; read end`,
  );
  await until(async () => (await host.client.screen('a')).join('\n').includes('alt screen'));
  const rows = [
    ...(await host.client.screen('a')),
    ...(await host.client.tail('a', 50)),
    (await host.seen('a')).lastLine,
  ];
  for (const row of rows) expect(row).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  expect(await host.client.serialize('a', { scrollback: 10 })).toContain('red');
});

test('says whether a program draws on the alternate screen', async () => {
  const host = await testHost();
  await host.start('a', "printf '\\033[?1049hfull'; read go; printf '\\033[?1049l'; read end");
  await until(async () => (await host.seen('a')).alternateScreen === true);
  await host.client.write('a', '\r');
  await until(async () => (await host.seen('a')).alternateScreen === undefined);
});
