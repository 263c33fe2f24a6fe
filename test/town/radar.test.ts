import { afterAll, describe, expect, test } from 'vitest';
import { CLI, run } from '../support/process.ts';
import {
  type Bench,
  bench,
  cleanUpAll,
  expectSound,
  landed,
  merge,
  operator,
  quiet,
  script,
  sessionsOf,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

const radarOf = (town: Bench) => town.running.town.context.world.radar.get('app');
const rowOf = (town: Bench, id: string) => town.running.handle.getView().merges.find(row => row.id === id);
const cli = async (town: Bench, ...args: string[]) => {
  const { stdout } = await run(process.execPath, [CLI, ...args, '--json'], {
    home: town.dir,
    env: { GASTOWN_TOWN: town.town },
  });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line));
};

describe.concurrent('the radar of a town', () => {
  test('tells two requests that will conflict, which one is ahead, and is still once nothing moves', async () => {
    const town = await bench('radar-requests');
    await operator(town, { type: 'merge.pause', payload: { rig: 'app' } });
    const one = await town.sling('One', script('echo one > base.txt'));
    const first = await merge(town, one);
    const two = await town.sling('Two', script('echo two > base.txt', 'echo n > n.txt'));
    const second = await merge(town, two);
    const [ahead] = await until(town, 'the conflict is seen', () => rowOf(town, second.id)?.forecast);
    expect(ahead).toEqual({ with: first.id, kind: 'merge', ahead: true, files: ['base.txt'] });
    expect(rowOf(town, first.id)!.forecast).toMatchObject([{ with: second.id, ahead: false }]);

    const [picture] = await cli(town, 'radar');
    expect(picture).toMatchObject({
      type: 'radar',
      rig: 'app',
      conflicts: [{ between: [{ name: first.id }, { name: second.id }], files: ['base.txt'], kinds: ['content'] }],
    });
    const records = await cli(town, 'merges');
    expect(records.find(record => record.id === second.id).forecast).toEqual([ahead]);

    const { at } = radarOf(town)!;
    await quiet(town);
    expect(radarOf(town)!.at).toBe(at);
    await operator(town, { type: 'merge.resume', payload: { rig: 'app' } });
    await landed(town, one);
    expectSound(town);
  });

  test('sees the saved work of a session that still goes on', async () => {
    const town = await bench('radar-session', { settings: { dogs: { checkpointMs: 300 } } });
    await operator(town, { type: 'merge.pause', payload: { rig: 'app' } });
    const one = await town.sling('One', script('echo one > base.txt'));
    const first = await merge(town, one);
    const wait = `while [ ! -e '${town.notes}/go' ]; do sleep 0.1; done`;
    const two = await town.sling('Two', script('echo two > base.txt', `echo > '${town.notes}/changed'`, wait));
    await until(town, 'the other has begun', () => town.hasNote('changed'));
    const forecast = await until(town, 'it is seen', () => rowOf(town, first.id)?.forecast);
    expect(forecast).toEqual([{ with: two, kind: 'session', ahead: false, files: ['base.txt'] }]);
    const [session] = sessionsOf(town, two);
    expect(radarOf(town)!.branches.map(({ id }) => id)).toEqual([first.id, session!.id]);
    await operator(town, { type: 'merge.reject', payload: { id: first.id, reason: 'no' } });
    await until(town, 'nothing is in its way', () => {
      const row = rowOf(town, first.id);
      return row?.state === 'rejected' && row.forecast === undefined;
    });
    town.leave('go');
    await merge(town, two);
  });
});
