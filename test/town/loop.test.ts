import { afterAll, expect, test, vi } from 'vitest';
import { ROLES } from '../../roles/index.ts';
import { attention, bench, cleanUpAll, until } from './harness.ts';

afterAll(cleanUpAll);

test('a role that fails over a record stops no other, and a person is told until it works again', async () => {
  const town = await bench('role-fails', { settings: { deacon: { heartbeatStaleMs: 1_000 } } });
  const { context, loop } = town.running.town;
  const { heartbeats } = context.world;
  const soon = (what: string, condition: () => unknown) =>
    until(town, what, () => {
      loop.wake();
      return Boolean(condition());
    });
  await soon('all beat', () => heartbeats.has('dogs'));
  // The Mayor is asked first.
  const broken = vi.spyOn(ROLES, 'mayor').mockImplementation(() => {
    throw new TypeError('This record has no title.');
  });
  const stopped = heartbeats.get('mayor')!;
  const told = () => attention(town).find(({ title }) => title.startsWith('The mayor loop has been silent'));
  await soon('it is told', told);
  expect(heartbeats.get('mayor')).toBeLessThan(stopped + 1_000);
  expect(heartbeats.get('dogs')).toBeGreaterThan(stopped);
  broken.mockRestore();
  await soon('it is over', () => !told());
});
