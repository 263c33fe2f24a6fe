import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { maskSecrets } from '../common/secrets.ts';
import { plural, safeLine } from '../common/text.ts';
import { type Gate, type GateRun, LIMITS } from '../ledger/schema.ts';
import { cleanOutput, createCleaner, createRing, evidenceOf, failureEvidence } from './output.ts';
import { openPipe } from './pipe.ts';
import { killMarked, signalGroup } from './process-group.ts';
import { readReports } from './reports.ts';

export interface GateOptions {
  gate: Pick<Gate, 'name' | 'command' | 'timeoutMs'>;
  cwd: string;
  /** The whole environment: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  /** Clean text, whole lines, as they come. */
  onOutput?: (text: string) => void;
  /** Told the process group at once, for ending it after a crash of ours. */
  onGroup?: (pgid: number) => void;
  /** Ends the run; its outcome is then `could_not_run`. */
  signal?: AbortSignal;
  /** Between TERM and KILL when the gate must end. */
  graceMs?: number;
  /** Words before the command that run it in a sandbox. */
  sandbox?: Sandbox;
  /** Patterns of JUnit reports; the usual places when absent, none looked for when false. */
  reports?: readonly string[] | false;
  /** Ids of tests whose failures do not count. */
  quarantined?: ReadonlySet<string>;
}

export interface Sandbox {
  readonly words: readonly string[];
  /** A file that does not exist yet, in a folder that can be written inside: it appears once the sandbox has started. */
  readonly proof: string;
}

/**
 * Runs one gate once: `sh -eu -c command` in a process group of its own, without input, terminal or our file
 * descriptors. Never rejects for anything the gate does. Exit 0 passes; other exits and crashes of the tested program
 * fail; what says nothing about the work could not run: not found or not executable (126, 127), timeout, killed from
 * outside, no space, a sandbox that did not start. A run in which nothing but quarantined tests failed passes, and says
 * so. Whatever the gate leaves running is ended.
 */
export const runGate = async (options: GateOptions): Promise<GateRun> => {
  const startedAt = performance.now();
  const since = Date.now();
  const at = new Date(since).toISOString();
  const ring = createRing();
  const end = await runToEnd(options, ring);
  const durationMs = Math.round(performance.now() - startedAt);
  const text = ring.text();
  const ended = judge(end, text);
  const tests =
    ended.outcome === 'could_not_run' || options.reports === false
      ? undefined
      : await testsOf({ cwd: options.cwd, since, output: text, ...(options.reports && { globs: options.reports }) });
  const judged = excuse(ended, tests, options.quarantined);
  const output = judged.outcome === 'pass' ? evidenceOf(text, PASS_CHARS) : failureEvidence(text);
  return {
    outcome: judged.outcome,
    at,
    durationMs,
    ...(end.exitCode !== undefined && { exitCode: end.exitCode }),
    ...(judged.reason && { reason: judged.reason }),
    ...(output && { output }),
    ...(judged.tests && { tests: judged.tests }),
  };
};

/** Kept of a passing gate's output: its closing summary. Every verdict is a file in the ledger. */
const PASS_CHARS = 1_000;
/** Between TERM and KILL: test runners flush reports and stop servers. */
const GRACE_MS = 5_000;
/** For output still in the pipe once the gate's own process has exited. */
const DRAIN_MS = 500;
/** Lines at the end of the output in which `No space left on device` explains a failure; earlier it may be a test's name. */
const DISK_LINES = 40;
const DISK_FULL = /No space left on device|\bENOSPC\b|Disk quota exceeded|\bEDQUOT\b/;

/** Signals a program raises by its own fault: the work is to blame. All others come from outside. */
const CRASHES: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP', 'SIGSYS']);
/** Shells report a child's death by signal as 128 + number. */
const OUTSIDE_EXITS: ReadonlyMap<number, string> = new Map([
  [129, 'SIGHUP'],
  [130, 'SIGINT'],
  [137, 'SIGKILL'],
  [143, 'SIGTERM'],
]);

/**
 * Closes every descriptor but 0, 1 and 2 before the gate starts: a pty of ours that leaked into it would let it type into
 * an agent's terminal (node-pty #657). Only bash can close numbers above 9; Node opens all but add-ons' close-on-exec.
 */
const CLOSE_THEN_RUN = {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own expansion.
  bash: 'for f in /dev/fd/*; do n=${f##*/}; case $n in 0|1|2|*[!0-9]*) ;; *) eval "exec $n>&-" ;; esac; done 2>/dev/null; exec 2>&1 "$@"',
  sh: 'exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- 2>&1; exec "$@"',
};
/** The first thing inside a sandbox: what fails before is the sandbox's own failure, whatever its exit code. */
const PROVE_THEN_RUN = ': > "$1"; exec sh -eu -c "$0"';

const wordsOf = ({ gate, sandbox }: GateOptions): string[] =>
  sandbox
    ? [...sandbox.words, 'sh', '-c', PROVE_THEN_RUN, gate.command, sandbox.proof]
    : ['sh', '-eu', '-c', gate.command];

interface End {
  exitCode?: number;
  signal?: string;
  /** Why it was ended by us, or never started. */
  reason?: string;
}

const runToEnd = async (options: GateOptions, ring: ReturnType<typeof createRing>): Promise<End> => {
  const { gate, onOutput, signal } = options;
  if (signal?.aborted) return { reason: 'stopped before it began' };
  const mark = `GASTOWN_GATE_RUN=${randomBytes(16).toString('hex')}`;
  const started = await start(options, mark);
  if ('reason' in started) return started;
  const { child, stdout } = started;
  const cleaner = onOutput && createCleaner(onOutput);
  stdout.on('error', () => undefined); // A pipe that breaks is a gate that ended: its exit tells.
  stdout.on('data', (chunk: Buffer) => {
    ring.push(chunk);
    cleaner?.push(chunk);
  });
  const graceMs = options.graceMs ?? GRACE_MS;
  let reason: string | undefined;
  let killer: NodeJS.Timeout | undefined;
  const stop = (why: string): void => {
    reason ??= why;
    const { pid } = child;
    if (pid === undefined || killer) return;
    signalGroup(pid, 'SIGTERM');
    killer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
  };
  const onAbort = (): void => stop('stopped');
  const timer = setTimeout(() => stop(`timeout: not done after ${seconds(gate.timeoutMs)}`), gate.timeoutMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const end = await exitOf(child);
    reason ??= await sandboxFailure(options, ring);
    return { ...end, ...(reason && { reason }) };
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    signal?.removeEventListener('abort', onAbort);
    await cleanUp(child, stdout, mark);
    cleaner?.end();
  }
};

const start = async (
  options: GateOptions,
  mark: string,
): Promise<{ child: ChildProcess; stdout: Readable } | { reason: string }> => {
  const { cwd, env, onGroup } = options;
  if (!existsSync(cwd)) return { reason: 'the checkout to run it in is gone' };
  const bash = BASH_PATHS.find(file => existsSync(file));
  const [name, value] = mark.split('=') as [string, string];
  try {
    const pipe = await openPipe();
    const script = bash ? CLOSE_THEN_RUN.bash : CLOSE_THEN_RUN.sh;
    const child = spawn(bash ?? 'sh', ['-c', script, 'gate', ...wordsOf(options)], {
      cwd,
      env: { ...env, [name]: value },
      detached: true,
      stdio: ['ignore', pipe?.writeFd ?? 'pipe', 'ignore'],
    });
    if (pipe) closeSync(pipe.writeFd);
    if (child.pid !== undefined) onGroup?.(child.pid);
    return { child, stdout: pipe?.readable ?? child.stdout! };
  } catch (error) {
    return { reason: `could not be started: ${safeLine((error as Error).message).slice(0, 200)}` };
  }
};

const BASH_PATHS = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash', '/opt/homebrew/bin/bash'];

const exitOf = async (child: ChildProcess): Promise<End> => {
  try {
    const [exitCode, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return { ...(exitCode !== null && { exitCode }), ...(signal !== null && { signal }) };
  } catch (error) {
    return { reason: `could not be started: ${safeLine((error as Error).message).slice(0, 200)}` };
  }
};

/** Nothing of a gate outlives it: neither its group nor daemons that left it, nor a pipe that they hold open. */
const cleanUp = async (child: ChildProcess, stdout: Readable, mark: string): Promise<void> => {
  if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
  await killMarked(mark);
  if (!stdout.readableEnded && !stdout.destroyed) {
    await Promise.race([once(stdout, 'end').catch(() => undefined), sleep(DRAIN_MS)]);
  }
  stdout.destroy();
};

/** Why the sandbox did not start; undefined when it did, or there is none. */
const sandboxFailure = async (
  { sandbox }: GateOptions,
  ring: ReturnType<typeof createRing>,
): Promise<string | undefined> => {
  if (!sandbox) return undefined;
  if (existsSync(sandbox.proof)) {
    await rm(sandbox.proof, { force: true });
    return undefined;
  }
  return `the sandbox did not start${lastLine(ring.text())}`;
};

const testsOf = async (run: Parameters<typeof readReports>[0]): Promise<GateRun['tests']> => {
  const tally = await readReports(run);
  if (!tally) return undefined;
  const failed = tally.failed.slice(0, LIMITS.failedTests);
  const isPartial = tally.isPartial || failed.length < tally.failed.length;
  return { from: tally.from, total: tally.total, failed, ...(isPartial && { isPartial }) };
};

interface Judged {
  outcome: GateRun['outcome'];
  reason?: string;
  tests?: GateRun['tests'];
}

/** A failure passes only when a whole report names what failed and all of it is in quarantine: any doubt counts as red. */
const excuse = (judged: Judged, tests: GateRun['tests'], quarantined: ReadonlySet<string> = new Set()): Judged => {
  if (!tests) return judged;
  const excused = tests.failed.filter(test => quarantined.has(test));
  const told = { ...judged, tests: excused.length > 0 ? { ...tests, excused } : tests };
  const isExcused = excused.length > 0 && excused.length === tests.failed.length && !tests.isPartial;
  if (judged.outcome !== 'fail' || judged.reason || !isExcused) return told;
  return { ...told, outcome: 'pass', reason: `only quarantined tests failed: ${plural(excused.length, 'test')}` };
};

const judge = (end: End, text: string): Judged => {
  if (end.reason) return { outcome: 'could_not_run', reason: end.reason };
  if (end.exitCode === 0) return { outcome: 'pass' };
  if (end.exitCode === 126 || end.exitCode === 127) {
    const which = end.exitCode === 127 ? 'a command it needs was not found' : 'a command it needs cannot be executed';
    return { outcome: 'could_not_run', reason: `${which}${lastLine(text)}` };
  }
  const killedBy = end.signal ?? OUTSIDE_EXITS.get(end.exitCode ?? -1);
  if (killedBy && !CRASHES.has(killedBy))
    return { outcome: 'could_not_run', reason: `killed by ${killedBy}${oomHint(killedBy)}` };
  if (DISK_FULL.test(text.split('\n').slice(-DISK_LINES).join('\n')))
    return { outcome: 'could_not_run', reason: 'no space left on the disk' };
  return { outcome: 'fail', ...(killedBy && { reason: `crashed with ${killedBy}` }) };
};

const oomHint = (signal: string): string => (signal === 'SIGKILL' ? ', perhaps for want of memory' : '');

const lastLine = (text: string): string => {
  const last = maskSecrets(cleanOutput(text)).trimEnd().split('\n').at(-1)?.trim();
  return last ? `: ${safeLine(last).slice(0, 200)}` : '';
};

const seconds = (ms: number): string => (ms < 10_000 ? `${ms} ms` : `${Math.round(ms / 1000)} s`);
