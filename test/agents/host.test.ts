import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect, test } from 'vitest';
import { connectHost } from '../../source/agents/host-client.ts';
import { processStartTime, readProcessStat } from '../../source/agents/process.ts';
import { isGone, killRecorded, recorded, testHost, until } from './support.ts';

test('starts a process in a terminal and reports its output and exit code', async () => {
  const host = await testHost();
  const { pid, startTime } = await host.start('a', 'echo hello; sleep 0.3; exit 7');
  expect(pid).toBeGreaterThan(0);
  expect(startTime).toBeGreaterThan(0);
  const ended = await host.ended('a');
  expect(ended).toMatchObject({ id: 'a', pid, alive: false, exitCode: 7, lastLine: 'hello' });
  expect(ended.signal).toBeUndefined();
  expect(ended.endedAt).toBeGreaterThanOrEqual(ended.startedAt);
  expect(await host.client.tail('a', 10)).toEqual(['hello']);
  // The end is told at once, and the disk takes the last words when it can.
  await until(
    () => fs.readFileSync(path.join(host.dir, 'a.log'), 'utf8'),
    log => log === 'hello\r\n',
  );
});

test('runs the command in its folder with exactly the environment that was given', async () => {
  const host = await testHost();
  await host.client.start(
    host.request('a', ['/usr/bin/env'], { env: { PATH: '/usr/bin:/bin', ONLY: 'this', TERM: 'dumb' } }),
  );
  await host.ended('a');
  const names = (await host.client.tail('a', 50)).map(line => line.split('=')[0]).sort();
  // PWD comes from the pty, SHLVL and _ from the wrapper.
  expect(names.filter(name => !['PWD', 'SHLVL', '_'].includes(name!))).toEqual(['ONLY', 'PATH', 'TERM']);
});

test('echoes input, and counts it as progress', async () => {
  const host = await testHost();
  await host.start('a', 'read line; echo "got $line"');
  await host.client.write('a', 'words\r');
  const ended = await host.ended('a');
  expect(await host.client.tail('a', 10)).toEqual(['words', 'got words']);
  expect(ended.lastProgressAt).toBeGreaterThanOrEqual(ended.startedAt);
});

test('gives a child of the second session file descriptors 0, 1 and 2 and nothing else', async () => {
  const host = await testHost();
  await host.start('first', 'sleep 60');
  // The listing's own descriptor is the folder it reads.
  await host.start('second', 'for fd in /proc/$$/fd/*; do readlink $fd > /dev/null && basename $fd; done');
  await host.ended('second');
  expect(await host.client.tail('second', 10)).toEqual(['0', '1', '2']);
  await host.client.start(host.request('third', ['ls', '-l', '/proc/self/fd']));
  await host.ended('third');
  expect((await host.client.tail('third', 10)).join('\n')).not.toMatch(/ptmx|socket|host/);
});

test('ends with 127 when the command does not exist', async () => {
  const host = await testHost();
  await host.client.start(host.request('a', ['no-such-agent']));
  expect((await host.ended('a')).exitCode).toBe(127);
  expect((await host.client.tail('a', 3)).join('\n')).toContain('no-such-agent');
});

test('refuses a second session of the same name, a missing folder and an unknown session', async () => {
  const host = await testHost();
  await host.start('a', 'sleep 60');
  await expect(host.start('a', 'true')).rejects.toMatchObject({ code: 'already_exists' });
  await expect(host.start('b', 'true', { cwd: '/no/such' })).rejects.toMatchObject({ code: 'not_found' });
  await expect(host.client.write('nobody', 'x')).rejects.toMatchObject({ code: 'not_found' });
  await expect(host.client.resize('a', { columns: 0, rows: 5 })).rejects.toMatchObject({ code: 'invalid' });
  await expect(host.client.forget('a')).rejects.toMatchObject({ code: 'conflict' });
});

test('reports the signal that ended a process', async () => {
  const host = await testHost();
  await host.start('a', 'sleep 60');
  await host.client.signal('a', 'SIGTERM');
  expect(await host.ended('a')).toMatchObject({ signal: 15, alive: false });
  await host.client.signal('a', 'SIGKILL');
  await expect(host.client.signal('nobody', 'SIGKILL')).rejects.toMatchObject({ code: 'not_found' });
});

test('kills a process that ignores TERM and hang-ups, with its grandchildren in other groups', async () => {
  const host = await testHost();
  await host.client.start(
    host.request('a', [
      'bash',
      '-c',
      'trap "" TERM HUP INT; set -m; (trap "" TERM HUP; echo $BASHPID > grandchild; while :; do sleep 1; done) & echo ready; while :; do sleep 1; done',
    ]),
  );
  const grandchild = recorded(
    await until(() =>
      Number(
        fs.existsSync(path.join(host.dir, 'grandchild')) && fs.readFileSync(path.join(host.dir, 'grandchild'), 'utf8'),
      ),
    ),
  );
  await until(async () => (await host.seen('a')).lastLine === 'ready');
  await host.client.signal('a', 'SIGTERM');
  await host.client.signal('a', 'SIGKILL');
  expect(await host.ended('a')).toMatchObject({ signal: 9 });
  await until(() => isGone(grandchild));
});

test('says what the processes of a session hold in memory, as the system counts it', async () => {
  const host = await testHost();
  await host.start('a', 'sleep 60');
  const held = await until(async () => (await host.seen('a')).residentBytes);
  const { pid } = await host.seen('a');
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const own = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1_024;
  // A shell and what it started, no more.
  expect(held).toBeGreaterThan(own / 2);
  expect(held).toBeLessThan(own * 8);
  await host.client.signal('a', 'SIGKILL');
  expect(await host.ended('a')).not.toHaveProperty('residentBytes');
});

test('leaves no process behind when an agent exits and its child ignores the hang-up', async () => {
  const host = await testHost();
  await host.start('a', 'trap "" HUP; (while :; do sleep 1; done) & echo $! > child; exit 0');
  expect(await host.ended('a')).toMatchObject({ exitCode: 0 });
  const child = recorded(Number(fs.readFileSync(path.join(host.dir, 'child'), 'utf8')));
  await until(() => isGone(child));
});

test('keeps sessions and scrollback when the client dies, for the next client to find', async () => {
  const host = await testHost();
  await host.start('a', 'seq 1 200; read line; echo "got $line"; sleep 60');
  await until(async () => (await host.seen('a')).lastLine === '200');
  host.client.close();
  await expect(host.client.list()).rejects.toMatchObject({ code: 'host_unreachable' });
  const next = await host.connect();
  expect(next.pid).toBe(host.client.pid);
  expect((await next.list())[0]).toMatchObject({ id: 'a', alive: true });
  const tail = await next.tail('a', 300);
  expect(tail).toEqual(Array.from({ length: 200 }, (_, index) => String(index + 1)));
  await next.write('a', 'again\r');
  await until(async () => (await next.tail('a', 1))[0] === 'got again');
});

test('keeps the exit status until it is forgotten', async () => {
  const host = await testHost();
  await host.start('a', 'exit 3');
  await host.ended('a');
  expect(await (await host.connect()).list()).toMatchObject([{ id: 'a', exitCode: 3 }]);
  await host.client.forget('a');
  expect(await host.client.list()).toEqual([]);
  await host.client.forget('a');
});

test('starts one host for two clients that come at once', async () => {
  const host = await testHost();
  await host.client.shutdown();
  const clients = await Promise.all(Array.from({ length: 4 }, () => host.connect()));
  expect(new Set(clients.map(client => client.pid)).size).toBe(1);
});

test('one that hangs up at once, as it is about to end, is waited out and another one started', async () => {
  const host = await testHost();
  await host.client.shutdown();
  await until(() => !fs.existsSync(path.join(host.runDir, 'host.sock')));
  const dying = net.createServer(socket => {
    socket.destroy();
    dying.close();
  });
  await new Promise<void>(resolve => dying.listen(path.join(host.runDir, 'host.sock'), resolve));
  expect(await (await host.connect()).list()).toEqual([]);
});

test('makes its socket and folder for its own user only', async () => {
  const host = await testHost();
  expect(fs.statSync(path.join(host.runDir, 'host.sock')).mode & 0o777).toBe(0o600);
  expect(fs.statSync(host.runDir).mode & 0o777).toBe(0o700);
  expect(JSON.parse(fs.readFileSync(path.join(host.runDir, 'host.json'), 'utf8'))).toMatchObject({
    pid: host.client.pid,
    startTime: processStartTime(host.client.pid),
    protocol: 1,
  });
});

test('ignores the hang-up of the terminal it was started from', async () => {
  const host = await testHost();
  await host.start('a', 'sleep 60');
  process.kill(host.client.pid, 'SIGHUP');
  expect(await host.seen('a')).toMatchObject({ alive: true });
  expect(readProcessStat(host.client.pid)?.session).toBe(host.client.pid);
});

test('ends by itself when it has neither sessions nor clients', async () => {
  const host = await testHost({ idleMs: 100 });
  const process_ = recorded(host.client.pid);
  await host.start('a', 'sleep 0.5; exit 4');
  host.client.close();
  await until(() => isGone(process_));
  expect(fs.existsSync(path.join(host.runDir, 'host.sock'))).toBe(false);
  await expect(connectHost({ runDir: host.runDir })).rejects.toMatchObject({ code: 'host_unreachable' });
  // What ended meanwhile is still known to the next one.
  expect(await (await host.connect()).list()).toMatchObject([{ id: 'a', alive: false, exitCode: 4 }]);
});

test('a killed host takes its sessions with it, and the next host tells of their end', async () => {
  const host = await testHost();
  const child = await host.start('a', 'echo before; trap "" HUP; while :; do sleep 0.2; done');
  // On its screen it may be a moment before it is in its log, and a killed host leaves only the log.
  const { logFile } = await host.seen('a');
  await until(() => fs.existsSync(logFile) && fs.readFileSync(logFile, 'utf8').includes('before'));
  let lost = false;
  host.client.onClose(() => {
    lost = true;
  });
  const killed = recorded(host.client.pid);
  killRecorded(killed);
  await until(() => lost && isGone(killed));
  await expect(host.client.list()).rejects.toMatchObject({ code: 'host_unreachable' });
  const next = await host.connect();
  expect(next.pid).not.toBe(host.client.pid);
  const [session] = await next.list();
  expect(session).toMatchObject({ id: 'a', alive: false });
  expect(session!.exitCode).toBeUndefined();
  await until(() => isGone(child));
  expect(await next.tail('a', 5)).toEqual(['before']);
});

test('a host that went missing from the file system is found again once its socket is back', async () => {
  const host = await testHost();
  await host.start('a', 'sleep 60');
  host.client.close();
  fs.rmSync(path.join(host.runDir, 'host.sock'));
  const next = await host.connect();
  expect(next.pid).toBe(host.client.pid);
});

test('refuses another version of the protocol in words', async () => {
  const host = await testHost();
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = net.connect(path.join(host.runDir, 'host.sock'), () =>
      socket.write('{"hello":"gastown-terminal-host","protocol":99}\n'),
    );
    socket.on('data', data => {
      text += data;
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
  expect(JSON.parse(answer).refused).toMatchObject({ code: 'protocol' });
  expect(answer).toContain('version 1');
  expect(answer).toContain('version 99');
});

test('hangs up on a client that does not speak its language or sends too large a frame', async () => {
  const host = await testHost();
  const talk = (bytes: string): Promise<void> =>
    new Promise(resolve => {
      const socket = net.connect(path.join(host.runDir, 'host.sock'), () => socket.write(bytes));
      socket.on('data', () => {});
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    });
  await talk('GET / HTTP/1.0\r\n\r\n');
  await talk('{"call":1,"op":"shutdown","args":{}}\n');
  await talk('x'.repeat(9 * 1024 * 1024));
  await host.start('a', 'echo still here');
  expect((await host.ended('a')).lastLine).toBe('still here');
});

test('shutdown ends every session and the host', async () => {
  const host = await testHost();
  const child = await host.start('a', 'trap "" TERM; while :; do sleep 0.2; done');
  const process_ = recorded(host.client.pid);
  await host.client.shutdown();
  await until(() => isGone(child) && isGone(process_));
});
