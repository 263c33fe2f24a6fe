import { afterAll, expect, test } from 'vitest';
import type { PastMoment, UndoOffer } from '../../source/town/view.ts';
import { bench, cleanUpAll, landed, operator, script } from './harness.ts';

afterAll(cleanUpAll);

test('the whole board can be walked back and forth in time, and nothing of it can be changed', async () => {
  const town = await bench('past');
  const { handle } = town.running;
  const id = await town.sling('Make a file', script('echo made > made.txt'));
  await landed(town, id);
  const look = async (request: Parameters<typeof handle.past>[0]) => (await handle.past(request)) as PastMoment;
  const statusAt = ({ view }: PastMoment) => view.beads.get(id)?.status;

  const now = await look({});
  expect(now).toMatchObject({ stepsBack: 0 });
  expect(statusAt(now)).toBe('closed');
  expect(now.view.merges[0]).toMatchObject({ state: 'landed', gates: [{ name: 'test', outcome: 'pass' }] });
  const { roles, dogs } = now.view.health;
  expect(roles.find(({ name }) => name === 'mayor')).toMatchObject({ lastAction: expect.stringContaining('assigned') });
  expect(dogs).toEqual([]);
  expect(
    now.view.polecats.map(({ activity }) => activity),
    'what nobody knows any more is not shown as unknown',
  ).toEqual([undefined]);
  const { feed, merges } = now.view;
  const deeds = feed.map(({ at, actor, what }) => `${at} ${actor} ${what}`);
  expect(new Set(deeds).size, 'each deed is told once, whatever it changed').toBe(deeds.length);
  expect(feed.find(({ what }) => what === 'handed in')?.subject).toBe(merges[0]!.id);
  expect(feed.find(({ what }) => what === 'ran a gate for')?.subject).toBe('app');
  expect(feed.find(({ what }) => what === 'slung')?.because, 'who asked stands in the row').toBeUndefined();
  const seen = [statusAt(now)];
  let moment = now;
  while (moment.stepsBack < now.steps - 1) {
    moment = await look({ from: moment.id, steps: -1 });
    if (seen.at(-1) !== statusAt(moment)) seen.push(statusAt(moment));
  }
  expect(seen).toEqual(['closed', 'in_progress', 'hooked', 'open', undefined]);
  expect(moment.changes.map(({ what }) => what)).toContain('created');

  const forth = await look({ from: moment.id, steps: now.steps });
  expect(forth.id).toBe(now.id);
  expect([...forth.view.beads.keys()]).toEqual([id]);
  expect(await look({ from: now.id, byMs: -3_600_000 })).toMatchObject({ id: moment.id });
  expect(await look({ from: moment.id, byMs: 3_600_000 })).toMatchObject({ id: now.id });
  expect(await handle.past({ from: 'f'.repeat(40), steps: -1 })).toMatchObject({ ok: false });
  expect(await handle.history(id)).toEqual(
    expect.arrayContaining([expect.stringContaining('status: hooked → in_progress')]),
  );
});

test('z: what an operator did last is offered, done when told so, and offered again the other way round', async () => {
  const town = await bench('undo-handle');
  const { handle } = town.running;
  const receipt = await operator(town, { type: 'bead.create', payload: { title: 'A slip' } });
  const made = receipt.written[0]!.id;
  const offer = await handle.planUndo('undo');
  expect(offer).toMatchObject({ way: 'undo', lines: [expect.stringContaining('is deleted')] });
  expect(await handle.dispatch((offer as UndoOffer).intent!)).toMatchObject({ ok: true });
  expect(handle.getView().beads.get(made)?.status ?? 'gone').not.toBe('open');
  expect(await handle.planUndo('redo')).toMatchObject({ way: 'redo' });
});
