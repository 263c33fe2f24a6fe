import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Evidence } from '../../roles/role.ts';
import { stillHolds } from '../../source/town/effects/recheck.ts';
import { runEffect } from '../../source/town/effects/run-effect.ts';
import { explain, explainNow } from '../../source/town/why.ts';
import {
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  cli,
  data,
  isGone,
  landed,
  operator,
  script,
  sessionsOf,
  until,
} from './harness.ts';

/** What a role decided is looked at once more by the effect, for the look it was decided on is old by then. */
let town: Bench;
beforeAll(async () => {
  town = await bench('recheck');
});
afterAll(cleanUpAll);

const hostSees = async (session: string) =>
  (await (await town.running.town.context.host()).list()).find(({ id }) => id === session)!;

test('a session that goes on is left alone, whatever it was taken for', async () => {
  const id = await town.sling(
    'Goes on',
    script('echo on', `while [ ! -e '${town.notes}/enough' ]; do sleep 0.1; done`, 'echo x > x'),
  );
  const { context } = town.running.town;
  const seen = await until(town, 'it speaks', () => {
    const session = sessionsOf(town, id)[0]?.id;
    return (context.world.sessions.get(session ?? '')?.bytesOut ?? 0) > 0 && session;
  });
  const { lastProgressAt, pid } = await hostSees(seen);
  const holds = (evidence: Evidence) => stillHolds(context, seen, evidence);
  expect(await holds({ process: 'alive' }), 'it runs').toBe(true);
  expect(await holds({ process: 'alive', progressAt: lastProgressAt + 60_000 }), 'it is still').toBe(true);
  expect(await holds({ process: 'alive', progressAt: lastProgressAt - 1 }), 'it made progress since').toBe(false);
  expect(await holds({ process: 'alive', silent: true }), 'it has printed something').toBe(false);
  expect(await holds({ process: 'over' }), 'it is not dead').toBe(false);
  expect(await holds({ process: 'unknown' }), 'the host knows it').toBe(false);
  expect(await stillHolds(context, 's-nobody', { process: 'unknown' }), 'and knows no other').toBe(true);
  const { stdout } = await cli(town, 'polecats');
  const [heads, row] = stdout.split('\n').map(line => line.split(/ {2,}/));
  expect(heads).toEqual(['POLECAT', 'STATE', 'FOR', 'BEAD', 'SANDBOX', 'DOES', 'KNOWN FROM']);
  expect(row!.at(-1)).toMatch(/^process runs, progress /);
  // The effects ask the same: neither an end nor an interrupt on such evidence reaches it.
  const rests = { process: 'over' } as const;
  await runEffect(context, { type: 'session.finish', session: seen, outcome: 'died', rests });
  await runEffect(context, { type: 'session.interrupt', session: seen, rests });
  await sleep(200);
  expect(isGone(pid)).toBe(false);
  expect(data(town).sessions.get(seen)!.status).toBe('running');
  town.leave('enough');
  await landed(town, id);
  expect(await holds({ process: 'alive' }), 'it is over').toBe(false);
  const why = explain(data(town), id, context.world).join('\n');
  expect(why, 'what was done in passing is explained too').toMatch(/polecat {2}started a worker: on the hook of .*\n/);
  expect(why).toMatch(/polecat {2}looked at the work: it ended with exit code 0/);
  expect(why).toMatch(/refinery {2}landed( mr-\S+)?: /);
});

test('a process that goes on after its session is over on record is ended', async () => {
  const id = await town.sling('Undead', script('sleep 300'));
  const session = await until(town, 'it runs', () => sessionsOf(town, id).find(({ status }) => status === 'running'));
  const { context } = town.running.town;
  // Parked first: the session is off its hook, and its end is recorded while the process runs, as a lost result would.
  await operator(town, { type: 'bead.park', payload: { id, reason: 'x' } });
  await context.execute(
    { role: 'town', name: 'town' },
    { type: 'session.end', payload: { id: session.id, outcome: 'stopped' } },
  );
  await runEffect(context, { type: 'session.abandon', session: session.id });
  expect((await hostSees(session.id)).alive).toBe(false);
});

test('the emergency stop holds through a restart, and so does the thaw', async () => {
  const works = await town.sling(
    'At work',
    script(`while [ ! -e '${town.notes}/thawed' ]; do sleep 0.1; done`, 'echo z > z'),
  );
  const running = () => sessionsOf(town, works).find(({ status }) => status === 'running');
  const pid = await until(town, 'it runs', () => running()?.pid);
  await operator(town, { type: 'town.estop', payload: { reason: 'a test' } });
  await until(town, 'it is ended', () => isGone(pid) && !running());
  await town.stop();
  await town.start();
  const id = await town.sling('Waits for the thaw', script('echo y > y'));
  await sleep(1_500);
  expect(data(town).town.get('town')!.estop).toMatchObject({ reason: 'a test' });
  expect(beadOf(town, id)).toMatchObject({ status: 'open' });
  expect(sessionsOf(town, id)).toEqual([]);
  expect(sessionsOf(town, works).map(({ outcome }) => outcome)).toEqual(['stopped']);
  expect(explainNow(town.running.town.context, works).at(-1)).toMatch(/polecat {2}waits: emergency stop: a test$/);
  expect(town.running.handle.getView().polecats.map(({ evidence }) => evidence)).toContain(
    'between sessions: emergency stop: a test',
  );
  expect(beadOf(town, works).town.respawns, 'which is held against nobody').toBe(0);
  town.leave('thawed');
  await operator(town, { type: 'town.thaw', payload: {} });
  await town.stop();
  await town.start();
  await landed(town, id);
  await landed(town, works);
  // Neither is a word of this lost with the process that did it.
  const why = explain(data(town), works).join('\n');
  expect(why).toMatch(/town {2}started: on the hook of .*; 1 of \d+ starting\n/);
  expect(why).toMatch(/town {2}ended: emergency stop: a test\n/);
  expect(why).not.toContain('routine');
});
