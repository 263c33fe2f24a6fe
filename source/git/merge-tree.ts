import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { type LandingRepository, requireObject } from './landing-repository.ts';
import { gitMessage, hardened } from './run.ts';

export type MergeOutcome =
  | { readonly outcome: 'clean'; readonly tree: string }
  | { readonly outcome: 'conflict'; readonly files: readonly string[] }
  /** Git could not even try: an object is missing, or there is no common history. */
  | { readonly outcome: 'failed'; readonly reason: string };

export interface MergeTree {
  /** Merges two commits without a checkout. Never changes a ref. */
  merge(ours: string, theirs: string): Promise<MergeOutcome>;
  close(): Promise<void>;
}

/**
 * Merges through one long-lived `git merge-tree --stdin`: 1 ms a merge instead of 4 to 7 with a child each. Git 2.39
 * holds its answers back until its input ends unless its output is unbuffered (`stdbuf -o0`); where that does not help,
 * each merge gets a child of its own.
 */
export const createMergeTree = (repository: LandingRepository): MergeTree => {
  let child: MergeChild | undefined;
  const stdbuf = unbuffer();
  let buffered = false;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const close = async (): Promise<void> => {
    clearTimeout(idle);
    const ending = child;
    child = undefined;
    await ending?.end();
  };

  const mergeNext = async (ours: string, theirs: string): Promise<MergeOutcome> => {
    clearTimeout(idle);
    if (buffered || stdbuf === undefined) return mergeOnce(repository, ours, theirs);
    child ??= startChild(repository, stdbuf);
    try {
      const answer = await child.ask(`${ours} ${theirs}\n`);
      if (answer === 'silent') {
        buffered = true;
        await close();
        return await mergeOnce(repository, ours, theirs);
      }
      if (answer.outcome === 'failed') await close();
      return answer;
    } finally {
      // Not kept while nothing merges: an idle town has no children.
      idle = setTimeout(() => void close(), IDLE_MS).unref();
    }
  };

  return {
    merge(ours, theirs) {
      requireObject(ours, theirs);
      const next = last.then(() => mergeNext(ours, theirs));
      last = next.catch(() => undefined);
      return next;
    },
    async close() {
      await last;
      await close();
    },
  };
};

/** A child that answers nothing for this long holds its answers back. Merges of huge trees take a second or two. */
const SILENT_MS = 20_000;
/** A batch of merges is milliseconds apart; the next batch is minutes away. */
const IDLE_MS = 5_000;
const ARGUMENTS = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages'] as const;

interface MergeChild {
  ask(line: string): Promise<MergeOutcome | 'silent'>;
  end(): Promise<void>;
}

const startChild = (repository: LandingRepository, stdbuf: string): MergeChild => {
  const { flags, env } = hardened();
  // A chain is rebuilt from what is durable; syncing each of its objects would cost more than the merge.
  const args = [
    '-o0',
    'git',
    ...flags,
    '-c',
    'core.fsync=none',
    `--git-dir=${repository.dir}`,
    ...ARGUMENTS,
    '--stdin',
  ];
  const child: ChildProcessWithoutNullStreams = spawn(stdbuf, args, { cwd: repository.dir, env, stdio: 'pipe' });
  const exited = once(child, 'close').catch(() => undefined);
  let stderr = '';
  let pending = Buffer.alloc(0);
  let answer: ((outcome: MergeOutcome | 'silent') => void) | undefined;
  const settle = (outcome: MergeOutcome | 'silent'): void => {
    const waiting = answer;
    answer = undefined;
    waiting?.(outcome);
  };
  child.stderr.on('data', chunk => {
    stderr = (stderr + String(chunk)).slice(-4_000);
  });
  child.stdin.on('error', () => undefined); // A dead child is reported by `close` below.
  child.stdout.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    const parsed = parseRecord(pending);
    if (!parsed) return;
    pending = pending.subarray(parsed.length);
    settle(parsed.outcome);
  });
  const fail = (): void =>
    settle({ outcome: 'failed', reason: gitMessage(stderr) || 'git merge-tree ended without an answer' });
  child.on('close', fail);
  child.on('error', fail);
  return {
    ask: line =>
      new Promise(resolve => {
        const timer = setTimeout(() => settle('silent'), SILENT_MS);
        answer = outcome => {
          clearTimeout(timer);
          resolve(outcome);
        };
        if (child.exitCode !== null || child.signalCode !== null) fail();
        else child.stdin.write(line);
      }),
    async end() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), SILENT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
};

/** `<1 clean | 0 conflict> NUL <tree> NUL (<file> NUL)* NUL`. Undefined while incomplete. */
const parseRecord = (bytes: Buffer): { outcome: MergeOutcome; length: number } | undefined => {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf(0, at);
    if (end === -1) return undefined;
    const field = bytes.toString('utf8', at, end);
    at = end + 1;
    if (field === '' && fields.length >= 2) break;
    fields.push(field);
  }
  const [status, tree, ...files] = fields;
  return { outcome: status === '1' ? { outcome: 'clean', tree: tree! } : { outcome: 'conflict', files }, length: at };
};

const mergeOnce = async (repository: LandingRepository, ours: string, theirs: string): Promise<MergeOutcome> => {
  const { stdout, stderr, code } = await repository.run(['-c', 'core.fsync=none', ...ARGUMENTS, ours, theirs], {
    okCodes: [0, 1, 128],
  });
  const [tree = '', ...files] = stdout.split('\0');
  if (!/^[0-9a-f]{40,64}$/.test(tree))
    return { outcome: 'failed', reason: gitMessage(stderr) || 'git merge-tree gave no tree' };
  return code === 0 ? { outcome: 'clean', tree } : { outcome: 'conflict', files: files.filter(Boolean) };
};

/** Path of `stdbuf` (GNU coreutils; `gstdbuf` with Homebrew), or undefined. */
const unbuffer = (): string | undefined => {
  for (const dir of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const name of ['stdbuf', 'gstdbuf']) {
      const file = path.join(dir, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here; the next folder of the PATH.
      }
    }
  }
  return undefined;
};
