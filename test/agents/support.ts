import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { connectHost, type HostClient } from '../../source/agents/host-client.ts';
import { isSameProcess, processStartTime } from '../../source/agents/process.ts';
import type { HostSession, StartRequest } from '../../source/agents/protocol.ts';

/** A private folder that goes when the test ends. */
export const temporary = (): string => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gt-agents-'));
  onTestFinished(() => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
};

/** Waits for a condition; fails with what was last seen. */
export const until = async <T>(
  look: () => T | Promise<T>,
  want: (value: T) => boolean = Boolean,
  ms = 60_000,
): Promise<T> => {
  const end = Date.now() + ms;
  for (;;) {
    const value = await look();
    if (want(value)) return value;
    if (Date.now() > end) throw new Error(`timed out; last seen: ${JSON.stringify(value)}`);
    await sleep(15);
  }
};

/** Kills a process that this test started, if it still is that process. */
export const killRecorded = (recorded: { pid: number; startTime: number }): void => {
  if (isSameProcess(recorded.pid, recorded.startTime)) process.kill(recorded.pid, 'SIGKILL');
};

export const isGone = (recorded: { pid: number; startTime: number }): boolean =>
  !isSameProcess(recorded.pid, recorded.startTime) || isZombie(recorded.pid);

const isZombie = (pid: number): boolean => {
  try {
    return /\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return true;
  }
};

export interface TestHost {
  readonly dir: string;
  readonly runDir: string;
  readonly client: HostClient;
  connect(): Promise<HostClient>;
  request(id: string, argv: readonly string[], more?: Partial<StartRequest>): StartRequest;
  start(id: string, script: string, more?: Partial<StartRequest>): Promise<{ pid: number; startTime: number }>;
  seen(id: string): Promise<HostSession>;
  ended(id: string): Promise<HostSession>;
}

/** A real host process of its own run directory, ended with the test. */
export const testHost = async (options: { idleMs?: number } = {}): Promise<TestHost> => {
  const dir = temporary();
  const runDir = path.join(dir, 'run');
  const clients: HostClient[] = [];
  const connect = async (): Promise<HostClient> => {
    const client = await connectHost({ runDir, startIfMissing: true, ...options });
    clients.push(client);
    return client;
  };
  const client = await connect();
  onTestFinished(async () => {
    for (const each of clients) each.close();
    const last = await connectHost({ runDir }).catch(() => undefined);
    await last?.shutdown();
  });
  const request: TestHost['request'] = (id, argv, more) => ({
    id,
    argv,
    env: { PATH: process.env.PATH!, TERM: 'xterm-256color', HOME: dir },
    cwd: dir,
    columns: 80,
    rows: 24,
    logFile: path.join(dir, `${id}.log`),
    ...more,
  });
  const seen = async (id: string): Promise<HostSession> => (await client.list()).find(session => session.id === id)!;
  return {
    dir,
    runDir,
    client,
    connect,
    request,
    start: (id, script, more) => client.start(request(id, ['sh', '-c', script], more)),
    seen,
    ended: id =>
      until(
        () => seen(id),
        session => session?.alive === false,
      ),
  };
};

/** Identity of a process whose pid a test's child printed or wrote. */
export const recorded = (pid: number): { pid: number; startTime: number } => ({
  pid,
  startTime: processStartTime(pid) ?? 0,
});
