import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { endChild } from '../support/process.ts';

/** Where Debian's openssh-server puts it; it wants to be called by its full path. */
const SSHD = '/usr/sbin/sshd';
/** As root it wants this folder, which the system's own service makes at its start. */
const PRIVILEGE_FOLDER = '/run/sshd';
const START_LIMIT_MS = 10_000;

export const isInstalled = existsSync(SSHD) && ['/usr/bin/ssh', '/usr/bin/ssh-keygen'].every(file => existsSync(file));

export interface SshServer {
  readonly pid: number;
  /** Arguments for `ssh` that run this command in a terminal at the other end. */
  session(command: string): string[];
  /** Processes that hold a connection each. */
  connections(): number[];
  close(): Promise<void>;
}

/** An sshd of our own on the loopback: own keys, own port, for nobody but the user who runs the tests. */
export const startSshServer = async (dir: string): Promise<SshServer> => {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (process.getuid!() === 0) mkdirSync(PRIVILEGE_FOLDER, { recursive: true, mode: 0o755 });
  const port = await freePort();
  const file = (name: string) => path.join(dir, name);
  for (const key of ['host', 'user'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', key, '-f', file(key)]);
  writeFileSync(file('authorized'), readFileSync(file('user.pub')));
  writeFileSync(file('sshd_config'), configOf({ port, hostKey: file('host'), authorized: file('authorized') }));
  const server = spawn(SSHD, ['-D', '-e', '-f', file('sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  await listening(server);
  return {
    pid: server.pid!,
    session: command => [
      ...['-tt', '-F', 'none', '-p', String(port), '-i', file('user'), '-l', os.userInfo().username],
      ...options({ IdentitiesOnly: 'yes', IdentityAgent: 'none', BatchMode: 'yes', LogLevel: 'ERROR' }),
      ...options({ StrictHostKeyChecking: 'no', UserKnownHostsFile: file('known') }),
      '127.0.0.1',
      command,
    ],
    connections: () =>
      readdirSync(`/proc/${server.pid}/task`).flatMap(task =>
        readFileSync(`/proc/${server.pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
      ),
    close: () => endChild(server),
  };
};

/** A client that does not answer for two seconds is gone: what a frozen network comes to. */
const configOf = (given: { port: number; hostKey: string; authorized: string }): string =>
  [
    `Port ${given.port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${given.hostKey}`,
    `AuthorizedKeysFile ${given.authorized}`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'AllowTcpForwarding no',
    'X11Forwarding no',
    'PrintMotd no',
    'PrintLastLog no',
    'MaxStartups 100',
    'ClientAliveInterval 1',
    'ClientAliveCountMax 2',
    '',
  ].join('\n');

const options = (all: Readonly<Record<string, string>>): string[] =>
  Object.entries(all).flatMap(([name, value]) => ['-o', `${name}=${value}`]);

const listening = (server: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`sshd does not listen: ${said}`)), START_LIMIT_MS);
    server.on('error', reject);
    server.on('exit', code => reject(new Error(`sshd ended with ${code}: ${said}`)));
    // Read to the end, or a full pipe would hold the server up.
    server.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      if (said.length < 10_000) said += chunk;
      if (!said.includes('Server listening')) return;
      clearTimeout(timer);
      resolve();
    });
  });

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
