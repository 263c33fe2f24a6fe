import { describe, expect, test } from 'vitest';
import { refinery as decide } from '../../../roles/refinery.ts';
import { type Chain, type ChainLink, chainKey, type RigObservation } from '../../../roles/role.ts';
import type { Approval, Merge, Rig, Verdict } from '../../../source/ledger/schema.ts';
import {
  ago,
  approval,
  bead,
  bodyOf,
  escalation,
  lines,
  MINUTE,
  merge,
  NOW,
  rig,
  rigSeen,
  SECOND,
  sha,
  TIP,
  TIP_TREE,
  town,
  verdict,
  type WorldParts,
  wanted,
  world,
} from '../world.ts';

const TREE = sha('tree');
const CANDIDATE = sha('candidate');

/** What a chain is at one of its places: its end is the candidate with the tree, and before it `k1`, `k2` with `t1`, `t2`. */
const stacked = (id: string, place?: number): ChainLink => ({
  merge: id,
  outcome: 'stacked',
  commit: sha(`c-${id}`),
  tree: place === undefined ? TREE : sha(`t${place}`),
  candidate: place === undefined ? CANDIDATE : sha(`k${place}`),
});

const stackedOn = (merges: readonly Merge[], links?: readonly ChainLink[], tip = TIP): Chain => ({
  tip,
  key: chainKey(merges),
  links: links ?? merges.map(({ id }, at) => (at === merges.length - 1 ? stacked(id) : stacked(id, at + 1))),
});

interface Scene {
  readonly merges: readonly Merge[];
  readonly verdicts?: readonly Verdict[];
  readonly approvals?: readonly Approval[];
  readonly rig?: Partial<Rig>;
  readonly seen?: Partial<RigObservation> | null;
  readonly links?: readonly ChainLink[];
  /** Members of the chain last built; null for none. All merges unless told. */
  readonly chain?: readonly Merge[] | null;
  /** More chains on the tip: of one accused alone, of half a run. */
  readonly aside?: readonly Chain[];
  readonly more?: WorldParts;
}

/** What the Refinery does about one rig, as lines. */
const scene = ({ merges, verdicts, approvals, seen, links, chain, aside = [], more, ...rest }: Scene) =>
  decide(
    world({
      ...more,
      records: {
        rigs: [rig(rest.rig)],
        merges,
        verdicts: verdicts ?? [],
        approvals: approvals ?? [],
        ...more?.records,
      },
      observed: {
        rigs: new Map(seen === null ? [] : [['app', rigSeen(seen)]]),
        chains: new Map([['app', [...(chain === null ? [] : [stackedOn(chain ?? merges, links)]), ...aside]]]),
        ...more?.observed,
      },
    }),
  );
const does = (given: Scene): string[] => lines(scene(given));

const grouped = (id: string, fields: Partial<Merge> = {}) =>
  merge(id, { state: 'testing', group: 'ladder', ...fields });
/** Suspected with the others of its run since a minute. */
const suspect = (
  id: string,
  run: string,
  { reds = 0, passed = 0, ...fields }: Partial<Merge> & { reds?: number; passed?: number } = {},
) =>
  grouped(id, {
    suspicion: { run, since: ago(MINUTE), reds, passed, ...(reds > 0 && { redAt: ago(MINUTE) }) },
    ...fields,
  });
const one = [grouped('m1')];
const accused = [suspect('m1', 's1')];
const proven = [suspect('m1', 's1', { reds: 2 })];
const two = [grouped('m1'), grouped('m2')];
const land = (ids: string) => [`merge.landing ids=${ids} old=${TIP} new=${CANDIDATE} tree=${TREE}`];
const runCandidate = [`gates.run rig=app commit=${CANDIDATE} tree=${TREE}`];
const runTip = [`gates.run rig=app commit=${TIP} tree=${TIP_TREE}`];
const red = verdict(TREE, ['fail', 'fail']);

describe('the queue', () => {
  const ungrouped = [merge('m1')];
  const estop = town({ estop: { at: ago(SECOND), by: 'operator', reason: 'x' } });
  const paused = town({ mergePaused: { app: { at: ago(SECOND), by: 'operator' } } });
  const landing = merge('m1', { state: 'landing', landing: { old: TIP, new: CANDIDATE, tree: TREE, at: ago(SECOND) } });
  const settles = [`land rig=app merges=m1 old=${TIP} new=${CANDIDATE} tree=${TREE}`];

  const table: [string, Scene, string[]][] = [
    ['does nothing when it is empty', { merges: [] }, []],
    [
      'does nothing for what has ended',
      { merges: [merge('m1', { state: 'landed' }), merge('m2', { state: 'bounced' })] },
      [],
    ],
    ['reads the tip when it is unknown', { merges: ungrouped, seen: null }, ['rig.refresh rig=app']],
    [
      'reads the tip once when everything waits for a person, who decides also by what conflicts with it',
      { merges: ungrouped, seen: null, rig: { policy: 'all' } },
      ['rig.refresh rig=app'],
    ],
    [
      'and then does nothing until they have decided',
      { merges: ungrouped, seen: { at: Date.parse(ago(MINUTE)) }, rig: { policy: 'all' } },
      [],
    ],
    [
      'reads the tip again after ten seconds',
      { merges: ungrouped, seen: { at: Date.parse(ago(10 * SECOND)) - 1 } },
      ['rig.refresh rig=app'],
    ],
    [
      'reads the tip again when the look is from before the last change',
      { merges: [merge('m1', { since: ago(SECOND) })], seen: { at: Date.parse(ago(2 * SECOND)) } },
      ['rig.refresh rig=app'],
    ],
    [
      'waits while the target cannot be read',
      { merges: one, seen: { error: 'no route to host' }, verdicts: [verdict(TREE, ['pass'])] },
      [],
    ],
    ['does nothing under the emergency stop', { merges: [landing], more: { records: { town: [estop] } } }, []],
    ['does nothing while it is paused', { merges: ungrouped, more: { records: { town: [paused] } } }, []],
    ['settles a landing while it is paused', { merges: [landing], more: { records: { town: [paused] } } }, settles],
    ['does nothing else while a landing is unsettled', { merges: [landing, merge('m2')] }, settles],
    ['does nothing for a rig that was removed', { merges: ungrouped, rig: { removedAt: ago(SECOND) } }, []],
    ['takes what waits into the test', { merges: [merge('m1'), merge('m2')] }, ['merge.group ids=m1+m2 group=ladder']],
    [
      'takes in what comes behind those under test at once, and stops no run for it',
      { merges: [grouped('m1'), merge('m2')], chain: one, more: { running: [`gates:app:${TREE}`] } },
      ['merge.group ids=m2 group=ladder'],
    ],
    [
      'lets what would come before them wait for the runs under way',
      { merges: [grouped('m1'), merge('m2', { priority: 1 })], chain: one, more: { running: [`gates:app:${TREE}`] } },
      [],
    ],
    [
      'takes in at once what is urgent',
      { merges: [grouped('m1'), merge('m2', { priority: 0 })], chain: one, more: { running: [`gates:app:${TREE}`] } },
      ['merge.group ids=m2 group=ladder'],
    ],
    [
      'lets arrivals wait while suspects are stacked behind those under test',
      {
        merges: [suspect('m1', 's1'), suspect('m3', 's1'), merge('m2')],
        chain: [suspect('m1', 's1'), suspect('m3', 's1')],
        more: { running: [`gates:app:${sha('t1')}`] },
      },
      [],
    ],
    [
      'takes at most maxBatch',
      { merges: [merge('m1'), merge('m2'), merge('m3')], more: { settings: { refinery: { maxBatch: 2 } } } },
      ['merge.group ids=m1+m2 group=ladder'],
    ],
    [
      'leaves out what is held',
      { merges: [merge('m1', { held: { at: ago(SECOND), by: 'operator' } }), merge('m2')] },
      ['merge.group ids=m2 group=ladder'],
    ],
    [
      'takes what is held out of the test',
      { merges: [grouped('m1', { held: { at: ago(SECOND), by: 'operator' } })] },
      ['merge.group ids=m1'],
    ],
    ['stacks them on the tip', { merges: two, chain: null }, [`chain.build rig=app tip=${TIP} stacks=(m1 m2)`]],
    [
      'stacks anew when a member changed',
      { merges: [grouped('m1', { head: sha('new') })], chain: one },
      [`chain.build rig=app tip=${TIP} stacks=(m1)`],
    ],
    [
      'stacks anew when the tip moved',
      { merges: one, seen: { tip: sha('tip2') } },
      [`chain.build rig=app tip=${sha('tip2')} stacks=(m1)`],
    ],
    [
      'goes on with what an older town had under test',
      { merges: [grouped('m1', { group: 'g1.1' }), grouped('m2', { group: 'g10' })], chain: null },
      [`chain.build rig=app tip=${TIP} stacks=(m1 m2)`],
    ],
    [
      'stops the runs of what has left',
      { merges: [merge('m1', { state: 'landed' })], more: { running: [`gates:app:${TREE}`] } },
      [`gates.stop rig=app tree=${TREE}`],
    ],
  ];
  test.each(table)('%s', (_, given, expected) => {
    expect(does(given)).toEqual(expected);
  });

  const order: [string, readonly Merge[], string][] = [
    ['by priority', [merge('m1', { priority: 2 }), merge('m2', { priority: 0 })], 'm2+m1'],
    [
      'by age among equals',
      [merge('m1', { createdAt: ago(MINUTE) }), merge('m2', { createdAt: ago(2 * MINUTE) })],
      'm2+m1',
    ],
    [
      'by age over priority once it is 15 minutes a level',
      [merge('m1', { priority: 1 }), merge('m2', { priority: 2, createdAt: ago(17 * MINUTE) })],
      'm2+m1',
    ],
    [
      'by priority below that',
      [merge('m1', { priority: 1 }), merge('m2', { priority: 2, createdAt: ago(15 * MINUTE) })],
      'm1+m2',
    ],
    ['by hand before all else', [merge('m1', { priority: 0 }), merge('m2', { priority: 4, order: -1 })], 'm2+m1'],
    ['by hand to the end', [merge('m1', { priority: 0, order: 1 }), merge('m2', { priority: 4 })], 'm2+m1'],
    ['by id in the end', [merge('m2'), merge('m1')], 'm1+m2'],
  ];
  test.each(order)('is ordered %s', (_, merges, expected) => {
    expect(does({ merges })).toEqual([`merge.group ids=${expected} group=ladder`]);
  });
});

describe('a stacked batch', () => {
  const table: [string, Scene, string[]][] = [
    ['is tested when nothing is known of its tree', { merges: two }, runCandidate],
    ['lands when every gate passed', { merges: two, verdicts: [verdict(TREE, ['pass'])] }, land('m1+m2')],
    [
      "does not land on another tree's green",
      { merges: two, verdicts: [verdict(sha('other'), ['pass'])] },
      runCandidate,
    ],
    [
      'does not land on one green gate of two',
      {
        merges: two,
        rig: { gates: [...rig().gates, { name: 'lint', command: 'lint', timeoutMs: 1_000 }] },
        verdicts: [verdict(TREE, ['pass'])],
      },
      runCandidate,
    ],
    [
      'does not land while the target is blocked',
      { merges: two, verdicts: [verdict(TREE, ['pass'])], seen: { blocked: 'main is checked out with changes' } },
      [],
    ],
    [
      'is tested again when it was red and green',
      { merges: two, verdicts: [verdict(TREE, ['fail', 'pass'])] },
      runCandidate,
    ],
    [
      'lands once it was green twice in a row after a red',
      { merges: two, verdicts: [verdict(TREE, ['fail', 'pass', 'pass'])] },
      land('m1+m2'),
    ],
    [
      'is suspected as a whole when it is red',
      { merges: [...two, grouped('m3')], verdicts: [verdict(TREE, ['fail'])] },
      ['merge.sift changes=m1:s1+m2:s1+m3:s1'],
    ],
  ];
  test.each(table)('%s', (_, given, expected) => {
    expect(does(given)).toEqual(expected);
  });

  const conflict = (id: string, against: 'target' | 'ahead'): ChainLink => ({
    merge: id,
    outcome: 'conflict',
    against,
    files: ['a.ts', 'b.ts', 'c.ts', 'd.ts'],
  });
  test('sends back what conflicts with the target, with the files, and goes on without it', () => {
    const actions = scene({ merges: two, links: [conflict('m1', 'target'), stacked('m2')] });
    expect(lines(actions)).toEqual(['merge.bounce id=m1']);
    expect(bodyOf(actions, 'merge.bounce')).toMatchObject({
      cause: {
        kind: 'conflict',
        files: ['a.ts', 'b.ts', 'c.ts', 'd.ts'],
        summary: expect.stringContaining('a.ts, b.ts, c.ts and 1 more file'),
      },
    });
  });
  test('leaves out what conflicts with a request ahead, and tests the others', () => {
    const links = [stacked('m1'), conflict('m2', 'ahead')];
    expect(does({ merges: two, links })).toEqual(runCandidate);
    expect(does({ merges: two, links, verdicts: [verdict(TREE, ['pass'])] })).toEqual(land('m1'));
  });
  test('leaves out what adds nothing to those ahead of it', () => {
    const links: ChainLink[] = [stacked('m1'), { merge: 'm2', outcome: 'duplicate', of: 'm1' }];
    expect(does({ merges: two, links })).toEqual(runCandidate);
    expect(does({ merges: two, links, verdicts: [verdict(TREE, ['pass'])] })).toEqual(land('m1'));
  });
  test('suspects nobody of a run that conflicts with others of it', () => {
    const merges = [suspect('m1', 's1'), suspect('m2', 's1')];
    expect(does({ merges, links: [stacked('m1'), conflict('m2', 'ahead')] })).toEqual(['merge.sift changes=m2:free']);
  });
  test('records what the target holds already as landed, and moves nothing', () => {
    expect(does({ merges: two, links: [{ merge: 'm1', outcome: 'contained' }, stacked('m2')] })).toEqual([
      `merge.landing ids=m1 old=${TIP} new=${TIP} tree=${TIP_TREE}`,
    ]);
  });
  test('holds a request whose work cannot be read', () => {
    const actions = scene({ merges: one, links: [{ merge: 'm1', outcome: 'missing', reason: 'its ref is gone' }] });
    expect(bodyOf(actions, 'merge.hold')).toMatchObject({
      id: 'm1',
      reason: 'its work cannot be read: its ref is gone',
    });
  });
});

describe('a request that is red alone', () => {
  const table: [string, Scene, string[]][] = [
    ['is accused', { merges: one, verdicts: [verdict(TREE, ['fail'])] }, ['merge.sift changes=m1:s1']],
    [
      'is counted as red and tested again before it is blamed',
      { merges: accused, verdicts: [verdict(TREE, ['fail'])] },
      ['merge.sift changes=m1:s1:1 red', ...runCandidate],
    ],
    [
      'is tested again also where the red was on another target',
      { merges: [suspect('m1', 's1', { reds: 1 })] },
      runCandidate,
    ],
    ['is compared with the target when it is red twice', { merges: proven, verdicts: [red] }, runTip],
    [
      'goes back when the target passes',
      { merges: proven, verdicts: [red, verdict(TIP_TREE, ['pass'])] },
      ['merge.bounce id=m1'],
    ],
    [
      'waits for a second look when the target is red once',
      { merges: proven, verdicts: [red, verdict(TIP_TREE, ['fail'])] },
      runTip,
    ],
    ['waits for a settled target', { merges: proven, verdicts: [red, verdict(TIP_TREE, ['fail', 'pass'])] }, runTip],
    [
      'is run anew when a person sends it through once more',
      {
        merges: [suspect('m1', 's1', { since: ago(SECOND) })],
        verdicts: [red, verdict(TIP_TREE, ['pass'])],
        seen: { at: NOW },
      },
      runCandidate,
    ],
    [
      'has the target looked at again when that was red before its round',
      {
        merges: [suspect('m1', 's1', { reds: 2, since: ago(2 * SECOND) })],
        verdicts: [verdict(TREE, ['fail', 'fail'], { lastAgoMs: SECOND }), verdict(TIP_TREE, ['fail', 'fail'])],
        seen: { at: NOW },
      },
      ['merge.sift changes=m1:s1:4 red', ...runTip],
    ],
    [
      'is not blamed when the target is red too: it is held, and one escalation opened',
      { merges: proven, verdicts: [red, verdict(TIP_TREE, ['fail', 'fail'])] },
      ['escalation.open subject=app', 'merge.hold id=m1'],
    ],
    ['is tested again after a flake', { merges: accused, verdicts: [verdict(TREE, ['fail', 'pass'])] }, runCandidate],
    ['lands when it is green', { merges: proven, verdicts: [verdict(TREE, ['fail', 'pass', 'pass'])] }, land('m1')],
    [
      'goes back when the gate never settles',
      {
        merges: proven,
        verdicts: [verdict(TREE, ['fail', 'pass', 'fail', 'pass', 'fail']), verdict(TIP_TREE, ['pass'])],
      },
      ['merge.bounce id=m1'],
    ],
  ];
  test.each(table)('%s', (_, given, expected) => {
    const chain = stackedOn([given.merges[0]!]);
    expect(does({ ...given, chain: null, aside: [chain] })).toEqual(expected);
  });

  test('goes back with gate, tree and output', () => {
    const actions = scene({ merges: proven, verdicts: [red, verdict(TIP_TREE, ['pass'])] });
    expect(bodyOf(actions, 'merge.bounce')?.cause).toMatchObject({
      kind: 'red',
      gate: 'test',
      tree: TREE,
      output: 'not ok 1 - adds',
    });
  });

  test('is compared on the very gate that it failed', () => {
    const gates = [...rig().gates, { name: 'lint', command: 'lint', timeoutMs: 1_000 }];
    const verdicts = [
      verdict(TREE, ['pass']),
      verdict(TREE, ['fail', 'fail'], { gate: 'lint' }),
      verdict(TIP_TREE, ['pass']),
    ];
    expect(does({ merges: proven, rig: { gates }, verdicts })).toEqual(runTip);
    expect(
      does({ merges: proven, rig: { gates }, verdicts: [...verdicts, verdict(TIP_TREE, ['pass'], { gate: 'lint' })] }),
    ).toEqual(['merge.bounce id=m1']);
  });

  const heldForTarget = merge('m1', {
    held: { at: ago(MINUTE), by: 'refinery', reason: `gate test fails on the target itself at ${TIP.slice(0, 12)}` },
  });
  test('and was held for a red target is let go once the target moved', () => {
    expect(does({ merges: [heldForTarget] })).toEqual([]);
    expect(does({ merges: [heldForTarget], seen: { tip: sha('repaired') } })).toEqual(['merge.release id=m1']);
  });
  test('and was held by a person stays held', () => {
    const held = merge('m1', { held: { at: ago(MINUTE), by: 'operator', reason: 'wait for the release' } });
    expect(does({ merges: [held], seen: { tip: sha('repaired') } })).toEqual([]);
  });
  test('does not keep the others from landing while it waits for the target', () => {
    expect(does({ merges: [heldForTarget, merge('m2')] })).toEqual(['merge.group ids=m2 group=ladder']);
  });
  test('tells a person about a red target once', () => {
    const told = { records: { escalations: [escalation('e1', { key: `target-red:app:${TIP}` })] } };
    expect(does({ merges: proven, verdicts: [red, verdict(TIP_TREE, ['fail', 'fail'])], more: told })).toEqual([
      'merge.hold id=m1',
    ]);
  });
});

describe('a gate that could not run', () => {
  const runs = (count: number, lastAgoMs: number) =>
    verdict(
      TREE,
      Array.from({ length: count }, () => 'could_not_run' as const),
      { lastAgoMs },
    );
  const table: [string, Scene, string[]][] = [
    ['is tried again after two seconds', { merges: one, verdicts: [runs(1, 2 * SECOND)] }, runCandidate],
    ['is not tried again before', { merges: one, verdicts: [runs(1, SECOND)] }, []],
    ['is tried a third time after four more', { merges: one, verdicts: [runs(2, 4 * SECOND)] }, runCandidate],
    ['is not tried a third time before', { merges: one, verdicts: [runs(2, 3 * SECOND)] }, []],
    [
      'holds the request for a person after three times',
      { merges: one, verdicts: [runs(3, SECOND)] },
      ['escalation.open subject=m1', 'merge.hold id=m1'],
    ],
    [
      'starts anew after a person let the request go',
      { merges: [grouped('m1', { since: ago(0) })], verdicts: [runs(3, SECOND)] },
      runCandidate,
    ],
    ['never lands', { merges: one, verdicts: [verdict(TREE, ['pass', 'could_not_run'], { lastAgoMs: SECOND })] }, []],
    ['is tried on the target when several are concerned', { merges: two, verdicts: [runs(3, SECOND)] }, runTip],
    [
      'holds them when it cannot run on the target either',
      {
        merges: two,
        verdicts: [runs(3, SECOND), verdict(TIP_TREE, ['could_not_run', 'could_not_run', 'could_not_run'])],
      },
      ['escalation.open subject=m1', 'merge.hold id=m1', 'merge.hold id=m2'],
    ],
    [
      'suspects them when it runs on the target',
      { merges: two, verdicts: [runs(3, SECOND), verdict(TIP_TREE, ['pass'])] },
      ['merge.sift changes=m1:s1+m2:s1'],
    ],
    [
      'blames nobody when it could not run on the target',
      { merges: proven, verdicts: [red, verdict(TIP_TREE, ['could_not_run', 'could_not_run', 'could_not_run'])] },
      ['escalation.open subject=m1', 'merge.hold id=m1'],
    ],
  ];
  test.each(table)('%s', (_, given, expected) => {
    expect(
      does({
        ...given,
        merges: given.merges.map(entry => ({
          ...entry,
          since: entry.since === ago(0) ? entry.since : ago(10 * MINUTE),
        })),
      }),
    ).toEqual(expected);
  });
});

describe('with four slots', () => {
  const slots = { settings: { refinery: { slots: 4 } } };
  const twelve = Array.from({ length: 12 }, (_, at) => grouped(`m${String(at + 1).padStart(2, '0')}`));
  const run = (place: number) => `gates.run rig=app commit=${sha(`k${place}`)} tree=${sha(`t${place}`)}`;
  const running = (...places: number[]) => ({
    ...slots,
    running: places.map(place => `gates:app:${sha(`t${place}`)}`),
  });
  const names = (from: number, to: number) => twelve.slice(from - 1, to).map(({ id }) => id);

  test('prefixes of the chain are tested side by side, cut where each answer is worth the same', () => {
    expect(does({ merges: twelve, more: slots })).toEqual([run(4), run(10), ...runCandidate]);
    const thirty = Array.from({ length: 30 }, (_, at) => grouped(`m${String(at + 1).padStart(2, '0')}`));
    expect(does({ merges: thirty, more: slots })).toEqual([run(4), run(10), run(18), ...runCandidate]);
  });
  test('no more start than there are slots in the town', () => {
    expect(
      does({ merges: twelve, more: { ...slots, running: ['gates:web:x', 'gates:web:y', 'gates:web:z'] } }),
    ).toEqual([run(4)]);
    const full = { ...slots, running: ['1', '2', '3', '4'].map(tree => `gates:web:${tree}`) };
    expect(does({ merges: twelve, more: full })).toEqual([run(4)]);
  });
  test('what joins behind the longest run is cut anew, and nothing else is started', () => {
    expect(does({ merges: twelve, more: running(4, 8) })).toEqual(runCandidate);
  });
  test('the longest green prefix lands at once, also where a shorter one was red', () => {
    const verdicts = [verdict(sha('t2'), ['fail']), verdict(sha('t4'), ['pass'])];
    expect(does({ merges: twelve, verdicts, more: running(10) })).toEqual([
      `merge.landing ids=${names(1, 4).join('+')} old=${TIP} new=${sha('k4')} tree=${sha('t4')}`,
    ]);
  });
  test('what is between the last green and the first red is suspect, what is behind is not', () => {
    const verdicts = [verdict(sha('t2'), ['pass']), verdict(sha('t4'), ['fail']), verdict(TREE, ['fail'])];
    expect(does({ merges: twelve, verdicts, more: slots })).toEqual([
      'merge.sift changes=m03:s1+m04:s1',
      `merge.landing ids=m01+m02 old=${TIP} new=${sha('k2')} tree=${sha('t2')}`,
    ]);
  });
  test('a red waits for the shorter prefixes under test', () => {
    expect(does({ merges: twelve, verdicts: [verdict(TREE, ['fail'])], more: running(4) })).toEqual([]);
  });
  test('a red ends the longer runs, but not where gates are flaky', () => {
    const verdicts = [verdict(sha('t4'), ['fail'])];
    const sift = `merge.sift changes=${names(1, 4)
      .map(id => `${id}:s1`)
      .join('+')}`;
    expect(does({ merges: twelve, verdicts, more: running(10) })).toEqual([sift]);
    const flaky = [...verdicts, verdict(sha('old'), ['fail', 'pass', 'pass'])];
    expect(does({ merges: twelve, verdicts: flaky, more: running(10) })).toEqual([]);
  });
  test('runs whose answer nobody needs any more are stopped', () => {
    const moved = { ...slots, running: [`gates:app:${sha('gone')}`, `gates:app:${sha('t4')}`, `gates:app:${TREE}`] };
    expect(does({ merges: twelve, more: moved })).toEqual([`gates.stop rig=app tree=${sha('gone')}`]);
  });

  const suspects = [suspect('s01', 's1'), suspect('s02', 's1'), suspect('s03', 's1')];
  test('suspects are stacked behind the others, so that nobody waits for the culprit', () => {
    expect(does({ merges: [...suspects, ...twelve], chain: null, more: slots })).toEqual([
      `chain.build rig=app tip=${TIP} stacks=(${[...names(1, 12), 's01', 's02', 's03'].join(' ')})`,
    ]);
  });
  test('a second run of suspects is halved beside the chain', () => {
    const others = [suspect('s11', 's2'), suspect('s12', 's2'), suspect('s13', 's2'), suspect('s14', 's2')];
    const merges = [...suspects, ...others];
    expect(does({ merges, chain: suspects, more: slots })).toEqual([
      `chain.build rig=app tip=${TIP} stacks=(s11 s12)`,
      run(1),
      run(2),
    ]);
    const half: Chain = {
      ...stackedOn(others.slice(0, 2)),
      links: [stacked('s11', 31), stacked('s12', 32)],
    };
    expect(does({ merges, chain: suspects, aside: [half], more: slots })).toEqual([run(1), run(2), run(32)]);
    const red = {
      merges,
      chain: suspects,
      aside: [half],
      verdicts: [verdict(sha('t32'), ['fail'])],
      more: running(1, 2),
    };
    expect(does(red)).toEqual(['merge.sift changes=s13:free+s14:free+s11:s3+s12:s3']);
  });
  test('one that was overtaken by later arrivals twice has a slot before them', () => {
    const single = { settings: { refinery: { slots: 1 } } };
    const late = [grouped('m1', { createdAt: ago(SECOND) })];
    const alone: Chain = { ...stackedOn([suspect('s01', 's1')]), links: [stacked('s01', 41)] };
    const landing = `merge.landing ids=m1 old=${TIP} new=${CANDIDATE} tree=${TREE}`;
    const green = [verdict(TREE, ['pass'])];
    const passed = (times: number) => ({
      merges: [suspect('s01', 's1', { passed: times }), ...late],
      chain: late,
      more: single,
    });
    expect(does({ ...passed(0), aside: [alone], verdicts: green })).toEqual([
      'merge.sift changes=s01:s1:1 passed',
      landing,
    ]);
    expect(does({ ...passed(1), aside: [alone] })).toEqual(runCandidate);
    expect(does({ ...passed(2), aside: [alone] })).toEqual([run(41)]);
  });
});

describe('an approval', () => {
  const bare = { gates: [] };
  const work = grouped('m1');
  const waits: [string, Partial<Rig>, readonly Approval[]][] = [
    ['is needed without gates', bare, []],
    ['is needed under the policy `all`', { policy: 'all' }, []],
    ['of an earlier head counts no more', bare, [approval(work, { head: sha('old') })]],
    ['of another base counts no more', bare, [approval(work, { base: sha('old') })]],
    ['under another policy counts no more', bare, [approval(work, { policy: 'auto' })]],
    ['that was voided counts no more', bare, [approval(work, { voidedAt: ago(SECOND) })]],
    ['of another request does not count', bare, [approval(merge('m2', { head: work.head }))]],
  ];
  test.each(waits)('%s: the request leaves its batch and waits', (_, fields, approvals) => {
    expect(does({ merges: [work], rig: fields, approvals })).toEqual(['merge.group ids=m1']);
    expect(does({ merges: [merge('m1')], rig: fields, approvals })).toEqual([]);
  });

  const counts: [string, Partial<Rig>, readonly Approval[], readonly Verdict[]][] = [
    ['lets work land where there are no gates', bare, [approval(work)], []],
    [
      'and green gates let it land under the policy `all`',
      { policy: 'all' },
      [approval(work, { policy: 'all' })],
      [verdict(TREE, ['pass'])],
    ],
    ['is not needed under `guarded` with green gates', {}, [], [verdict(TREE, ['pass'])]],
    ['is not needed under `auto` with green gates', { policy: 'auto' }, [], [verdict(TREE, ['pass'])]],
  ];
  test.each(counts)('%s', (_, fields, approvals, verdicts) => {
    expect(does({ merges: [work], rig: fields, approvals, verdicts })).toEqual(land('m1'));
  });

  test('does not replace gates', () => {
    expect(does({ merges: [work], rig: { policy: 'all' }, approvals: [approval(work, { policy: 'all' })] })).toEqual(
      runCandidate,
    );
  });
});

describe('a bead that keeps coming back', () => {
  const cause = { kind: 'red' as const, summary: 'gate test failed', at: ago(SECOND) };
  test('is parked after three times, with the evidence', () => {
    const actions = decide(world({ records: { beads: [wanted('b1', { town: { reworks: 3, cause } })] } }));
    expect(bodyOf(actions, 'bead.park')).toEqual({
      id: 'b1',
      reason: '3 merge requests of it came back; last: gate test failed',
      cause,
      severity: 'high',
    });
  });
  test.each([
    ['twice', wanted('b1', { town: { reworks: 2 } })],
    ['and nobody wants it now', bead('b1', { town: { reworks: 3 } })],
    ['and it is on a hook', wanted('b1', { status: 'hooked', town: { reworks: 3 } })],
  ])('is left alone when it came back %s', (_, given) => {
    expect(decide(world({ records: { beads: [given] } }))).toEqual([]);
  });
});

test('rigs are worked through independently', () => {
  const web = rig({ id: 'web', prefix: 'web' });
  const view = world({
    records: { rigs: [rig(), web], merges: [merge('m1'), merge('m2', { rig: 'web' })] },
    observed: {
      rigs: new Map([
        ['app', rigSeen()],
        ['web', rigSeen({ at: 0 })],
      ]),
    },
  });
  expect(lines(decide(view))).toEqual(['merge.group ids=m1 group=ladder', 'rig.refresh rig=web']);
});
