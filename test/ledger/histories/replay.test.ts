import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openLedger } from '../../../source/ledger/store.ts';
import { historyChecker } from '../faults/whole.ts';
import { temporaryFolder } from '../helpers.ts';
import { stateOf } from './state.ts';

const HERE = import.meta.dirname;
const NAMES = readdirSync(HERE).filter(name => existsSync(path.join(HERE, name, 'expected.json')));

interface Expected {
  readonly seq: number;
  /** What the bundle's head holds. */
  readonly headSeq: number;
  readonly counts: Record<string, number>;
  readonly sha256: string;
}

const expectedOf = (name: string): Expected => JSON.parse(readFileSync(path.join(HERE, name, 'expected.json'), 'utf8'));

const townWithJournal = async (name: string): Promise<string> => {
  const dir = await temporaryFolder();
  await mkdir(path.join(dir, 'journal'));
  const bytes = gunzipSync(readFileSync(path.join(HERE, name, 'journal.wal.gz')));
  await writeFile(path.join(dir, 'journal', '1.wal'), bytes);
  return dir;
};

const replay = async (dir: string, from: number, { seq, counts, sha256 }: Expected): Promise<void> => {
  const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
  expect([ledger.committedSeq, ledger.seq]).toEqual([from, seq]);
  expect(ledger.quarantined).toEqual([]);
  expect(stateOf(ledger.data)).toEqual({ counts, sha256 });
  await ledger.close();
  await historyChecker(dir).check(seq);
  const again = await openLedger({ dir, commitEveryMs: 60_000 });
  expect(again.committedSeq).toBe(seq);
  expect(stateOf(again.data), 'from Git alone').toEqual({ counts, sha256 });
  await again.close();
};

describe('recorded histories', () => {
  it('are all there', () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(10);
  });

  it.each(NAMES)('%s comes to the same state from its journal, and from Git', async name => {
    await replay(await townWithJournal(name), 0, expectedOf(name));
  });

  it.each(NAMES)('%s comes to the same state from Git with the journal beyond it', async name => {
    const dir = await townWithJournal(name);
    const bundle = path.join(HERE, name, 'ledger.bundle');
    execFileSync('git', ['clone', '--quiet', '--bare', bundle, path.join(dir, 'ledger.git')], { stdio: 'ignore' });
    await replay(dir, expectedOf(name).headSeq, expectedOf(name));
  });
});
