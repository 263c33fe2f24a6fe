import { describe, expect, test } from 'vitest';
import { isCleared } from '../../../roles/refinery/approval.ts';
import { conflictWords } from '../../../roles/refinery/conflict-words.ts';
import { landedTwins } from '../../../roles/refinery/duplicates.ts';
import { whyWaiting } from '../../../roles/refinery/why.ts';
import type { Merge } from '../../../source/ledger/schema.ts';
import { ago, approval, lines, MINUTE, merge, rig, rigSeen, SECOND, sha, town, world } from '../world.ts';

const PATCH = sha('patch');
const twin = (id: string, fields: Partial<Merge> = {}) => merge(id, { patch: PATCH, ...fields });
const landed = { state: 'landed', landedSha: sha('landed') } as const;
const held = { held: { at: ago(SECOND), by: 'operator' } };

/** Which of the requests may be tested. */
const cleared = (merges: readonly Merge[], more: Parameters<typeof world>[0] = {}): string[] => {
  const view = world({ ...more, records: { merges, ...more.records } });
  return merges
    .filter(one => isCleared(view, view.ledger.merges.get(one.id)!, view.ledger.rigs.get('app')!))
    .map(one => one.id);
};

describe('of two requests with one patch', () => {
  const older = { createdAt: ago(2 * MINUTE) };
  const first: [string, readonly Merge[], string[]][] = [
    ['the older one goes first', [twin('m1'), twin('m2', older)], ['m2']],
    ['the first by id goes first where they are as old', [twin('m1'), twin('m2')], ['m1']],
    ['the one under test goes on', [twin('m1', { state: 'testing', group: 'g1' }), twin('m2', older)], ['m1']],
    ['the one that is landing keeps the other waiting', [twin('m1', { state: 'landing' }), twin('m2', older)], ['m1']],
    ['the one that is held does not keep the other', [twin('m1'), twin('m2', { ...older, ...held })], ['m1']],
    ['a landed one keeps the other from being tested', [twin('m1', landed), twin('m2')], ['m1']],
    ['one that came back does not', [twin('m1', { state: 'bounced' }), twin('m2')], ['m1', 'm2']],
    ['one that was taken back does not', [twin('m1', { ...landed, revertedBy: 'm9' }), twin('m2')], ['m1', 'm2']],
    ['one for another target does not', [twin('m1'), twin('m2', { target: 'next' })], ['m1', 'm2']],
    ['one that takes something back does not', [twin('m1', { reverts: 'm0' }), twin('m2')], ['m1', 'm2']],
    ['one with another patch does not', [twin('m1'), twin('m2', { patch: sha('other') })], ['m1', 'm2']],
    ['none waits for itself where patches are not known', [merge('m1'), merge('m2')], ['m1', 'm2']],
  ];
  test.each(first)('%s', (_, merges, expected) => {
    expect(cleared(merges)).toEqual(expected);
  });

  test('the approved one goes before the one that waits for approval', () => {
    const merges = [twin('m1', older), twin('m2')];
    const records = { rigs: [rig({ policy: 'all' })], approvals: [approval(merges[1]!, { policy: 'all' })] };
    expect(cleared(merges, { records })).toEqual(['m2']);
  });

  test('the other says whom it waits for', () => {
    const merges = [twin('m1', older), twin('m2')];
    const view = world({ records: { merges }, observed: { rigs: new Map([['app', rigSeen()]]) } });
    expect(whyWaiting(view, view.ledger.merges.get('m2')!)).toBe('the same change as m1, which goes first');
  });

  test('the other ends with the one that landed, whatever holds it', () => {
    const view = world({ records: { merges: [twin('m1', landed), twin('m2', held), merge('m3')] } });
    const actions = landedTwins(view);
    expect(lines(actions)).toEqual(['merge.duplicate id=m2 of=m1']);
    expect(actions[0]!.because).toBe('the same change as m1, which has landed as 6c616e646564');
  });

  test.each([
    ['in a town that is stopped', { town: [town({ estop: { at: ago(SECOND), by: 'operator', reason: 'x' } })] }],
    ['in a rig that was removed', { rigs: [rig({ removedAt: ago(SECOND) })] }],
  ])('none ends %s', (_, records) => {
    expect(landedTwins(world({ records: { merges: [twin('m1', landed), twin('m2')], ...records } }))).toEqual([]);
  });
});

const worded: [string, Parameters<typeof conflictWords>[0]][] = [
  ['files that Git did not name', { files: [] }],
  ['a.ts', { files: ['a.ts'], conflicts: [{ kind: 'content', files: ['a.ts'] }] }],
  [
    'a.ts (deleted on one side, changed on the other), b.png (binary), c.ts and 2 more files',
    {
      files: ['a.ts', 'b.png', 'c.ts', 'd.ts', 'e.ts'],
      conflicts: [
        { kind: 'modify/delete', files: ['a.ts'] },
        { kind: 'binary', files: ['b.png'] },
      ],
    },
  ],
];
test.each(worded)('a conflict is worded as: %s', (expected, link) => {
  expect(conflictWords(link)).toBe(expected);
});
