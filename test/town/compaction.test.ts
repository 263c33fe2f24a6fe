import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { compactOld } from '../../source/town/compaction.ts';
import { OPERATOR } from '../../source/town/context.ts';
import { performIntent } from '../../source/town/intents.ts';
import { gastown } from '../support/process.ts';
import { bench, cleanUpAll, data, operator, until } from './harness.ts';

afterAll(cleanUpAll);

const LONG = 'Much to say about it. '.repeat(100);
const description = `First line.\n${LONG}`;

/** A bead that was closed a moment ago. */
const closed = async (town: Awaited<ReturnType<typeof bench>>): Promise<string> => {
  const made = await operator(town, { type: 'bead.create', payload: { title: 'Old', description, notes: LONG } });
  const { id } = made.written[0]!;
  await operator(town, { type: 'bead.comment', payload: { id, text: LONG } });
  await operator(town, { type: 'bead.close', payload: { id } });
  await sleep(2);
  return id;
};

test('the compactor folds by itself what was closed long enough ago, and a restore brings every text back', async () => {
  const town = await bench('compactor', { settings: { dogs: { compactorMs: 50 }, compaction: { olderThanMs: 1 } } });
  const id = await closed(town);
  await until(town, 'the bead is folded', () => data(town).beads.get(id)?.compaction_level === 1);
  expect(data(town).beads.get(id)!.description!.length).toBeLessThan(1_000);
  await town.stop();
  const said = await gastown(['restore', id], { home: town.dir, env: { GASTOWN_TOWN: town.town } });
  expect(said).toMatchObject({ code: 0, stderr: '' });
  const history = await gastown(['history', id, '--json'], { home: town.dir, env: { GASTOWN_TOWN: town.town } });
  const last = JSON.parse(history.stdout.trim().split('\n').at(-1)!) as {
    changes: { field: string; after?: unknown }[];
  };
  const after = Object.fromEntries(last.changes.map(change => [change.field, change.after]));
  expect(after).toMatchObject({ description, notes: LONG, comments: [{ text: LONG }] });
});

test('what is open again has its whole text again', async () => {
  const town = await bench('unfold');
  const id = await closed(town);
  const { context } = town.running.town;
  await compactOld(context, { actor: OPERATOR, olderThanMs: 0 });
  expect(data(town).beads.get(id)).toMatchObject({ compaction_level: 1 });
  await performIntent(context, { type: 'bead.reopen', payload: { id } }, town.running.handle.getView());
  expect(data(town).beads.get(id)).toMatchObject({ status: 'open', description, notes: LONG });
  expect(data(town).beads.get(id)).not.toHaveProperty('compaction_level');
});

test('gastown compact says what it would fold, folds it, and refuses what it does not understand', async () => {
  const town = await bench('compact');
  const id = await closed(town);
  await town.stop();
  const type = (...args: string[]) => gastown(args, { home: town.dir, env: { GASTOWN_TOWN: town.town } });
  expect((await type('compact')).stdout).toContain('nothing to fold');
  const dry = await type('compact', '--older-than', '0s', '--dry-run', '--json');
  expect(JSON.parse(dry.stdout)).toMatchObject({ type: 'compaction', ids: [id], dryRun: true });
  expect((await type('history', id)).stdout).not.toContain('compaction_level');
  expect((await type('compact', '--older-than', '0s')).stdout).toMatch(/^1 bead folded: \d+ characters less/);
  expect((await type('restore', id)).stdout).toContain('whole text again');
  const again = await type('restore', id);
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toContain('was not folded');
  const bad = await type('compact', '--older-than', 'long');
  expect(bad).toMatchObject({ code: 2, stdout: '' });
  expect(bad.stderr).toContain('--older-than wants a time such as 30d or 12h, found "long"');
  expect(await type('restore', 'gt-none')).toMatchObject({ code: 1 });
});
