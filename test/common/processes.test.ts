import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ProcessOrder } from '../../source/common/processes/directly.ts';
import { openStarter, type StarterLink } from '../../source/common/processes/link.ts';
import { type ProcessResult, runProcess } from '../../source/common/processes/run.ts';
import { PROCESSES_CHANNEL } from '../../source/common/processes/start.ts';

const order = (script: string, more: Partial<ProcessOrder> = {}): ProcessOrder => ({
  file: 'sh',
  args: ['-c', script],
  cwd: '/',
  env: { PATH: process.env.PATH! },
  ...more,
});
const LIMITS = { timeoutMs: 60_000, maxOutputBytes: 1_000_000 };
const sh = (script: string, more?: Partial<ProcessOrder>): Promise<ProcessResult> =>
  runProcess(order(script, more), LIMITS);
/** Who started a command: the process itself, or one that it started to start others. */
const starterOf = async (): Promise<number> => Number((await sh('echo $PPID')).stdout);
const otherStarter = async (): Promise<number> => {
  for (;;) {
    const pid = await starterOf();
    if (pid !== process.pid) return pid;
  }
};

test('a program that starts many commands gets a process of its own to start them', async () => {
  const first = await otherStarter();
  expect(await starterOf()).toBe(first);
  expect(readFileSync(`/proc/${first}/environ`, 'utf8')).not.toContain('PATH=');
});

test.each(['directly', 'by the starter'])('what a command is given and what it answers is whole, %s', async how => {
  if (how === 'by the starter') await otherStarter();
  const input = Buffer.from([0, 255, 10, 13, 128]);
  const echo = await sh('cat; printf "%s" "$MARK:$PWD" >&2; exit 7', {
    input,
    cwd: '/usr',
    env: { PATH: process.env.PATH!, MARK: 'ü' },
  });
  expect(echo).toMatchObject({ code: 7, signal: null, truncated: false });
  expect([echo.stdout, echo.stderr.toString()]).toEqual([input, 'ü:/usr']);
  const big = Buffer.alloc(300_000, 'x');
  expect((await sh('cat', { input: big })).stdout.equals(big)).toBe(true);
  expect(await sh('read line || echo none')).toMatchObject({ code: 0, stdout: Buffer.from('none\n') });
  expect(await sh('env', { env: {} })).not.toMatchObject({ stdout: expect.stringContaining('NODE_CHANNEL_FD') });
  expect(await sh('kill -9 $$')).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect(await sh('', { file: '/nonexistent/x' })).toMatchObject({ code: null, failed: { code: 'ENOENT' } });
  expect(await sh('', { args: ['x'.repeat(3_000_000)] })).toMatchObject({ code: null, failed: { code: 'E2BIG' } });
});

test('a command ends with its whole group when its time is up, when it is stopped and when it says too much', async () => {
  await otherStarter();
  const group = 'sleep 300 & echo $!; trap "" TERM; while :; do sleep 300; done';
  const isGone = (pid: number): boolean => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.startsWith('Z');
    } catch {
      return true;
    }
  };
  const late = await runProcess(order(group), { ...LIMITS, timeoutMs: 300 });
  expect(late).toMatchObject({ ended: 'timeout', signal: 'SIGKILL' });
  expect(isGone(Number(late.stdout))).toBe(true);
  const stop = new AbortController();
  const stopped = runProcess(order('kill -STOP $$'), { ...LIMITS, signal: stop.signal });
  stop.abort();
  expect(await stopped).toMatchObject({ ended: 'stopped' });
  const wordy = await runProcess(order('yes'), { ...LIMITS, maxOutputBytes: 1_000 });
  expect(wordy).toMatchObject({ truncated: true, stdout: Buffer.from('y\n'.repeat(500)) });
});

test('when the starter is killed, what it started is of unknown end, and the next command starts all the same', async () => {
  const starter = await otherStarter();
  const waiting = sh('while [ $PPID -gt 1 ] && kill -0 $PPID; do sleep 0.05; done 2>/dev/null');
  process.kill(starter, 'SIGKILL');
  expect(await waiting).toMatchObject({ code: null, failed: { code: 'STARTER_GONE' } });
  expect(await sh('echo again')).toMatchObject({ code: 0, stdout: Buffer.from('again\n') });
  expect(await otherStarter()).not.toBe(starter);
});

test('a starter ends by itself when nothing is started any more', async () => {
  const state = await new Promise<StarterLink['state']>(resolve => {
    const link: StarterLink = openStarter({ idleMs: 1, onGone: () => resolve(link.state) });
  });
  expect(state).toBe('gone');
});

test('whoever counts is told of every command', async () => {
  const seen: unknown[] = [];
  const count = (message: unknown): number => seen.push(message);
  subscribe(PROCESSES_CHANNEL, count);
  await sh('true');
  unsubscribe(PROCESSES_CHANNEL, count);
  expect(seen).toEqual([order('true')]);
});
