import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Entry, encodeFrame, scanFrames } from '../../../source/ledger/frames.ts';
import { openRepository } from '../../../source/ledger/repository.ts';
import { openLedger } from '../../../source/ledger/store.ts';
import { planUndo } from '../../../source/ledger/undo.ts';
import { CLI } from '../../support/process.ts';
import { command, temporaryFolder } from '../helpers.ts';
import { SCRIPTS } from './scripts.ts';
import { stateOf } from './state.ts';

const HERE = import.meta.dirname;
const KEEPER = path.join(HERE, 'keep-journal.ts');
/** The rest is left in the journal: both ways into a ledger are replayed. */
const COMMITTED_SHARE = 2 / 3;
/** Entries a commit of the recorded repository. */
const GROUP = 40;

/** All segments of a journal, those that were dropped and those that remain, as one run of entries. */
const entriesIn = (...folders: string[]): Entry[] => {
  const bySeq = new Map<number, Entry>();
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter(file => file.endsWith('.wal')))
      for (const entry of scanFrames(readFileSync(path.join(folder, name))).entries) bySeq.set(entry.seq, entry);
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
};

/** The demo, as a person runs it, with every role and real Git behind it. */
const demo = async (): Promise<Entry[]> => {
  const home = await temporaryFolder();
  const kept = await mkdtemp(path.join(home, 'kept-'));
  const town = path.join(home, 'demo');
  execFileSync(process.execPath, ['--import', pathToFileURL(KEEPER).href, CLI, 'demo', '--headless', '--keep', town], {
    env: { PATH: process.env.PATH!, HOME: home, GASTOWN_KEEP_JOURNAL: kept, LANG: 'C.UTF-8', TERM: 'dumb' },
    stdio: 'ignore',
    timeout: 300_000,
  });
  const journal = execFileSync('find', [home, '-name', 'journal', '-type', 'd'], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return entriesIn(kept, ...journal.filter(Boolean));
};

/** Commands, and what takes them back and does them again. */
const undoing = async (): Promise<Entry[]> => {
  const dir = await temporaryFolder();
  const kept = await mkdtemp(path.join(dir, 'kept-'));
  process.env.GASTOWN_KEEP_JOURNAL = kept;
  await import(KEEPER);
  const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
  const give = (...args: Parameters<typeof command>) => ledger.execute(command(...args));
  const take = async (way: 'undo' | 'redo') => {
    await ledger.flush();
    const plan = await planUndo({ gitDir: path.join(dir, 'ledger.git'), data: ledger.data, way });
    if (plan?.command) await give('history.undo', plan.command);
  };
  await give('town.create', { name: 'Undone' });
  const { written } = await give('bead.create', { title: 'one', priority: 0, labels: ['a'] });
  const id = written[0]!.id;
  for (const title of ['two', 'three']) await give('bead.update', { id, set: { title, addLabels: [title] } });
  await give('bead.comment', { id, text: 'a comment' });
  await give('bead.close', { id, reason: 'done' });
  for (const way of ['undo', 'undo', 'redo', 'undo', 'undo', 'redo', 'redo'] as const) await take(way);
  await ledger.flush();
  await ledger.close();
  return entriesIn(kept, path.join(dir, 'journal'));
};

const RECORDERS: Record<string, () => Promise<readonly Entry[]> | readonly Entry[]> = { ...SCRIPTS, demo, undoing };

/** Writes a history for good. */
const record = async (folder: string, entries: readonly Entry[]): Promise<void> => {
  expect(entries[0]!.seq).toBe(1);
  expect(entries.at(-1)!.seq).toBe(entries.length);
  const dir = await temporaryFolder();
  await mkdir(path.join(dir, 'journal'));
  const journal = Buffer.concat(entries.map(encodeFrame));
  await writeFile(path.join(dir, 'journal', '1.wal'), journal);
  const headSeq = Math.floor(entries.length * COMMITTED_SHARE);
  const repository = await openRepository(dir);
  await repository.load({ isNew: true });
  for (let from = 0; from < headSeq; from += GROUP)
    await repository.commit({ entries: entries.slice(from, Math.min(from + GROUP, headSeq)), operations: [] });
  await repository.close();
  const git = (...args: string[]) =>
    execFileSync('git', ['--git-dir', path.join(dir, 'ledger.git'), ...args], { stdio: 'ignore' });
  git('gc', '--quiet', '--aggressive');
  await mkdir(folder, { recursive: true });
  git('bundle', 'create', path.join(folder, 'ledger.bundle'), 'main', 'HEAD');
  await writeFile(path.join(folder, 'journal.wal.gz'), gzipSync(journal, { level: 9 }));
  const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
  const expected = { seq: entries.length, headSeq, ...stateOf(ledger.data) };
  await ledger.close();
  await writeFile(path.join(folder, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`);
  expect(gunzipSync(readFileSync(path.join(folder, 'journal.wal.gz')))).toEqual(journal);
};

describe.skipIf(!process.env.GASTOWN_RECORD)('recording histories that are not there yet', () => {
  it.each(Object.keys(RECORDERS))('%s', { timeout: 400_000 }, async name => {
    const folder = path.join(HERE, name);
    if (!existsSync(folder)) await record(folder, await RECORDERS[name]!());
  });
});
