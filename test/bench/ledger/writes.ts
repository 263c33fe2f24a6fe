import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Ledger, openLedger } from '../../../source/ledger/store.ts';
import { type Random, seeded } from '../../simulation/random.ts';
import { quantile } from '../table.ts';
import { beadNumber, townBytes } from './towns.ts';

const WRITERS = 100;
/** Not measured: the first acknowledgements of a process pay for the compiler. */
const WARM_UP_MS = 1_000;
const operator = { role: 'operator', name: 'operator' } as const;

export interface Offered {
  readonly acked: number;
  readonly seconds: number;
  readonly ackMs: readonly number[];
  readonly gitMs: readonly number[];
  readonly commits: number;
  readonly commitBytes: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
}

/**
 * So many changes a second from 100 writers, each at its own appointed time whether the one before was answered or not:
 * what waits is measured as waiting.
 */
export const offer = async (
  dir: string,
  options: { beads: number; perSecond: number; seconds: number },
): Promise<Offered> => {
  const { beads, perSecond, seconds } = options;
  tidy(dir);
  const ledger = await openLedger({ dir });
  const random = seeded(beads);
  const before = { bytes: townBytes(dir), commits: countCommits(dir) };
  const ackMs: number[] = [];
  const gitMs: number[] = [];
  const inGit = watchCommits(ledger, gitMs);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const start = performance.now() + WARM_UP_MS;
  const everyMs = (WRITERS * 1_000) / perSecond;
  const writer = async (number: number) => {
    const waiting: Promise<void>[] = [];
    for (let turn = -WARM_UP_MS / everyMs; turn * everyMs < seconds * 1_000; turn++) {
      const due = start + (turn + number / WRITERS) * everyMs;
      const waitMs = due - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      waiting.push(
        ledger.execute(change(beads, random)).then(({ seq }) => {
          if (due < start) return;
          ackMs.push(performance.now() - due);
          inGit.expect(seq, due);
        }),
      );
    }
    await Promise.all(waiting);
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)));
  const took = (performance.now() - start) / 1_000;
  loop.disable();
  await ledger.flush();
  inGit.stop();
  await ledger.close();
  const commits = countCommits(dir) - before.commits;
  return {
    acked: ackMs.length,
    seconds: took,
    ackMs,
    gitMs,
    commits,
    commitBytes: (townBytes(dir) - before.bytes) / commits,
    loopP99Ms: loop.percentile(99) / 1e6,
    loopMaxMs: loop.max / 1e6,
  };
};

/** As fast as 100 writers get answers, committed each 250 changes: what 1,000 a second are to Git, without the wait. */
export const hammer = async (
  dir: string,
  options: { beads: number; changes: number },
): Promise<{ seconds: number; commits: number }> => {
  const { beads, changes } = options;
  const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
  const random = seeded(changes);
  const commits = countCommits(dir);
  const start = performance.now();
  for (let done = 0; done < changes; done += 250) {
    await Promise.all(
      Array.from({ length: Math.min(250, changes - done) }, () => ledger.execute(change(beads, random))),
    );
    await ledger.flush();
  }
  await ledger.close();
  return { seconds: (performance.now() - start) / 1_000, commits: countCommits(dir) - commits };
};

export const row = (
  label: string | number,
  { acked, seconds, ackMs, gitMs, commits, commitBytes, loopP99Ms, loopMaxMs }: Offered,
) => [
  label,
  acked / seconds,
  quantile(ackMs, 0.5),
  quantile(ackMs, 0.99),
  quantile(gitMs, 0.5),
  quantile(gitMs, 0.99),
  commits / seconds,
  commitBytes,
  loopP99Ms,
  loopMaxMs,
];

export const ROW_HEADER = [
  'beads',
  'changes/s',
  'ack p50 ms',
  'ack p99 ms',
  'in Git p50 ms',
  'in Git p99 ms',
  'commits/s',
  'bytes/commit',
  'loop p99 ms',
  'loop max ms',
];

/** One field of a random bead, now and then a comment or a new bead. */
const change = (beads: number, random: Random): Parameters<Ledger['execute']>[0] => {
  const id = beadNumber(Math.floor(random.between(0, beads)));
  const die = random.next();
  if (die < 0.02)
    return { type: 'bead.create', payload: { title: 'One more thing to do', rig: 'rust' }, actor: operator };
  if (die < 0.1) return { type: 'bead.comment', payload: { id, text: 'Seen, and thought about.' }, actor: operator };
  const priority = Math.floor(random.between(0, 5));
  return {
    type: 'bead.update',
    payload: { id, set: { priority, assignee: `p${Math.floor(die * 1_000)}` } },
    actor: operator,
  };
};

/** How often it is looked whether a change is in Git. */
const LOOK_EVERY_MS = 2;

const watchCommits = (ledger: Ledger, gitMs: number[]) => {
  let expected: { seq: number; since: number }[] = [];
  let seen = ledger.committedSeq;
  const look = () => {
    if (ledger.committedSeq === seen) return;
    seen = ledger.committedSeq;
    const now = performance.now();
    for (const { seq, since } of expected) if (seq <= seen) gitMs.push(now - since);
    expected = expected.filter(({ seq }) => seq > seen);
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    expect: (seq: number, since: number) => void expected.push({ seq, since }),
    stop() {
      look();
      clearInterval(timer);
    },
  };
};

/** What upkeep saves of an earlier writer's packs must not be taken off the bytes of this one's commits. */
const tidy = (dir: string): void =>
  void execFileSync('git', ['--git-dir', path.join(dir, 'ledger.git'), 'repack', '-a', '-d', '-q']);

export const countCommits = (dir: string): number =>
  Number(
    execFileSync('git', ['--git-dir', path.join(dir, 'ledger.git'), 'rev-list', '--count', 'main'], {
      encoding: 'utf8',
    }),
  );
