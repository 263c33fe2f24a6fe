import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import {
  attention,
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  cli,
  data,
  expectSound,
  fileOnMain,
  gate,
  gitIn,
  landed,
  landedCommits,
  merge,
  mergesOf,
  openMergeOf,
  operator,
  quiet,
  script,
  sessionsOf,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

/** Long enough for a town that wrongly lands something to have landed it. */
const NOTHING_HAPPENS_MS = 1_500;

const parked = (town: Bench, bead: string) => until(town, `${bead} is parked`, () => beadOf(town, bead).town.parked);
const escalationsOf = (town: Bench, subject: string) =>
  [...data(town).escalations.values()].filter(one => one.subject === subject);
const eventsOf = (town: Bench, type: string) => town.events.filter(event => event.type === type);

/** A clone of the person's, to push from. */
const clone = (town: Bench): string => {
  const dir = path.join(town.dir, 'clone');
  gitIn(town.dir, 'clone', '--quiet', town.origin, dir);
  return dir;
};
const push = (dir: string, file: string, text: string): string => {
  writeFileSync(path.join(dir, file), text);
  gitIn(dir, 'add', file);
  gitIn(dir, 'commit', '--quiet', '-m', `Change ${file} by hand`);
  gitIn(dir, 'push', '--quiet', 'origin', 'main');
  return gitIn(dir, 'rev-parse', 'HEAD');
};

/** Both sessions have begun on the same tip before either ends: their works meet in the queue. */
const together = (town: Bench, own: string, other: string) =>
  [
    `touch '${town.notes}/${own}'`,
    `[ "$GASTOWN_REWORK" != 0 ] || while [ ! -e '${town.notes}/${other}' ]; do sleep 0.05; done`,
  ].join('\n');

describe.concurrent('work that does not fit', () => {
  test('is sent back on a conflict, done again on top, and both land', async () => {
    const town = await bench('conflict', { files: { 'berths.txt': '10\n' } });
    const add = (more: number) => `n=$(cat berths.txt); echo $((n + ${more})) > berths.txt`;
    const one = await town.sling('One more', script(together(town, 'one', 'two'), add(1)));
    const two = await town.sling('Another one', script(together(town, 'two', 'one'), add(2)));
    await landed(town, one);
    await landed(town, two);

    expect(fileOnMain(town, 'berths.txt')).toBe('13');
    const bounced = [...data(town).merges.values()].filter(request => request.state === 'bounced');
    expect(bounced).toMatchObject([{ cause: { kind: 'conflict', files: ['berths.txt'] } }]);
    expect(beadOf(town, bounced[0]!.bead).town).toMatchObject({ reworks: 1, attempts: 2 });
    expect(landedCommits(town)).toHaveLength(2);
    expectSound(town);
  });

  test('green alone but red together: one lands, the other comes back with what the test said', async () => {
    const town = await bench('together', {
      gates: [gate('if test -e a.txt && test -e b.txt; then echo "a.txt and b.txt exclude each other"; exit 1; fi')],
    });
    // The queue is paused until both are in it, so that they are tested together.
    await operator(town, { type: 'merge.pause', payload: { rig: 'app' } });
    const work = (file: string) =>
      script(`[ "$GASTOWN_REWORK" = 0 ] || git rm --quiet *.txt && gt prime > '${town.notes}/prime'`, `echo > ${file}`);
    const a = await town.sling('Make a', work('a.txt'));
    const b = await town.sling('Make b', work('b.txt'));
    await merge(town, a);
    await merge(town, b);
    await operator(town, { type: 'merge.resume', payload: { rig: 'app' } });
    const bounce = await until(town, 'one bounces', () => eventsOf(town, 'merge.bounce')[0]);
    const loser = data(town).merges.get(bounce.written[0]!.id)!;
    expect(loser.cause).toMatchObject({ kind: 'red', gate: 'test' });
    expect(loser.cause!.output).toContain('a.txt and b.txt exclude each other');
    expect(beadOf(town, loser.bead).town.cause!.output).toContain('a.txt and b.txt exclude each other');

    await landed(town, a);
    await landed(town, b);
    expect(eventsOf(town, 'merge.bounce')).toHaveLength(1);
    expect(town.note('prime'), 'the next session was told').toContain('a.txt and b.txt exclude each other');
    expectSound(town);
  });

  test('always red: parks after its cap with an escalation, and never lands', async () => {
    const town = await bench('red', {
      gates: [gate('test ! -e bad.txt')],
      settings: { refinery: { maxReworks: 2 } },
    });
    const bad = await town.sling('Break it', script('echo "$GASTOWN_ATTEMPT" > bad.txt'));
    const good = await town.sling('Improve it', script('echo good > good.txt'));
    await landed(town, good);
    await parked(town, bad);
    await quiet(town);
    expect(mergesOf(town, bad).map(request => request.state)).toEqual(['bounced', 'bounced']);
    expect(escalationsOf(town, bad)).toMatchObject([{ severity: 'high' }]);
    await until(town, 'a person is asked', () =>
      attention(town).some(row => row.kind === 'parked' && row.subject === bad),
    );
    expect(landedCommits(town)).toHaveLength(1);
    expectSound(town);
  });
});

describe.concurrent('gates that do not say what the work is worth', () => {
  test('red once and then green on the same tree: it lands and nobody is blamed', async () => {
    const town = await bench('flaky', {
      gates: ({ notes }) => [
        gate(
          `test -e work.txt || exit 0; n=$(cat '${notes}/runs' 2> /dev/null || echo 0); echo $((n + 1)) > '${notes}/runs'; test "$n" -gt 0`,
        ),
      ],
    });
    const id = await town.sling('Work', script('echo work > work.txt'));
    await landed(town, id);
    expect(mergesOf(town, id).map(request => request.state)).toEqual(['landed']);
    const tree = gitIn(town.origin, 'rev-parse', 'main^{tree}');
    const runs = [...data(town).verdicts.values()].find(verdict => verdict.tree === tree)!.runs.map(one => one.outcome);
    expect(runs).toEqual(['fail', 'pass', 'pass']);
    expect(beadOf(town, id).town).toMatchObject({ reworks: 0, attempts: 1 });
    expectSound(town);
  });

  test('a gate that is not found lands nothing, blames nobody and asks a person', async () => {
    const town = await bench('not-found', {
      gates: [gate('no-such-command-anywhere --test')],
      settings: { refinery: { maxCouldNotRun: 1 } },
    });
    const id = await town.sling('Work', script('echo work > work.txt'));
    const request = await merge(town, id);
    await until(town, 'it is held', () => data(town).merges.get(request.id)!.held);
    await quiet(town);
    await until(town, 'a person is asked', () => attention(town).some(row => row.kind === 'held'));
    expect(data(town).merges.get(request.id)).toMatchObject({ state: 'queued' });
    expect(data(town).merges.get(request.id)!.held!.reason).toMatch(/could not run.*(127|not found)/);
    expect(landedCommits(town)).toEqual([]);
    expect(beadOf(town, id).town).toMatchObject({ reworks: 0, attempts: 1 });
    expect(eventsOf(town, 'merge.bounce')).toEqual([]);

    // Released after it was repaired, it lands as it is.
    await operator(town, {
      type: 'rig.update',
      payload: { id: 'app', gates: [gate('test -e work.txt || test -e base.txt')] },
    });
    await operator(town, { type: 'merge.release', payload: { id: request.id } });
    await landed(town, id);
    expectSound(town);
  });

  test('a target that is red itself sends nobody back, and what waited lands once it is repaired', async () => {
    const town = await bench('target-red', {
      files: { 'base.txt': 'broken\n' },
      gates: [gate('grep -q fine base.txt')],
    });
    const id = await town.sling('Work', script('echo work > work.txt'));
    const request = await merge(town, id);
    const held = await until(town, 'it is held', () => data(town).merges.get(request.id)!.held);
    expect(held.reason).toMatch(/fails on the target itself/);
    await quiet(town);
    expect(eventsOf(town, 'merge.bounce')).toEqual([]);
    expect(escalationsOf(town, 'app')).toMatchObject([{ severity: 'high' }]);
    expect(landedCommits(town)).toEqual([]);

    const fix = await town.sling('Repair it', script('echo fine > base.txt'));
    await landed(town, fix);
    await landed(town, id);
    expect(mergesOf(town, id).map(one => one.state)).toEqual(['landed']);
    expectSound(town);
  });

  test('a rig without gates lands nothing before a person said so', async () => {
    const town = await bench('no-gates', { gates: [] });
    const id = await town.sling('Work', script('echo work > work.txt'));
    const request = await merge(town, id);
    const row = await until(town, 'a person is asked', () => attention(town).find(one => one.kind === 'approval'));
    expect(row).toMatchObject({ subject: request.id, head: request.head });
    await sleep(NOTHING_HAPPENS_MS);
    expect(landedCommits(town)).toEqual([]);
    await expect(
      town.running.handle.dispatch({ type: 'attention.answer', payload: { key: row.key, answer: 'yes' } }),
    ).resolves.toMatchObject({ ok: true });
    await landed(town, id);
    expect(fileOnMain(town, 'work.txt')).toBe('work');
  });
});

describe.concurrent('a target that is not the town’s alone', () => {
  test('moved by a person while the gates run: nothing of theirs is overwritten, and the work is tested on it', async () => {
    const town = await bench('moved', {
      gates: ({ notes }) => [
        gate(
          `test -e work.txt || exit 0; touch '${notes}/testing'; while [ ! -e '${notes}/go' ]; do sleep 0.05; done; ls >> '${notes}/tested'`,
        ),
      ],
    });
    const person = clone(town);
    const id = await town.sling('Work', script('echo work > work.txt'));
    await until(town, 'the gates run', () => town.hasNote('testing'));
    const theirs = push(person, 'theirs.txt', 'by hand\n');
    town.leave('go');
    await landed(town, id);
    expect(landedCommits(town)[0]).toBe(theirs);
    expect(landedCommits(town)).toHaveLength(2);
    expect(fileOnMain(town, 'theirs.txt')).toBe('by hand');
    expect(town.note('tested'), 'tested with their change in it').toContain('theirs.txt');
    expect(mergesOf(town, id).map(one => one.state)).toEqual(['landed']);
    expectSound(town, { byOthers: [theirs] });
  });

  test('checked out and dirty: nothing lands, the person is told what to do and loses nothing', async () => {
    const town = await bench('dirty', { checkedOut: true });
    const file = path.join(town.origin, 'base.txt');
    writeFileSync(file, 'stashed\n');
    gitIn(town.origin, 'stash', '--quiet');
    writeFileSync(file, 'half a thought\n');
    writeFileSync(path.join(town.origin, 'new.txt'), 'untracked\n');
    const id = await town.sling('Work', script('echo work > work.txt'));
    const row = await until(town, 'the person is told', () => attention(town).find(one => one.kind === 'blocked'));
    expect(row.detail).toMatch(/base\.txt.*commit or stash/);
    await sleep(NOTHING_HAPPENS_MS);
    expect(landedCommits(town)).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe('half a thought\n');

    gitIn(town.origin, 'commit', '--quiet', '-am', 'A whole thought');
    const theirs = gitIn(town.origin, 'rev-parse', 'HEAD');
    await landed(town, id);
    expect(readFileSync(file, 'utf8')).toBe('half a thought\n');
    expect(readFileSync(path.join(town.origin, 'work.txt'), 'utf8')).toBe('work\n');
    expect(readFileSync(path.join(town.origin, 'new.txt'), 'utf8')).toBe('untracked\n');
    expect(gitIn(town.origin, 'stash', 'list')).toMatch(/^stash@\{0\}/);
    expect(gitIn(town.origin, 'show', 'stash@{0}:base.txt')).toBe('stashed');
    expect(gitIn(town.origin, 'status', '--porcelain')).toBe('?? new.txt');
    expect(landedCommits(town)[0]).toBe(theirs);
    expectSound(town, { byOthers: [theirs] });
  });

  test('checked out, with an untracked file where work wants to go: the file is kept, the person is told once', async () => {
    const town = await bench('in-the-way', { checkedOut: true });
    const theirs = path.join(town.origin, 'work.txt');
    writeFileSync(theirs, 'notes of my own\n');
    const id = await town.sling('Work', script('echo work > work.txt'));
    const row = await until(town, 'the person is told', () => attention(town).find(one => one.kind === 'blocked'));
    expect(row.detail).toMatch(/untracked files.*move them away/);
    await sleep(NOTHING_HAPPENS_MS);
    expect(eventsOf(town, 'merge.landing'), 'it is not tried over and over').toHaveLength(1);
    expect(readFileSync(theirs, 'utf8')).toBe('notes of my own\n');
    expect(landedCommits(town)).toEqual([]);

    renameSync(theirs, path.join(town.origin, 'notes.txt'));
    await landed(town, id);
    expect(readFileSync(theirs, 'utf8')).toBe('work\n');
    expectSound(town);
  });

  test('refused by a hook of the origin: nothing is lost, the person is told in the words of the hook', async () => {
    const town = await bench('refused');
    const hook = path.join(town.origin, 'hooks', 'pre-receive');
    writeFileSync(hook, '#!/bin/sh\necho "frozen for the release" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    const id = await town.sling('Work', script('echo work > work.txt'));
    const row = await until(town, 'the person is told', () => attention(town).find(one => one.kind === 'blocked'));
    expect(row.detail).toContain('frozen for the release');
    expect(openMergeOf(town, id)).toBeDefined();
    await sleep(NOTHING_HAPPENS_MS);
    expect(eventsOf(town, 'merge.landing'), 'the origin is not pestered').toHaveLength(1);
    expect(landedCommits(town)).toEqual([]);
    writeFileSync(hook, '#!/bin/sh\nexit 0\n');
    await landed(town, id);
    expectSound(town);
  });
});

describe.concurrent('what a person decides', () => {
  test('an approval is for one head: newer work needs a new one', async () => {
    const town = await bench('pinned', { policy: 'all' });
    const id = await town.sling('Work', script('echo "$GASTOWN_ATTEMPT" > work.txt'));
    const first = await merge(town, id);
    await operator(town, { type: 'merge.pause', payload: { rig: 'app' } });
    const wrong = await cli(town, 'approve', first.id, '--head', first.base);
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.stderr).toContain(first.head.slice(0, 9));
    expect((await cli(town, 'approve', first.id, '--head', first.head.slice(0, 3))).code).toBe(1);
    expect(data(town).approvals.size).toBe(0);
    expect(await cli(town, 'approve', first.id, '--head', first.head)).toMatchObject({ code: 0 });
    expect(data(town).approvals.get(`${first.id}.1`)).toMatchObject({ head: first.head });

    const sent = await cli(town, 'reject', first.id, '-m', 'Say it in other words', '--rework');
    expect(sent, sent.stderr).toMatchObject({ code: 0 });
    expect(data(town).approvals.get(`${first.id}.1`)!.voidedAt).toBeDefined();
    const second = await merge(town, id);
    expect(second.head).not.toBe(first.head);
    await operator(town, { type: 'merge.resume', payload: { rig: 'app' } });
    await until(town, 'a person is asked again', () =>
      attention(town).find(one => one.kind === 'approval' && one.head === second.head),
    );
    await sleep(NOTHING_HAPPENS_MS);
    expect(landedCommits(town)).toEqual([]);
    await expect(
      operator(town, { type: 'merge.approve', payload: { id: second.id, head: first.head, gates: [] } }),
    ).rejects.toMatchObject({ code: 'conflict' });
    await operator(town, { type: 'merge.approve', payload: { id: second.id, head: second.head, gates: [] } });
    await landed(town, id);
    expect(fileOnMain(town, 'work.txt')).toBe('2');
    expect(sessionsOf(town, id)).toHaveLength(2);
    expectSound(town);
  });

  test('a paused queue lands nothing until it is resumed', async () => {
    const town = await bench('paused');
    expect(await cli(town, 'merge', 'pause')).toMatchObject({ code: 0 });
    const id = await town.sling('Work', script('echo work > work.txt'));
    await merge(town, id);
    await sleep(NOTHING_HAPPENS_MS);
    expect(landedCommits(town)).toEqual([]);
    expect(await cli(town, 'merge', 'resume')).toMatchObject({ code: 0 });
    await landed(town, id);
    expectSound(town);
  });

  test('an emergency stop holds through a restart, and a thaw ends it', async () => {
    const town = await bench('estop', { policy: 'all' });
    const waits = await town.sling('Finished already', script('echo one > one.txt'));
    const request = await merge(town, waits);
    expect(await cli(town, 'estop', 'Something smells')).toMatchObject({ code: 0 });
    await operator(town, { type: 'merge.approve', payload: { id: request.id, head: request.head, gates: [] } });
    const id = await town.sling('Not begun', script('echo two > two.txt'));
    await town.stop();
    await town.start();
    await sleep(NOTHING_HAPPENS_MS);
    expect(town.running.handle.getView().town).toMatchObject({ estop: true, estopReason: 'Something smells' });
    expect(sessionsOf(town, id)).toEqual([]);
    expect(landedCommits(town)).toEqual([]);
    expect(eventsOf(town, 'gate.record')).toEqual([]);
    expect(existsSync(path.join(town.town, 'rigs', 'app', 'slots'))).toBe(false);

    expect(await cli(town, 'thaw')).toMatchObject({ code: 0 });
    await landed(town, waits);
    const second = await merge(town, id);
    await operator(town, { type: 'merge.approve', payload: { id: second.id, head: second.head, gates: [] } });
    await landed(town, id);
    expectSound(town);
  });
});
