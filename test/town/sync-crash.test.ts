import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LONG } from '../support/long.ts';
import { run, workspace } from '../support/process.ts';
import { Copy, closeCopies } from './copies.ts';
import { gitIn } from './harness.ts';

const DIE_AT = fileURLToPath(new URL('./fixtures/sync-die-at.ts', import.meta.url));
const work = workspace('sync-crash');
const seed = path.join(work.dir, 'seed');
afterAll(closeCopies);
afterAll(() => work.cleanUp());

let shared: string;
/** Beads in each of two plans: together more than one batch of records. */
const PLANNED = 510;

/** Two copies that differ by more than one batch of records, ready to be synced, and killed on the way. */
beforeAll(async () => {
  mkdirSync(seed);
  gitIn(seed, 'init', '--quiet', '--bare', 'remote.git');
  const place = { work, dir: seed };
  const one = await Copy.first(place);
  shared = await one.do('bead.create', { title: 'Shared' });
  await one.do('rig.add', { id: 'app', origin: '/nowhere', branch: 'main', prefix: 'app', gates: [] });
  await one.sync();
  const two = await Copy.cloned(place, 'two');
  await one.do('bead.update', { id: shared, set: { description: 'Of one', addLabels: ['one'], appendNotes: 'One' } });
  const beads = Array.from({ length: PLANNED }, (_, index) => ({ key: `k${index}`, title: `Planned ${index}` }));
  for (const title of ['A', 'B']) await one.do('plan.import', { title, rig: 'app', beads });
  await one.sync();
  await two.do('bead.update', { id: shared, set: { description: 'Of two', addLabels: ['two'], appendNotes: 'Two' } });
  await two.do('bead.create', { title: 'Only here' });
  await one.close();
  await two.close();
});

describe('kill -9 in the middle of a sync', () => {
  const steps = ['fetched', 'before batch 2', 'committed', 'pushed'];
  if (LONG) steps.push('before batch 1', 'after batch 1', 'after batch 2', 'merged');

  test.concurrent.each(steps)('when it is %s loses nothing: the next sync converges', async step => {
    const dir = path.join(work.dir, step.replaceAll(' ', '-'));
    cpSync(seed, dir, { recursive: true });
    const [one, two] = ['one', 'two'].map(name => new Copy({ work, dir }, name)) as [Copy, Copy];
    const died = await run(process.execPath, [DIE_AT, two.dir, two.remote, step], { home: work.home });
    expect(died.code, died.stderr).toBeNull();
    await two.sync();
    await one.sync();
    expect(await two.tree()).toEqual(await one.tree());
    const merged = (await one.bead(shared))!;
    expect(merged.labels).toEqual(['one', 'two']);
    expect(merged.notes?.split('\n\n').sort()).toEqual(['One', 'Two']);
    expect(merged.comments).toHaveLength(1);
    expect([merged.description, merged.comments![0]!.text.split('\n\n')[1]].sort()).toEqual(['Of one', 'Of two']);
    // Among so many new beads its short id may have been given twice; then it has another now.
    const beads = await (await one.access()).records('beads');
    expect(beads.filter(({ title }) => title === 'Only here')).toHaveLength(1);
    expect(beads).toHaveLength(1 + 2 * PLANNED + 1);
    expect(await two.sync()).toMatchObject({ came: {}, went: {} });
  });
});
