import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { acquireTownLock } from '../../../source/ledger/lock.ts';
import { type Ledger, openLedger } from '../../../source/ledger/store.ts';
import type { Random } from '../../simulation/random.ts';
import { LONG } from '../../support/long.ts';
import { temporaryFolder } from '../helpers.ts';
import { printedSeed } from './seed.ts';
import { lateGit } from './slow-git.ts';
import { fsck, historyChecker } from './whole.ts';

const WRITERS = path.join(import.meta.dirname, '..', 'fixtures', 'writers.ts');
const ROUNDS = Number(process.env.GASTOWN_ROUNDS ?? (LONG ? 1_000 : 4));
/** Then a new town is begun: all of it is read after each round. */
const ROUNDS_A_TOWN = 25;
/** Else there was little to lose. */
const ACKED_A_ROUND = 20;
const ROUNDS_MAX = 5 * ROUNDS;
/** A kill comes at a random moment of this long after the first line. */
const KILL_WITHIN_MS = 350;
/** A round takes about a second; a busy machine many. */
const LIMIT_MS = ROUNDS * 40_000;

interface Acked {
  readonly seq: number;
  readonly id: string;
  readonly rev: number;
  readonly opId: string;
}

interface Round {
  readonly number: number;
  readonly commitEveryMs: number;
  /** Git's child dies with its parent; otherwise it may finish when the next town is open already. */
  readonly wholeFamily: boolean;
  readonly killAfterMs: number;
  readonly env: NodeJS.ProcessEnv;
}

/** Children in the process's own books: Git runs in a session of its own, so a signal to the group would miss it. */
const childrenOf = (pid: number): number[] => {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : [];
};

const kill = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended by itself in this instant.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** Git may be a child of the process that starts commands for another. */
const killFamily = (pid: number): void => {
  kill(pid, 'SIGSTOP');
  for (const child of childrenOf(pid)) killFamily(child);
  kill(pid, 'SIGKILL');
};

/** Runs the writers until a random moment and kills them with SIGKILL; answers with what they were promised. */
const writeAndKill = async (dir: string, round: Round): Promise<Acked[]> => {
  const args = [WRITERS, dir, `${round.commitEveryMs}`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: round.env });
  const acked: Acked[] = [];
  const lines = createInterface({ input: child.stdout });
  const read = (async () => {
    for await (const line of lines) {
      // The last line may be torn by the kill; a promise counts once its line is whole.
      const [, seq, id, rev, opId] = /^(\d+) (\S+) (\d+) (\d+-\d+-\d+)$/.exec(line) ?? [];
      if (opId) acked.push({ seq: Number(seq), id: id!, rev: Number(rev), opId });
    }
  })();
  await once(lines, 'line');
  await sleep(round.killAfterMs);
  // Held still, so that it starts nothing between the look at its children and its end.
  kill(child.pid!, 'SIGSTOP');
  if (round.wholeFamily) for (const pid of childrenOf(child.pid!)) killFamily(pid);
  kill(child.pid!, 'SIGKILL');
  await once(child, 'exit');
  await read;
  return acked;
};

const LOCKS = [
  'HEAD.lock',
  'config.lock',
  'index.lock',
  'packed-refs.lock',
  'shallow.lock',
  'refs/heads/main.lock',
  'objects/info/commit-graph.lock',
  'objects/pack/tmp_pack_abc',
  'fast_import_crash_123',
];

/** What a killed process may leave behind. */
const plant = async (dir: string, random: Random): Promise<void> => {
  if (random.chance(0.4)) {
    for (const name of LOCKS.filter(() => random.chance(0.5))) {
      const file = path.join(dir, 'ledger.git', name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, '');
    }
  }
  if (random.chance(0.3)) {
    const newest = (await readdir(path.join(dir, 'journal')))
      .filter(name => name.endsWith('.wal'))
      .sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))[0];
    const torn = Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 123, 34]);
    if (newest) await appendFile(path.join(dir, 'journal', newest), torn.subarray(0, random.between(1, torn.length)));
  }
};

/** Nothing promised is lost, nothing is there twice; what was durable but not yet promised counts as promised from now on. */
const assertKept = (ledger: Ledger, newest: Map<string, Acked>, round: number): void => {
  for (const [id, ack] of newest) {
    const bead = ledger.data.beads.get(id);
    expect(bead, `${id} in round ${round}`).toBeDefined();
    // One change may have become durable in the instant before its acknowledgement was printed.
    expect([0, 1], `${id} in round ${round}`).toContain(bead!.rev - ack.rev);
    if (bead!.rev === ack.rev) expect(bead!.notes).toBe(ack.opId);
    newest.set(id, { ...ack, rev: bead!.rev, opId: bead!.notes! });
  }
  const written = [...ledger.data.beads.values()].reduce((sum, bead) => sum + bead.rev, 0);
  expect(ledger.seq, 'one sequence number a change').toBe(written);
  expect(ledger.quarantined).toEqual([]);
};

/** Rounds on one town; answers with how much was promised in them. */
const killOneTown = async (rounds: number, random: Random): Promise<number> => {
  const dir = await temporaryFolder();
  const late = await lateGit(path.join(dir, 'late'));
  const history = historyChecker(dir);
  const newest = new Map<string, Acked>();
  const opIds = new Set<string>();
  for (let number = 0; number < rounds; number++) {
    const wholeFamily = number % 2 === 0;
    const acked = await writeAndKill(dir, {
      number,
      wholeFamily,
      commitEveryMs: random.pick([10, 50, 250]),
      killAfterMs: random.between(0, KILL_WITHIN_MS),
      env: wholeFamily ? process.env : { ...process.env, PATH: `${late}:${process.env.PATH}` },
    });
    for (const ack of acked) {
      expect(opIds.has(ack.opId)).toBe(false);
      opIds.add(ack.opId);
      if ((newest.get(ack.id)?.rev ?? 0) < ack.rev) newest.set(ack.id, ack);
    }
    await plant(dir, random);

    const lock = await acquireTownLock(dir, { purpose: 'check' });
    const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
    assertKept(ledger, newest, number);
    // Time for the orphan to move the branch under the open ledger.
    if (!wholeFamily && random.chance(0.5)) await sleep(random.between(0, 500));
    await ledger.flush();
    expect(ledger.committedSeq).toBe(ledger.seq);
    await ledger.close();
    await lock.release();
    await history.check(ledger.seq);
    expect(await fsck(dir)).toEqual([]);
  }
  await rm(dir, { recursive: true, force: true });
  return opIds.size;
};

describe('kill -9 under a hundred writers', () => {
  it(`at ${ROUNDS} random moments loses nothing acknowledged and applies nothing twice`, {
    timeout: LIMIT_MS,
  }, async () => {
    const random = printedSeed('kill -9');
    let acked = 0;
    // On a disk that is slow for a while, kills come before anything was promised: such rounds say little.
    const rounds = Math.min(ROUNDS_A_TOWN, ROUNDS);
    let done = 0;
    for (; done < ROUNDS || (acked < ROUNDS * ACKED_A_ROUND && done < ROUNDS_MAX); done += rounds)
      acked += await killOneTown(rounds, random);
    console.log(`${done} rounds, ${acked} acknowledged changes, none lost, none twice`);
    expect(acked).toBeGreaterThanOrEqual(ROUNDS * ACKED_A_ROUND);
  });
});
