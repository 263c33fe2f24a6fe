import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { spawn as spawnPty } from 'node-pty';
import { describe, expect, test, vi } from 'vitest';
import { type GateOptions, runGate } from '../../source/gates/runner.ts';
import { gateRunSchema, LIMITS } from '../../source/ledger/schema.ts';
import { later, temporary } from '../git/repositories.ts';

const ENV = { PATH: process.env.PATH!, HOME: '/nonexistent', CI: '1' };

const gate = (command: string, options: Partial<GateOptions> & { timeoutMs?: number } = {}) =>
  runGate({
    gate: { name: 'test', command, timeoutMs: options.timeoutMs ?? 20_000 },
    cwd: options.cwd ?? temporary(),
    env: ENV,
    graceMs: 300,
    ...options,
  });

const isAlive = (pid: number): boolean => {
  try {
    // A zombie has ended; in a container nobody may be there to take it away.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('a gate', () => {
  test('passes with exit 0, and its run fits the ledger', async () => {
    const run = await gate('echo fine');
    expect(run).toMatchObject({ outcome: 'pass', exitCode: 0, output: 'fine' });
    expect(gateRunSchema.parse(run)).toEqual(run);
  });

  test.each([
    ['any other exit', 'echo no; exit 3', { exitCode: 3, output: 'no' }],
    ['the first command that fails', 'false; echo never', { exitCode: 1 }],
    ['a variable that is not set', 'echo "$NOT_SET_ANYWHERE"', {}],
    ['a crash of the program under test', 'kill -SEGV $$', { reason: 'crashed with SIGSEGV' }],
    ['a crash that the shell reports', 'sh -c "kill -ABRT \\$\\$"', { exitCode: 134 }],
  ])('fails on %s', async (_, command, expected) => {
    expect(await gate(command)).toMatchObject({ outcome: 'fail', ...expected });
  });

  test.each([
    ['not found', 'no-such-command --x', /not found.*no-such-command/],
    ['not executable', 'touch x; ./x', /cannot be executed/],
    ['killed from outside', 'kill -9 $$', /killed by SIGKILL, perhaps for want of memory/],
    ['killed by a shell’s account', 'sh -c "kill -TERM \\$\\$"; exit $?', /killed by SIGTERM/],
    ['out of disk', 'echo "write x: No space left on device" >&2; exit 1', /no space left/],
    ['a test runner that is out of disk', 'echo "Error: ENOSPC: write"; exit 1', /no space left/],
  ])('that is %s could not run', async (_, command, reason) => {
    expect(await gate(command)).toMatchObject({ outcome: 'could_not_run', reason: expect.stringMatching(reason) });
  });

  test('that speaks of a full disk long before it fails has failed', async () => {
    expect((await gate('echo "ok 1 - reports ENOSPC"; seq 1 100; exit 1')).outcome).toBe('fail');
  });

  test('whose folder or shell is not there could not run', async () => {
    expect(await gate('true', { cwd: '/nonexistent/slot' })).toMatchObject({
      outcome: 'could_not_run',
      reason: expect.stringContaining('gone'),
    });
  });

  test('that does not end in time could not run, and says for how long it was waited', async () => {
    const run = await gate('echo started; sleep 60', { timeoutMs: 150 });
    expect(run).toMatchObject({
      outcome: 'could_not_run',
      reason: 'timeout: not done after 150 ms',
      output: 'started',
    });
    expect(run.durationMs).toBeLessThan(5_000);
  });

  test('that ignores SIGTERM is killed after the grace', async () => {
    const run = await gate("trap '' TERM; while :; do sleep 0.05; done", { timeoutMs: 150, graceMs: 200 });
    expect(run).toMatchObject({ outcome: 'could_not_run', reason: expect.stringContaining('timeout') });
    expect(run.durationMs).toBeGreaterThanOrEqual(300);
  });

  test('that cleans up on SIGTERM is let do so', async () => {
    const dir = temporary();
    await gate("trap 'echo bye > said; exit 0' TERM; while :; do sleep 0.02; done", {
      timeoutMs: 150,
      graceMs: 5_000,
      cwd: dir,
    });
    expect(readFileSync(path.join(dir, 'said'), 'utf8')).toBe('bye\n');
  });

  test('that a pass would come from after its timeout has not passed', async () => {
    expect(await gate("trap 'exit 0' TERM; sleep 60 & wait", { timeoutMs: 100 })).toMatchObject({
      outcome: 'could_not_run',
    });
  });

  test('can be stopped, and could then not run', async () => {
    const stop = new AbortController();
    const running = gate('echo started; sleep 60', { signal: stop.signal, onOutput: () => stop.abort() });
    expect(await running).toMatchObject({ outcome: 'could_not_run', reason: 'stopped' });
    expect(await gate('true', { signal: stop.signal })).toMatchObject({ outcome: 'could_not_run' });
  });

  test('leaves nothing running: children, grandchildren and daemons', async () => {
    const dir = temporary();
    const run = await gate(
      `sleep 300 & echo $! >> pids
       (trap '' TERM HUP; sleep 300 & echo $! >> pids; wait) &
       setsid sh -c 'echo $$ >> pids; exec sleep 300' &
       setsid sh -c 'setsid sh -c "echo \\$\\$ >> pids; exec sleep 300" &' </dev/null >/dev/null 2>&1
       until [ "$(wc -l < pids)" = 4 ]; do sleep 0.02; done`,
      { cwd: dir },
    );
    expect(run.outcome).toBe('pass');
    const pids = readFileSync(path.join(dir, 'pids'), 'utf8').trim().split('\n').map(Number);
    expect(pids).toHaveLength(4);
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]));
  });

  test('tells its process group at once', async () => {
    const groups: number[] = [];
    const run = await gate('echo $$', { onGroup: pgid => groups.push(pgid) });
    expect(groups).toEqual([Number(run.output)]);
  });

  test('sees only the environment it is given, no input and no terminal', async () => {
    const run = await gate('env | cut -d= -f1 | sort | tr "\\n" " "; cat; test -t 1 || echo no terminal');
    expect(run.output).toBe('CI GASTOWN_GATE_RUN HOME PATH PWD SHLVL no terminal');
  });

  test('inherits no descriptor of ours, not even a pty that an add-on leaks', async () => {
    const terminals = Array.from({ length: 12 }, () => spawnPty('sleep', ['60'], {}));
    later(() => {
      for (const terminal of terminals) terminal.kill();
    });
    const run = await gate('ls /proc/$$/fd');
    expect(run.output?.split('\n')).toEqual(['0', '1', '2']);
  });

  test('may write to /dev/stdout and /dev/stderr', async () => {
    expect((await gate('echo a > /dev/stderr; echo b > /dev/stdout; echo c >&2')).output).toBe('a\nb\nc');
  });

  test('that floods is read to its end in little memory, and its last words are kept', async () => {
    const before = process.memoryUsage().rss;
    const run = await gate('yes "line of a flood" | head -c 200000000; echo; echo "FAIL src/x.test.ts"; exit 1');
    expect(run).toMatchObject({ outcome: 'fail', exitCode: 1 });
    expect(run.output!.length).toBeLessThanOrEqual(LIMITS.evidenceChars);
    expect(run.output).toMatch(/FAIL src\/x\.test\.ts$/);
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });

  test('that prints one endless line is read as well', async () => {
    const run = await gate('head -c 3000000 /dev/zero | tr "\\0" x; exit 1');
    expect(run.outcome).toBe('fail');
    expect(run.output!.length).toBeLessThanOrEqual(LIMITS.evidenceChars);
  });

  test('has its escape codes removed, live and in the record', async () => {
    const live: string[] = [];
    const run = await gate('printf "\\033[31mred\\033[0m \\033]52;c;aGk=\\007\\n10%%\\r20%%\\rdone\\n"', {
      onOutput: text => live.push(text),
    });
    expect(run.output).toBe('red\ndone');
    expect(live.join('')).toBe('red \ndone\n');
  });

  test('whose sandbox does not start could not run, however that exits; what fails inside has failed', async () => {
    const dir = temporary();
    const sandboxed = (words: string[]) =>
      runGate({
        gate: { name: 'test', command: 'exit 3', timeoutMs: 10_000 },
        cwd: dir,
        env: { PATH: process.env.PATH! },
        sandbox: { words, proof: path.join(dir, 'proof') },
      });
    for (const words of [['sh', '-c', 'echo no user namespaces; exit 1', 'x'], ['true'], ['no-such-sandbox']])
      expect(await sandboxed(words)).toMatchObject({
        outcome: 'could_not_run',
        reason: expect.stringMatching(/^the sandbox did not start/),
      });
    expect(await sandboxed(['env'])).toMatchObject({ outcome: 'fail', exitCode: 3 });
    expect(existsSync(path.join(dir, 'proof'))).toBe(false);
  });

  test('leaves no pipe behind', async () => {
    const dir = temporary();
    const was = process.env.TMPDIR;
    process.env.TMPDIR = dir;
    later(() => {
      if (was === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = was;
    });
    await gate('true', { cwd: dir });
    expect(existsSync(dir)).toBe(true);
    expect(await import('node:fs/promises').then(fs => fs.readdir(dir))).toEqual([]);
  });
});
