import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openLanding } from '../../source/git/landing.ts';
import { type BackOff, pauseBefore } from '../../source/git/push.ts';
import { later, makeOrigin, makeWork, sh, temporary } from './repositories.ts';

/** What the proxy does to connections to the remote. */
type Mode = 'pass' | 'refuse' | 'stall' | 'half-close' | 'cut' | 'slow' | 'half-open';

/** A bare repository behind `git daemon`, and a proxy before it that behaves as badly as asked, from the `n`th connection on. */
const hostileRemote = async (options: { direct?: boolean; patient?: boolean } = {}) => {
  const dir = temporary();
  makeOrigin(dir);
  sh('git clone -q --bare origin remote.git', dir);
  const remote = path.join(dir, 'remote.git');
  const pauses: number[] = [];
  const world = { mode: 'pass' as Mode, connections: 0, slowed: 0, fromConnection: 1, onPause: (_tries: number) => {} };
  const port = options.direct ? 0 : await startDaemon(dir);
  const proxied = options.direct ? 0 : await startProxy(port, world);
  const landing = await openLanding({
    dir: path.join(dir, 'landing.git'),
    origin: options.direct ? remote : `git://127.0.0.1:${proxied}/remote.git`,
    branch: 'main',
    ...(!options.patient && { pushTimeoutMs: 1_500, queryTimeoutMs: 1_000 }),
    backOff: {
      tries: 4,
      firstMs: 100,
      maxMs: 300,
      random: () => 0.5,
      async sleep(ms) {
        pauses.push(ms);
        world.onPause(pauses.length);
      },
    },
  });
  later(() => landing.close());
  const { tip } = await landing.refresh();
  const work = await makeWork({ dir, landing }, { base: tip, name: 'one', script: 'echo one > one' });
  world.connections = 0;
  const hook = (name: string, script: string) => {
    const file = path.join(remote, 'hooks', name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  };
  return { dir, remote, landing, tip, work, pauses, world, hook, head: () => sh('git rev-parse main', remote) };
};

const startDaemon = async (dir: string): Promise<number> => {
  const port = await freePort();
  const daemon = spawn(`${sh('git --exec-path', dir)}/git-daemon`, [
    ...['--listen=127.0.0.1', `--port=${port}`, `--base-path=${dir}`, '--export-all'],
    ...['--enable=receive-pack', '--reuseaddr', dir],
  ]);
  later(async () => {
    daemon.kill();
    await once(daemon, 'exit');
  });
  while (!(await answers(port))) await sleep(20);
  return port;
};

/** Bytes of an answer that are let through before a line is cut: the refs arrive, the result does not. */
const CUT_AFTER_BYTES = 60;

const startProxy = async (
  port: number,
  world: { mode: Mode; connections: number; slowed: number; fromConnection: number },
): Promise<number> => {
  const sockets = new Set<net.Socket>();
  const proxy = net.createServer({ allowHalfOpen: true }, client => {
    sockets.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => sockets.delete(client));
    world.connections++;
    const mode = world.connections >= world.fromConnection ? world.mode : 'pass';
    if (mode === 'refuse') return void client.resetAndDestroy();
    if (mode === 'stall') return void client.resume();
    if (mode === 'half-close') {
      // It hears everything, has said goodbye, and never closes.
      client.resume();
      return void client.end();
    }
    const upstream = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => {
      sockets.delete(upstream);
      client.destroy();
    });
    client.pipe(upstream);
    if (mode === 'pass') return void upstream.pipe(client);
    if (mode === 'slow') {
      world.slowed += 1;
      return void trickle(upstream, client);
    }
    if (mode === 'half-open') {
      // What it says arrives, and it never says goodbye: the other side must not wait for that.
      upstream.on('data', (bytes: Buffer) => client.write(bytes));
      return;
    }
    let passed = 0;
    upstream.on('data', (bytes: Buffer) => {
      passed += bytes.length;
      if (passed > CUT_AFTER_BYTES) client.resetAndDestroy();
      else client.write(bytes);
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  later(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  return (proxy.address() as net.AddressInfo).port;
};

/** A few bytes at a time, as over a line that is nearly full. */
const trickle = async (from: net.Socket, to: net.Socket): Promise<void> => {
  for await (const bytes of from as AsyncIterable<Buffer>) {
    for (let at = 0; at < bytes.length; at += SLOW_BYTES) {
      to.write(bytes.subarray(at, at + SLOW_BYTES));
      await sleep(SLOW_MS);
    }
  }
  to.end();
};

const SLOW_BYTES = 24;
const SLOW_MS = 10;

const freePort = async (): Promise<number> => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const answers = async (port: number): Promise<boolean> => {
  const socket = net.connect(port, '127.0.0.1');
  const open = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return open;
};

test('pauses double to a cap, and chance takes up to half of each', () => {
  const backOff: BackOff = { tries: 9, firstMs: 500, maxMs: 8_000, random: () => 1, sleep: async () => {} };
  expect([2, 3, 4, 5, 6, 7, 8].map(n => pauseBefore(n, backOff))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000,
  ]);
  expect(pauseBefore(3, { ...backOff, random: () => 0 })).toBe(500);
});

describe('a remote that refuses', () => {
  test('by a hook is not asked again, its words are passed on, and nothing moved', async () => {
    const { landing, tip, work, pauses, hook, head } = await hostileRemote({ direct: true });
    hook('pre-receive', 'echo "Freeze until Monday" >&2; exit 1');
    expect(await landing.land({ old: tip, new: work })).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('Freeze until Monday'),
    });
    expect(pauses).toEqual([]);
    expect(head()).toBe(tip);
  });

  test('because its branch moved meanwhile is never overwritten', async () => {
    const { dir, remote, landing, tip, work, pauses, hook } = await hostileRemote({ direct: true });
    const other = sh(
      'git clone -q remote.git other; cd other; git commit -q --allow-empty -m other; git rev-parse HEAD',
      dir,
    );
    // The other push comes in after ours was prepared: between our look and the compare-and-swap.
    hook(
      'pre-receive',
      `cd ${remote}; unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES; git fetch -q ../other HEAD; git update-ref refs/heads/main ${other}`,
    );
    expect(await landing.land({ old: tip, new: work })).toEqual({ outcome: 'moved', tip: other });
    expect(pauses).toEqual([]);
    expect(sh('git rev-parse main', remote)).toBe(other);
  });

  test('for want of rights is not asked again', async () => {
    const { landing, tip, work, pauses, hook, head } = await hostileRemote({ direct: true });
    hook('update', 'echo "Permission denied: you may not push here" >&2; exit 1');
    expect(await landing.land({ old: tip, new: work })).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('Permission denied'),
    });
    expect(pauses).toEqual([]);
    expect(head()).toBe(tip);
  });
});

describe('a remote behind a bad line', () => {
  test('that resets every push is tried with growing pauses, and then said to be pending: the target is unchanged', async () => {
    const { landing, tip, work, pauses, world, hook, head } = await hostileRemote();
    hook('pre-receive', 'kill -9 $PPID');
    const answer = await landing.land({ old: tip, new: work });
    expect(answer).toMatchObject({ outcome: 'pending', tries: 4, reason: expect.stringContaining('4 times') });
    expect(pauses).toEqual([75, 150, 225]);
    expect(world.connections).toBeGreaterThan(4);
    expect(head()).toBe(tip);
    expect(await landing.settle({ old: tip, new: work })).toBe('not_landed');
  });

  test('that recovers gets the landing on a later try', async () => {
    const { remote, landing, tip, work, pauses, world, hook, head } = await hostileRemote();
    hook('pre-receive', `[ -e ${remote}/well ] || kill -9 $PPID`);
    world.onPause = tries => {
      if (tries === 2) writeFileSync(path.join(remote, 'well'), '');
    };
    expect(await landing.land({ old: tip, new: work })).toEqual({ outcome: 'landed' });
    expect(pauses).toHaveLength(2);
    expect(head()).toBe(work);
  });

  test('that cuts the answer of a push which took place counts it as landed, once', async () => {
    const { landing, tip, work, pauses, world, hook, head } = await hostileRemote();
    // The daemon's own process dies after the branch has moved, before it can say so.
    hook('post-receive', 'kill -9 $PPID');
    expect(await landing.land({ old: tip, new: work })).toEqual({ outcome: 'landed' });
    expect(pauses).toEqual([]);
    const before = world.connections;
    expect(await landing.land({ old: tip, new: work })).toEqual({ outcome: 'landed' });
    // One question, no push.
    expect(world.connections).toBe(before + 1);
    expect(head()).toBe(work);
  });

  test.for(['stall', 'half-close', 'refuse', 'cut'] as const)(
    'that does "%s" to every connection leaves the outcome open, in bounded time, and it is settled once it answers',
    async mode => {
      const { landing, tip, work, world, head } = await hostileRemote();
      world.mode = mode;
      await expect(landing.land({ old: tip, new: work })).rejects.toMatchObject({ code: 'git_failed' });
      await expect(landing.settle({ old: tip, new: work })).rejects.toMatchObject({ code: 'git_failed' });
      world.mode = 'pass';
      expect(await landing.settle({ old: tip, new: work })).toBe('not_landed');
      expect(head()).toBe(tip);
      expect(await landing.land({ old: tip, new: work })).toEqual({ outcome: 'landed' });
      expect(head()).toBe(work);
    },
  );

  test('that is slow is waited for: the landing comes through at the first try', async () => {
    const { landing, tip, work, pauses, world, head } = await hostileRemote({ patient: true });
    world.mode = 'slow';
    expect(await landing.land({ old: tip, new: work })).toEqual({ outcome: 'landed' });
    expect(world.slowed, 'a look, a push and a look').toBeGreaterThanOrEqual(3);
    expect(pauses).toEqual([]);
    expect(head()).toBe(work);
  });

  test('that never says goodbye lands all the same: what it said counts', async () => {
    const { landing, tip, work, world, head } = await hostileRemote();
    world.mode = 'half-open';
    expect(await landing.land({ old: tip, new: work })).toEqual({ outcome: 'landed' });
    expect(head()).toBe(work);
  });

  test('that takes the push and stalls is given up after its time, and asked where the target is', async () => {
    const { dir, landing, tip, work, pauses, hook, head } = await hostileRemote();
    const file = path.join(dir, 'hold');
    hook('pre-receive', `[ -e ${file} ] && exit 0; : > ${file}; exec sleep 30`);
    expect(await landing.land({ old: tip, new: work })).toEqual({ outcome: 'landed' });
    expect(pauses).toHaveLength(1);
    expect(existsSync(file)).toBe(true);
    expect(head()).toBe(work);
  });
});
