import { describe, expect, test } from 'vitest';
import { mayor } from '../../roles/mayor.ts';
import { whyWaiting } from '../../roles/refinery/why.ts';
import { refinery } from '../../roles/refinery.ts';
import { DEFAULT_SETTINGS, type UnattendedPolicy } from '../../roles/settings.ts';
import { unattendedWords } from '../../roles/unattended.ts';
import { whyUndispatched } from '../../roles/undispatched.ts';
import { openReadiness } from '../../source/ledger/ready.ts';
import {
  ago,
  approval,
  at,
  bead,
  lines,
  MINUTE,
  merge,
  NOW,
  polecat,
  rig,
  SECOND,
  sha,
  wanted,
  world,
} from './world.ts';

const LEFT_AT = NOW - 10 * MINUTE;
const absence = { since: LEFT_AT, share: 1, day: '2026-11-23', dayNanos: 0, townNanos: 0 };
const policy = (fields: Partial<UnattendedPolicy>) => ({ unattended: { ...DEFAULT_SETTINGS.unattended, ...fields } });

describe('what is dispatched while nobody is at the screen', () => {
  const wish = (by: string, ms: number) => ({ dispatch: { at: at(ms), by } });
  const beads = [
    wanted('fresh', { town: wish('operator', LEFT_AT - SECOND) }),
    wanted('begun', { town: { ...wish('operator', LEFT_AT - SECOND), attempts: 1 } }),
    wanted('ordered', { town: wish('operator', LEFT_AT) }),
    wanted('refiled', { town: wish('refinery', LEFT_AT + SECOND) }),
  ];
  const dispatched = (dispatch: UnattendedPolicy['dispatch'], isAway = true) => {
    const observed = isAway ? { absence } : {};
    const hooked = lines(mayor(world({ records: { beads }, settings: policy({ dispatch }), observed })));
    return hooked.map(line => /bead=(\w+)/.exec(line)![1]!).sort();
  };

  test.each([
    ['all', ['begun', 'fresh', 'ordered', 'refiled']],
    ['begun', ['begun', 'ordered']],
    ['none', ['ordered']],
  ] as const)('%s: what a person slings meanwhile is begun, whatever the policy', (dispatch, expected) => {
    expect(dispatched(dispatch)).toEqual(expected);
    expect(dispatched(dispatch, false)).toEqual(['begun', 'fresh', 'ordered', 'refiled']);
  });

  test('what waits for it says so, and what is on a hook goes on', () => {
    const view = world({ records: { beads }, settings: policy({ dispatch: 'begun' }), observed: { absence } });
    const why = (id: string) => whyUndispatched(view, view.ledger.beads.get(id)!, openReadiness(view.ledger, view.now));
    expect(why('fresh')).toBe('nobody is at the screen: only what was begun goes on');
    expect(why('begun')).toBe('it is next');
  });
});

describe('what lands while nobody is at the screen', () => {
  const requests = [merge('m1'), merge('m2')];
  const view = (land: UnattendedPolicy['land'], parts: Parameters<typeof world>[0] = {}) =>
    world({
      ...parts,
      records: { merges: requests, approvals: [approval(requests[1]!)], ...parts.records },
      settings: policy({ land }),
      observed: { absence, ...parts.observed },
    });
  const admitted = (of: ReturnType<typeof view>) =>
    requests.filter(({ id }) => !whyWaiting(of, of.ledger.merges.get(id)!).includes('nobody is at the screen'));

  test.each([
    ['policy', ['m1', 'm2']],
    ['approved', ['m2']],
    ['none', []],
  ] as const)('%s', (land, expected) => {
    expect(admitted(view(land)).map(({ id }) => id)).toEqual(expected);
  });

  test('what is under test when the person leaves comes out of its batch, and says why', () => {
    const testing = [merge('m1', { state: 'testing', group: 'ladder' })];
    const actions = refinery(view('none', { records: { merges: testing, approvals: [] } }));
    expect(actions.map(({ because }) => because)).toContain('out of its batch: nobody is at the screen: nothing lands');
  });

  test('a landing that began is brought to its end', () => {
    const landing = { old: sha('a'), new: sha('b'), tree: sha('c'), at: ago(SECOND) };
    const merges = [merge('m1', { state: 'landing', landing })];
    expect(lines(refinery(view('none', { records: { merges, approvals: [] } })))).toEqual([
      expect.stringMatching(/^land /),
    ]);
  });
});

test('why nobody works on a bead is told for each reason', () => {
  const why = (parts: Parameters<typeof world>[0]) => {
    const of = world({ ...parts, records: { beads: [wanted('b1')], ...parts?.records } });
    return whyUndispatched(of, of.ledger.beads.get('b1')!, openReadiness(of.ledger, of.now));
  };
  const busy = Array.from({ length: 2 }, (_, n) => polecat(`app/p${n}`, { state: 'working', hook: `x${n}` }));
  const needs = [
    { issue_id: 'b1', depends_on_id: 'b0', type: 'blocks' as const, created_at: ago(MINUTE), created_by: 'operator' },
  ];
  expect(why({ observed: { host: { reachable: false } } })).toBe('the terminal host cannot be reached');
  expect(why({ records: { rigs: [rig({ removedAt: ago(SECOND) })] } })).toBe('its rig app was removed');
  expect(why({ records: { beads: [bead('b0'), wanted('b1', { dependencies: needs })] } })).toBe('it needs b0 first');
  expect(
    why({
      records: { beads: [wanted('b1', { town: { dispatch: { at: ago(1), by: 'operator', polecat: 'app/fern' } } })] },
    }),
  ).toBe('it waits for app/fern');
  const settings = { mayor: { ...DEFAULT_SETTINGS.mayor, maxPolecats: 2 } };
  expect(why({ records: { polecats: busy }, settings })).toBe('all 2 polecats are busy');
});

test('a policy in words', () => {
  expect(unattendedWords(DEFAULT_SETTINGS.unattended)).toBe('');
  expect(unattendedWords({ dispatch: 'begun', land: 'approved', budgetShare: 0.25 })).toBe(
    'only what was begun goes on; only what you approved lands; 25 % of what was left of the budgets of day and town may be spent',
  );
});
