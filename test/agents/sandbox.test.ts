import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxProfile, sandboxWords } from '../../source/agents/sandbox.ts';
import { checkSandbox, tryASandbox } from '../../source/agents/sandbox-check.ts';

const check = await checkSandbox(process.env);
if (!check.works) console.warn(`The tests of the sandbox were not run: ${check.why}`);

const RELAY = path.join(import.meta.dirname, '../../source/agents/relay.ts');
const MODULES = path.join(import.meta.dirname, '../../node_modules');

describe('the words of a sandbox', () => {
  const profile: SandboxProfile = { readable: ['/a/b/c', '/a'], writable: ['/a/b'], cwd: '/a/b', network: 'open' };

  test('bind outer folders before what lies in them, each as it was asked for', () => {
    const text = sandboxWords(profile).join(' ');
    expect(text).toContain('--ro-bind /a /a --bind /a/b /a/b --ro-bind /a/b/c /a/b/c --remount-ro / --chdir /a/b --');
  });

  test('have no network but with the machine’s own', () => {
    expect(sandboxWords(profile)).not.toContain('--unshare-net');
    expect(sandboxWords({ ...profile, network: 'metered' })).toContain('--unshare-net');
    expect(sandboxWords({ ...profile, network: 'metered' })).not.toContain('/etc/resolv.conf');
  });

  test('show nothing of the machine that is secret', () => {
    const words = sandboxWords(profile);
    for (const hidden of ['/etc', '/root', '/home', '/var', '/etc/shadow', '/etc/ssh'])
      expect(words).not.toContain(hidden);
  });
});

test('a machine without bubblewrap is told what to install', async () => {
  expect(await tryASandbox({ PATH: '/nonexistent' })).toMatchObject({
    works: false,
    why: expect.stringContaining('install bubblewrap'),
  });
});

describe.runIf(check.works)('an agent in a sandbox', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gastown-sandbox-'));
  const own = path.join(dir, 'own');
  const secret = path.join(dir, 'secret.txt');
  let server: http.Server;
  let port = 0;
  const socket = path.join(dir, 'sockets', 'meter.sock');

  beforeAll(async () => {
    fs.mkdirSync(own);
    fs.mkdirSync(path.dirname(socket));
    fs.writeFileSync(secret, 'secret');
    const answer: http.RequestListener = (_, response) => response.end('metered');
    server = http.createServer(answer);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as { port: number }).port;
    const inside = http.createServer(answer);
    await new Promise<void>(resolve => inside.listen(socket, resolve));
    inside.unref();
  });
  afterAll(() => {
    server.close();
    fs.rmSync(dir, { recursive: true });
  });

  const words = (network: SandboxProfile['network']) =>
    sandboxWords({
      readable: [path.dirname(process.execPath), path.dirname(RELAY), MODULES, path.dirname(socket)],
      writable: [own],
      cwd: own,
      network,
    });
  /** Not by `spawnSync`: the services that it may reach are of this process. */
  const run = async (argv: readonly string[], network: SandboxProfile['network'] = 'open') => {
    const [command, ...rest] = [...words(network), ...argv];
    const { exitCode, stdout, stderr } = await execa(command!, rest, {
      env: { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, HOME: own },
      extendEnv: false,
      reject: false,
    });
    return { status: exitCode, stdout, stderr };
  };
  const sh = (script: string, network?: SandboxProfile['network']) => run(['sh', '-c', script], network);

  test('works in its own folder, with Git and Node, under its own user', async () => {
    expect(
      await sh('git init -q . && echo x > x.txt && git add . && git status --short && node -p 1+1 && id -u'),
    ).toMatchObject({
      status: 0,
      stdout: `A  x.txt\n2\n${process.getuid!()}`,
    });
    expect(fs.existsSync(path.join(own, 'x.txt'))).toBe(true);
  });

  test('sees neither what is beside it, nor the machine’s secrets, nor other processes', async () => {
    expect((await sh(`cat ${secret}`)).status).not.toBe(0);
    expect((await sh('cat /etc/shadow')).status).not.toBe(0);
    const beside = fs.mkdtempSync(path.join(os.tmpdir(), 'gastown-sandbox-'));
    expect((await sh(`ls ${path.dirname(dir)}`)).stdout.split('\n')).not.toContain(path.basename(beside));
    fs.rmdirSync(beside);
    expect((await sh('ls /root /home 2>/dev/null')).stdout).toBe('');
    expect((await sh(`kill -0 ${process.pid}`)).status).not.toBe(0);
  });

  test('cannot write to the system or to what it may only read', async () => {
    for (const file of ['/usr/x', '/etc/passwd', path.join(MODULES, 'x'), '/x']) {
      expect((await sh(`echo x >> ${file}`)).status, file).not.toBe(0);
    }
  });

  test('cannot make writable again what is not, though it be root', async () => {
    const { stderr, stdout } = await sh(`grep CapEff /proc/self/status; mount -o remount,rw,bind ${MODULES}`);
    expect(stdout).toMatch(/CapEff:\s+0+$/);
    expect(stderr).toContain('mount:');
    expect((await sh(`mount -o remount,rw,bind ${MODULES} && touch ${MODULES}/planted`)).status).not.toBe(0);
    expect(fs.existsSync(path.join(MODULES, 'planted'))).toBe(false);
    // Opened only: nothing is to be written where this goes wrong.
    expect((await sh('exec 3>>/proc/sys/kernel/core_pattern')).status).not.toBe(0);
  });

  test.runIf(check.works && check.passesSignals)('hears a signal to its group, and ends as it likes', async () => {
    const [command, ...rest] = sandboxWords({
      ...{ readable: [], writable: [own], cwd: own, network: 'open', passesSignals: true },
    });
    const child = spawn(
      command!,
      [...rest, 'sh', '-c', 'trap "echo heard; exit 3" TERM; echo up; while :; do sleep 0.05; done'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: true,
      },
    );
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (said === '') process.kill(-child.pid!, 'SIGTERM');
      said += text;
    });
    expect(await new Promise(resolve => child.once('close', resolve))).toBe(3);
    expect(said).toBe('up\nheard\n');
  });

  test('without a network reaches the meter by its port, and nothing else', async () => {
    const get = (target: number) =>
      `fetch('http://127.0.0.1:${target}/').then(r => r.text()).then(console.log, () => console.log('unreachable'))`;
    expect((await run(['node', '-e', get(port)], 'open')).stdout).toBe('metered');
    expect((await run(['node', '-e', get(port)], 'metered')).stdout).toBe('unreachable');
    const relayed = [process.execPath, RELAY, `4711=${socket}`, '--'];
    expect((await run([...relayed, 'node', '-e', get(4711)], 'metered')).stdout).toBe('metered');
    expect((await run([...relayed, 'node', '-e', get(port)], 'metered')).stdout).toBe('unreachable');
  });

  test('ends as a whole when its process is ended, and with its exit code behind a relay', async () => {
    const relayed = [process.execPath, RELAY, `4711=${socket}`, '--'];
    expect((await run([...relayed, 'sh', '-c', 'exit 9'], 'metered')).status).toBe(9);
    expect(await run([...relayed, 'no-such-program'], 'metered')).toMatchObject({
      status: 127,
      stderr: 'no-such-program: not found',
    });
    const [command, ...rest] = [...words('open'), 'sh', '-c', 'sleep 300 & echo up; wait'];
    const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise(resolve => child.stdout.once('data', resolve));
    const closed = new Promise(resolve => child.once('close', (_, signal) => resolve(signal)));
    child.kill('SIGKILL');
    // Only when nobody holds the pipe any more: what still slept would keep it open for five minutes.
    expect(await closed).toBe('SIGKILL');
  });
});

test.runIf(check.works)('a sandbox costs a start some milliseconds', () => {
  const [command, ...rest] = sandboxWords({ readable: [], writable: [], cwd: '/', network: 'metered' });
  const once = (file: string, words: string[]) => {
    const start = process.hrtime.bigint();
    execFileSync(file, words);
    return Number(process.hrtime.bigint() - start) / 1e6;
  };
  const median = (times: number[]) => times.toSorted((a, b) => a - b)[times.length >> 1]!;
  const plain = median(Array.from({ length: 15 }, () => once('true', [])));
  const inside = median(Array.from({ length: 15 }, () => once(command!, [...rest, 'true'])));
  console.log(`start of a process: ${plain.toFixed(1)} ms, in a sandbox ${inside.toFixed(1)} ms (medians of 15)`);
  expect(inside).toBeGreaterThan(0);
});
