import { cp } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { type GastownError, isGastownError } from '../../../source/common/errors.ts';
import type { Command } from '../../../source/ledger/commands.ts';
import { type Ledger, openLedger } from '../../../source/ledger/store.ts';
import { command, temporaryFolder } from '../helpers.ts';
import { fsck, historyChecker } from './whole.ts';

/** What became of the commands of one life of a ledger. */
export interface Tale {
  /** Operations by what was said of them. */
  readonly acked: string[];
  readonly refused: string[];
  /** Batches that were refused: a single fault spoils one at most. */
  refusedBatches: number;
  readonly errors: unknown[];
}

/** Longest time for one life: nothing may wait for ever. */
const LIFE_MS = 30_000;

/** A town with commits, a record in several versions, and entries beyond the newest commit. To be copied. */
export const makeTemplate = async (): Promise<string> => {
  const dir = path.join(await temporaryFolder(), 'template');
  await cp(await townWithPast(), dir, { recursive: true });
  return dir;
};

const townWithPast = async (): Promise<string> => {
  const dir = await temporaryFolder();
  const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
  for (const text of ['one', 'two']) await ledger.execute(remember('m-old', text));
  await ledger.flush();
  await ledger.execute(remember('m-old', 'three'));
  await ledger.flush();
  for (const text of ['four', 'five']) await ledger.execute(remember('m-old', text));
  // Not closed: what is beyond the commit stays in the journal. It is copied as a crash would leave it.
  return dir;
};

const remember = (id: string, text: string): Command =>
  command('memory.remember', { id, text }, { opId: `op-${id}-${text}` });

/** Opens, writes in batches with commits between them, closes; collects what was said. Never rejects. */
export const live = async (dir: string): Promise<Tale> => {
  const tale: Tale = { acked: [], refused: [], refusedBatches: 0, errors: [] };
  let hanging: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    hanging = setTimeout(() => reject(new Error('it hangs')), LIFE_MS);
  });
  await Promise.race([act(dir, tale), limit]);
  clearTimeout(hanging);
  return tale;
};

const act = async (dir: string, tale: Tale): Promise<void> => {
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
      return true;
    } catch (error) {
      tale.errors.push(error);
      return false;
    }
  };
  let ledger: Ledger | undefined;
  await attempt(async () => {
    ledger = await openLedger({ dir, commitEveryMs: 60_000 });
  });
  if (!ledger) return;
  const open = ledger;
  for (const ids of [['a', 'b', 'c'], ['d'], ['e', 'f'], ['g']]) {
    const done = await Promise.all(
      ids.map(async id => {
        const isAcked = await attempt(() => open.execute(remember(`m-${id}`, id)));
        (isAcked ? tale.acked : tale.refused).push(id);
        expect(open.data.memories.has(`m-${id}`), `${id} is seen exactly when it was acknowledged`).toBe(isAcked);
        return isAcked;
      }),
    );
    if (done.includes(false)) tale.refusedBatches++;
    await attempt(() => open.flush());
  }
  await attempt(() => open.close());
};

/** Every error is one of ours, with words for a person. */
export const assertClear = ({ errors }: Tale): void => {
  for (const error of errors) {
    if (!isGastownError(error)) throw new Error(`not a clear error: ${(error as Error).stack}`, { cause: error });
    expect((error as GastownError).message).not.toBe('');
    expect(['disk', 'git_failed', 'git_missing', 'ledger_corrupt', 'timeout']).toContain((error as GastownError).code);
  }
};

/**
 * Opens once more, without faults: everything acknowledged is there, what was refused is not (`mayRemain`: where the
 * fault lasted to the end, nothing could take it back), and may be tried again under its own operation id. `isQuick` leaves the whole of history unread.
 */
export const assertKept = async (
  dir: string,
  tale: Tale,
  { mayRemain = false, isNew = false, isQuick = false }: { mayRemain?: boolean; isNew?: boolean; isQuick?: boolean },
): Promise<void> => {
  const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
  const { memories } = ledger.data;
  expect(ledger.quarantined).toEqual([]);
  if (!isNew) expect(memories.get('m-old')).toMatchObject({ text: 'five', rev: 5 });
  for (const id of tale.acked)
    expect(memories.get(`m-${id}`), `${id} was acknowledged`).toMatchObject({ text: id, rev: 1 });
  for (const id of tale.refused) {
    if (!mayRemain) expect(memories.has(`m-${id}`), `${id} was refused`).toBe(false);
    await ledger.execute(remember(`m-${id}`, id));
    expect(memories.get(`m-${id}`), `${id} is done once`).toMatchObject({ text: id, rev: 1 });
  }
  await ledger.flush();
  expect(ledger.committedSeq).toBe(ledger.seq);
  await ledger.close();
  if (isQuick) return;
  await historyChecker(dir).check(ledger.seq);
  expect(await fsck(dir)).toEqual([]);
};
