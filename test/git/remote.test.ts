import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openLanding } from '../../source/git/landing.ts';
import { inspectOrigin } from '../../source/git/repository.ts';
import { later, makeOrigin, makeWork, sh, temporary } from './repositories.ts';

const freePort = async (): Promise<number> => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const isOpen = async (port: number): Promise<boolean> => {
  const socket = net.connect(port, '127.0.0.1');
  const open = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return open;
};

/** A bare repository behind a server on the loopback interface. `stop` ends the server. */
const makeRemote = async () => {
  const dir = temporary();
  makeOrigin(dir);
  sh('git clone -q --bare origin remote.git', dir);
  const port = await freePort();
  const daemon = spawn(`${sh('git --exec-path', dir)}/git-daemon`, [
    ...[
      '--listen=127.0.0.1',
      `--port=${port}`,
      `--base-path=${dir}`,
      '--export-all',
      '--enable=receive-pack',
      '--reuseaddr',
      dir,
    ],
  ]);
  const stop = async () => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    daemon.kill();
    await once(daemon, 'exit');
  };
  later(stop);
  while (!(await isOpen(port))) await sleep(20);
  const remote = `${dir}/remote.git`;
  return { dir, remote, url: `git://127.0.0.1:${port}/remote.git`, stop };
};

describe('a repository behind a URL', () => {
  test('is described with its default branch and tip', async () => {
    const { remote, url } = await makeRemote();
    expect(await inspectOrigin(url)).toEqual({
      origin: url,
      branch: 'main',
      tip: sh('git rev-parse main', remote),
      kind: 'remote',
      checkedOut: false,
    });
    await expect(inspectOrigin(url, { branch: 'mian' })).rejects.toMatchObject({
      code: 'branch_missing',
      hint: expect.stringContaining('main'),
    });
  });

  test('has one clear error each for empty, missing and unreachable', async () => {
    const { dir, url, stop } = await makeRemote();
    sh('git init -q --bare empty.git', dir);
    await expect(inspectOrigin(url.replace('remote.git', 'empty.git'))).rejects.toMatchObject({
      code: 'repository_invalid',
      message: expect.stringContaining('is empty'),
    });
    await expect(inspectOrigin(url.replace('remote.git', 'none.git'))).rejects.toMatchObject({
      code: 'repository_invalid',
      message: expect.stringContaining('cannot be read'),
    });
    await stop();
    await expect(inspectOrigin(url)).rejects.toMatchObject({ code: 'repository_invalid' });
  });

  test('gets work landed by compare-and-swap, and is never overwritten', async () => {
    const { dir, remote, url } = await makeRemote();
    const landing = await openLanding({ dir: `${dir}/landing.git`, origin: url, branch: 'main' });
    const { tip, blocked } = await landing.refresh();
    expect(blocked).toBeUndefined();
    const one = await makeWork({ dir, landing }, { base: tip, name: 'one', script: 'echo one > one' });
    const two = await makeWork({ dir, landing }, { base: tip, name: 'two', script: 'echo two > two' });
    expect(await landing.land({ old: tip, new: one })).toEqual({ outcome: 'landed' });
    expect(sh('git rev-parse main', remote)).toBe(one);
    expect(await landing.land({ old: tip, new: two })).toEqual({ outcome: 'moved', tip: one });
    expect(await landing.land({ old: tip, new: one })).toEqual({ outcome: 'landed' });
    expect(await landing.settle({ old: tip, new: two })).toBe('moved');
    expect(sh('git rev-parse main', remote)).toBe(one);
  });

  test('fails with git_failed while it cannot be reached', async () => {
    const { dir, url, stop } = await makeRemote();
    const landing = await openLanding({ dir: `${dir}/landing.git`, origin: url, branch: 'main' });
    const { tip } = await landing.refresh();
    const work = await makeWork({ dir, landing }, { base: tip, name: 'one', script: 'echo one > one' });
    await stop();
    await expect(landing.refresh()).rejects.toMatchObject({ code: 'git_failed' });
    await expect(landing.land({ old: tip, new: work })).rejects.toMatchObject({ code: 'git_failed' });
    await expect(landing.settle({ old: tip, new: work })).rejects.toMatchObject({ code: 'git_failed' });
  });
});
