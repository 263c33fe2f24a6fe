import { mkdirSync, rmdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshName } from '../../roles/names.ts';
import { openAccess } from '../../source/town/access.ts';
import { townPaths } from '../../source/town/paths.ts';
import { hostPid } from '../support/process.ts';
import {
  attention,
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  data,
  expectSound,
  fileOnMain,
  gitIn,
  isGone,
  landed,
  operator,
  processesIn,
  quiet,
  script,
  sessionsOf,
  until,
} from './harness.ts';

let town: Bench;
beforeAll(async () => {
  town = await bench('witness', { settings: { witness: { stallAfterMs: 3_000 } } });
});
afterAll(cleanUpAll);

const FIRST = '[ "$GASTOWN_ATTEMPT" != 1 ]';

test('a session that cannot be started is told to a person, and starts once nothing hinders it', async () => {
  const hindered = await bench('hindered', { settings: { deacon: { tellAfterFailures: 2 } } });
  const checkout = townPaths(hindered.town).checkout(`app/${freshName(new Set())}`);
  mkdirSync(checkout, { recursive: true });
  const id = await hindered.sling('Cannot begin', script('echo begun > begun.txt'));
  const told = await until(hindered, 'the failing start is told', () =>
    [...data(hindered).escalations.values()].find(({ key }) => key?.startsWith('failing:launch:')),
  );
  expect(told.body).toContain(`${checkout} exists and was not made by the town`);
  rmdirSync(checkout);
  await landed(hindered, id);
});

describe.concurrent('a session that does not end well', () => {
  test('killed by a signal: a fresh one takes over on the same hook, knowing what happened', async () => {
    const id = await town.sling(
      'Falls over',
      script(
        `${FIRST} || { echo "about to fall"; kill -9 $$; }`,
        `gt prime > '${town.notes}/prime'`,
        'echo up > up.txt',
      ),
    );
    await landed(town, id);
    const [first, second, ...more] = sessionsOf(town, id);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ outcome: 'died', signal: 9 });
    expect(first!.cause!.output, 'its last words are kept').toContain('about to fall');
    expect(second).toMatchObject({ outcome: 'done', polecat: first!.polecat });
    expect(town.note('prime')).toContain('signal 9');
  });

  test('hung and deaf to INT and TERM: ended all the same, with all that it started, and its files are kept', async () => {
    const id = await town.sling(
      'Hangs',
      script(
        // Dies only by KILL, and so does what it started.
        `${FIRST} || { trap '' INT TERM; echo precious > draft.txt; echo $$ > '${town.notes}/pid'; sh -c 'trap "" INT TERM HUP; echo $$ > "${town.notes}/child"; while :; do sleep 0.2; done' & while :; do sleep 1; done; }`,
        'test ! -e draft.txt',
        'echo rested > rested.txt',
      ),
    );
    await until(town, 'it and its child run', () => town.hasNote('child') && sessionsOf(town, id)[0]?.checkout);
    const { checkout } = sessionsOf(town, id)[0]!;
    expect(processesIn(checkout).length).toBeGreaterThanOrEqual(2);
    await landed(town, id);
    const [first, second] = sessionsOf(town, id);
    expect(first).toMatchObject({ outcome: 'stalled', cause: { kind: 'stalled' } });
    expect(second).toMatchObject({ outcome: 'done' });
    expect(processesIn(checkout)).toEqual([]);
    const wip = `refs/gastown/wip/${first!.polecat}/${first!.id}`;
    expect(gitIn(townPaths(town.town).landing('app'), 'show', `${wip}:draft.txt`)).toBe('precious');
    expect(() => fileOnMain(town, 'draft.txt'), 'and does not land with other work').toThrow();
  });

  test('failing every time: parked after its cap, with the evidence, and no polecat stays on it', async () => {
    const id = await town.sling('Fails', script('echo "cannot find the sea"', 'exit 7'));
    const parked = await until(town, 'it is parked', () => beadOf(town, id).town.parked);
    expect(parked.reason).toContain('exit code 7');
    expect(sessionsOf(town, id).map(session => [session.outcome, session.exitCode])).toEqual([
      ['failed', 7],
      ['failed', 7],
    ]);
    expect(beadOf(town, id).town.cause!.output).toContain('cannot find the sea');
    expect(beadOf(town, id)).toMatchObject({ status: 'blocked' });
    expect([...data(town).polecats.values()].filter(polecat => polecat.hook === id)).toEqual([]);
    await until(town, 'a person is asked', () =>
      attention(town).find(row => row.kind === 'parked' && row.subject === id),
    );

    // Tried again by the person, it starts from zero.
    const row = attention(town).find(one => one.subject === id)!;
    const { ok } = await town.running.handle.dispatch({
      type: 'attention.answer',
      payload: { key: row.key, answer: 'yes' },
    });
    expect(ok).toBe(true);
    await until(town, 'it is parked again', () => sessionsOf(town, id).length === 4 && beadOf(town, id).town.parked);
  });

  test('dying every time: parked after its cap of sessions', async () => {
    const id = await town.sling('Dies', script('kill -9 $$'));
    await until(town, 'it is parked', () => beadOf(town, id).town.parked);
    expect(sessionsOf(town, id).map(session => session.outcome)).toEqual(['died', 'died', 'died']);
  });
});

describe.concurrent('a session that is well', () => {
  test('waits for the answer it asked for, and is not taken for one that hangs', async () => {
    const id = await town.sling(
      'Asks and waits',
      script(
        'gt escalate "Which way?"',
        `while [ ! -e '${town.notes}/answer' ]; do sleep 0.2; done`,
        `cp '${town.notes}/answer' way.txt`,
        // Its last word counts: without this one it would have ended while still asking.
        'gt done',
      ),
    );
    const polecat = await until(town, 'it waits', () =>
      [...data(town).polecats.values()].find(one => one.hook === id && one.state === 'waiting'),
    );
    const { stallAfterMs, ladderStepMs } = town.running.town.context.config.settings.witness;
    await sleep(stallAfterMs + ladderStepMs + 1_000);
    expect(data(town).polecats.get(polecat.id)).toMatchObject({ state: 'waiting', hook: id });
    expect(sessionsOf(town, id)[0]!.ladder?.step ?? 0).toBe(0);
    town.leave('answer', 'left');
    await landed(town, id);
    expect(sessionsOf(town, id)).toHaveLength(1);
    expect(fileOnMain(town, 'way.txt')).toBe('left');
  });

  test('stopped by a person: its draft is kept, and the bead goes on only when they say so', async () => {
    const id = await town.sling(
      'Too eager',
      script(
        `${FIRST} || { echo draft > eager.draft; touch '${town.notes}/eager'; while :; do sleep 0.1; done; }`,
        'echo calm > calm.txt',
      ),
    );
    const session = await until(
      town,
      'it works',
      () => town.hasNote('eager') && sessionsOf(town, id).find(one => one.status === 'running'),
    );
    const stopped = await town.running.handle.dispatch({
      type: 'polecat.stop',
      payload: { polecat: session.polecat, requeue: false },
    });
    expect(stopped, stopped.message).toMatchObject({ ok: true });
    expect(isGone(session.pid!)).toBe(true);
    expect(sessionsOf(town, id)).toMatchObject([{ outcome: 'stopped' }]);
    expect(beadOf(town, id)).toMatchObject({ status: 'blocked' });
    const wip = `refs/gastown/wip/${session.polecat}/${session.id}`;
    expect(gitIn(townPaths(town.town).landing('app'), 'show', `${wip}:eager.draft`)).toBe('draft');
    await operator(town, { type: 'bead.sling', payload: { id } });
    await landed(town, id);
    expect(fileOnMain(town, 'calm.txt')).toBe('calm');
  });

  test('stopped by a command while no town runs: it ends with the next start, and another polecat may go on', async () => {
    const night = await bench('stop-at-night');
    const id = await night.sling(
      'Runs on',
      script(
        `${FIRST} || { echo draft > night.draft; touch '${night.notes}/runs'; while :; do sleep 0.1; done; }`,
        'echo day > day.txt',
      ),
    );
    const session = await until(
      night,
      'it works',
      () => night.hasNote('runs') && sessionsOf(night, id).find(one => one.status === 'running'),
    );
    await night.stop();
    const access = await openAccess({ dir: night.town, env: night.env });
    const { message } = await access.dispatch({
      type: 'polecat.stop',
      payload: { polecat: session.polecat, requeue: true },
    });
    await access.close();
    expect(message, 'it does not claim what has not happened').toContain('is being stopped');
    expect(isGone(session.pid!)).toBe(false);
    await night.start();
    await landed(night, id);
    await until(night, 'the old one has ended', () => data(night).sessions.get(session.id)!.status === 'ended');
    expect(data(night).sessions.get(session.id)).toMatchObject({ outcome: 'stopped' });
    expect(isGone(session.pid!)).toBe(true);
    const wip = `refs/gastown/wip/${session.polecat}/${session.id}`;
    expect(gitIn(townPaths(night.town).landing('app'), 'show', `${wip}:night.draft`)).toBe('draft');
    expect(sessionsOf(night, id)).toHaveLength(2);
  });

  test('work on a history of its own making is not taken over', async () => {
    const id = await town.sling(
      'Rewrites history',
      script(
        `if ${FIRST}; then echo honest > honest.txt; exit 0; fi`,
        'git checkout --quiet --orphan fresh',
        'echo mine > mine.txt',
        'git add -A',
        'git commit --quiet -m "All mine"',
        'gt done -m "Cleaned up"',
      ),
    );
    await landed(town, id);
    expect(sessionsOf(town, id)[0]).toMatchObject({
      outcome: 'failed',
      cause: { summary: expect.stringContaining('rewritten') },
    });
    expect(() => fileOnMain(town, 'mine.txt')).toThrow();
    expectSound(town);
  });
});

describe('the terminal host', () => {
  test('killed with -9 while sessions run: they end with it, fresh ones land the work, drafts are kept', async () => {
    const lost = await bench('host-killed');
    const work = (name: string) =>
      script(
        `echo draft > ${name}.draft`,
        `touch '${lost.notes}/${name}'`,
        `${FIRST} || while :; do sleep 0.1; done`,
        `rm -f ${name}.draft`,
        `echo ${name} > ${name}.txt`,
      );
    const one = await lost.sling('One', work('one'));
    const two = await lost.sling('Two', work('two'));
    await until(lost, 'both run', () => lost.hasNote('one') && lost.hasNote('two'));
    await until(lost, 'both are recorded', () =>
      [...data(lost).sessions.values()].every(session => session.status === 'running'),
    );
    const pid = hostPid(lost.town)!;
    process.kill(pid, 'SIGKILL');
    await landed(lost, one);
    await landed(lost, two);
    await quiet(lost);
    expect(hostPid(lost.town)).not.toBe(pid);
    for (const id of [one, two]) {
      const [first, second, ...more] = sessionsOf(lost, id);
      expect(more).toEqual([]);
      // The next host knows from its registry that they ran; without one it would not know them: `lost`.
      expect(['died', 'lost']).toContain(first!.outcome);
      expect(second).toMatchObject({ outcome: 'done' });
      expect(isGone(first!.pid!), 'an agent without a terminal does not live on').toBe(true);
      const wip = `refs/gastown/wip/${first!.polecat}/${first!.id}`;
      expect(gitIn(townPaths(lost.town).landing('app'), 'ls-tree', '--name-only', wip)).toContain('.draft');
    }
    expectSound(lost);
  });
});
