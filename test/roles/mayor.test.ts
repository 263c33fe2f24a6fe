import { describe, expect, test } from 'vitest';
import { mayor as decide, dependencyDepths } from '../../roles/mayor.ts';
import type { Bead } from '../../source/ledger/schema.ts';
import {
  ago,
  bead,
  lines,
  MINUTE,
  merge,
  polecat,
  rig,
  SECOND,
  session,
  town,
  type WorldParts,
  wanted,
  world,
} from './world.ts';

const needs = (id: string, on: string) => ({ dependencies: [{ issue_id: id, depends_on_id: on, type: 'blocks' }] });
const slungAt = (agoMs: number, more = {}) => ({ town: { dispatch: { at: ago(agoMs), by: 'operator', ...more } } });

/** Ids of the beads dispatched, in order. */
const dispatched = (parts: WorldParts): string[] => decide(world(parts)).map(action => action.subject);

describe('beads of a convoy that a person put in order', () => {
  const convoy = (id: string, beads: string[], fields = {}) => ({
    id,
    rev: 1,
    title: id,
    status: 'approved' as const,
    rig: 'app',
    beads,
    createdAt: ago(MINUTE),
    createdBy: 'operator',
    ...fields,
  });
  const ordered = { ordered: { at: ago(SECOND), by: 'operator' } };
  const beads = [
    wanted('b1', { priority: 0, town: { convoy: 'one' } }),
    wanted('b2', { priority: 1, town: { convoy: 'two' } }),
    wanted('b3', { priority: 2, town: { convoy: 'one' } }),
    wanted('b4', { priority: 3, town: { convoy: 'one' } }),
  ];
  const inOrder = (fields: object, order: string[]) =>
    dispatched({ records: { beads, convoys: [convoy('one', order, fields), convoy('two', ['b2'])] } });

  test('take the places of each other, whatever their priorities, and push no other plan aside', () => {
    expect(inOrder(ordered, ['b4', 'b3', 'b1'])).toEqual(['b4', 'b2', 'b3', 'b1']);
  });

  test('go by priority as long as nobody did', () => {
    expect(inOrder({}, ['b4', 'b3', 'b1'])).toEqual(['b1', 'b2', 'b3', 'b4']);
  });
});

describe('dispatch', () => {
  test('puts a ready bead on the hook of a new polecat and says why', () => {
    const actions = decide(
      world({ records: { beads: [wanted('b1', { priority: 1 }), wanted('b2', needs('b2', 'b1'))] } }),
    );
    expect(lines(actions)).toEqual(['hook.set bead=b1 polecat=app/acorn']);
    expect(actions[0]!.because).toBe('ready since 1m, priority 1, 1 bead waits behind it; 0 of 25 polecats busy');
  });

  const quiet: [string, WorldParts][] = [
    [
      'under the emergency stop',
      { records: { town: [town({ estop: { at: ago(SECOND), by: 'operator', reason: 'x' } })] } },
    ],
    [
      'while dispatch is paused',
      { records: { town: [town({ dispatchPaused: { at: ago(SECOND), reason: 'disk: full' } })] } },
    ],
    ['while the host is unreachable', { observed: { host: { reachable: false } } }],
    ['for a bead of a rig that was removed', { records: { rigs: [rig({ removedAt: ago(SECOND) })] } }],
    ['for a bead that nobody slung', { records: { beads: [bead('b1')] } }],
    ['for a bead that waits for another', { records: { beads: [wanted('b1', needs('b1', 'b2')), bead('b2')] } }],
    ['for a bead that is deferred', { records: { beads: [wanted('b1', { defer_until: ago(-MINUTE) })] } }],
    ['for a bead that is blocked', { records: { beads: [wanted('b1', { status: 'blocked' })] } }],
    ['for a bead that somebody claimed', { records: { beads: [wanted('b1', { assignee: 'me' })] } }],
    ['for a bead that came back too often', { records: { beads: [wanted('b1', { town: { reworks: 3 } })] } }],
    ['for a bead that cost too many sessions', { records: { beads: [wanted('b1', { town: { respawns: 3 } })] } }],
    [
      'for a bead whose script failed twice',
      {
        records: {
          beads: [wanted('b1', { town: { respawns: 2 } })],
          sessions: [1, 2].map(attempt => session(`s${attempt}`, { status: 'ended', outcome: 'failed', attempt })),
        },
      },
    ],
    [
      'with every polecat busy',
      {
        settings: { mayor: { maxPolecats: 1 } },
        records: { beads: [wanted('b1')], polecats: [polecat('app/fern', { state: 'working', hook: 'b9' })] },
      },
    ],
  ];
  test.each(quiet)('does nothing %s', (_, parts) => {
    expect(decide(world({ ...parts, records: { beads: [wanted('b1')], ...parts.records } }))).toEqual([]);
  });

  const order: [string, readonly Bead[], string[]][] = [
    [
      'priority first, and 0 is a priority',
      [wanted('b1', { priority: 1 }), wanted('b2', { priority: 0 })],
      ['b2', 'b1'],
    ],
    ['then who waits longest', [wanted('b1', slungAt(MINUTE)), wanted('b2', slungAt(2 * MINUTE))], ['b2', 'b1']],
    ['then who holds up most', [wanted('b1'), wanted('b2'), bead('b3', needs('b3', 'b2'))], ['b2', 'b1']],
    ['then the id', [wanted('b2'), wanted('b1')], ['b1', 'b2']],
    [
      'one that touches the same files behind the others',
      [
        wanted('b1', { priority: 0, town: { touches: ['src/a.ts'] } }),
        wanted('b2', { priority: 1, town: { touches: ['src'] } }),
        wanted('b3', { priority: 4 }),
      ],
      ['b1', 'b3', 'b2'],
    ],
  ];
  test.each(order)('orders beads by %s', (_, beads, expected) => {
    expect(dispatched({ records: { beads } })).toEqual(expected);
  });

  test('puts work on the files of a running bead or an open merge request behind other work, and does not forbid it', () => {
    const busy = bead('b8', { status: 'hooked', town: { touches: ['src/x.ts'] } });
    const merging = bead('b9', { status: 'in_progress', town: { touches: ['docs/**'] } });
    const beads = [
      busy,
      merging,
      wanted('b1', { priority: 0, town: { touches: ['src/x.ts'] } }),
      wanted('b2', { priority: 0, town: { touches: ['docs/a.md'] } }),
      wanted('b3', { priority: 4 }),
    ];
    const polecats = [polecat('app/fern', { state: 'working', hook: 'b8' })];
    const merges = [merge('m1', { bead: 'b9' })];
    expect(dispatched({ records: { beads, polecats, merges } })).toEqual(['b3', 'b1', 'b2']);
  });

  test('fills the fleet and no more; idle and quarantined polecats take no place', () => {
    const beads = ['b1', 'b2', 'b3', 'b4'].map(id => wanted(id));
    const polecats = [
      polecat('app/fern', { state: 'working', hook: 'b9' }),
      polecat('app/ivy'),
      polecat('app/oak', { state: 'quarantined' }),
    ];
    expect(dispatched({ settings: { mayor: { maxPolecats: 3 } }, records: { beads, polecats } })).toEqual(['b1', 'b2']);
  });
});

describe('the polecat for a bead', () => {
  const chosen = (dispatch: { polecat?: string; prefer?: string }, polecats: readonly ReturnType<typeof polecat>[]) =>
    lines(
      decide(
        world({
          records: {
            beads: [wanted('b1', { town: { dispatch: { at: ago(MINUTE), by: 'operator', ...dispatch } } })],
            polecats,
          },
        }),
      ),
    );

  test('is the one wished for', () => {
    expect(chosen({ polecat: 'app/oak' }, [polecat('app/elm'), polecat('app/oak')])).toEqual([
      'hook.set bead=b1 polecat=app/oak',
    ]);
  });
  test('is waited for when it was wished for and is busy', () => {
    expect(
      chosen({ polecat: 'app/oak' }, [polecat('app/elm'), polecat('app/oak', { state: 'working', hook: 'b9' })]),
    ).toEqual([]);
  });
  test('is made when a new name was wished for', () => {
    expect(chosen({ polecat: 'app/zoe' }, [polecat('app/elm')])).toEqual(['hook.set bead=b1 polecat=app/zoe']);
  });
  test('is waited for when it was wished for and rests', () => {
    expect(chosen({ polecat: 'app/oak' }, [polecat('app/elm'), polecat('app/oak', { state: 'quarantined' })])).toEqual(
      [],
    );
  });
  test('is not one whose last session is still being ended', () => {
    const records = {
      beads: [wanted('b1')],
      polecats: [polecat('app/elm', { session: 's1' }), polecat('app/oak', { session: 's2' })],
      sessions: [
        session('s1', { polecat: 'app/elm', bead: 'b9' }),
        session('s2', { polecat: 'app/oak', status: 'ended' }),
      ],
    };
    expect(lines(decide(world({ records })))).toEqual(['hook.set bead=b1 polecat=app/oak']);
  });
  test('is the preferred one while it is idle, else an idle one of the rig', () => {
    expect(chosen({ prefer: 'app/oak' }, [polecat('app/elm'), polecat('app/oak')])).toEqual([
      'hook.set bead=b1 polecat=app/oak',
    ]);
    expect(
      chosen({ prefer: 'app/oak' }, [polecat('app/elm'), polecat('app/oak', { state: 'working', hook: 'b9' })]),
    ).toEqual(['hook.set bead=b1 polecat=app/elm']);
    expect(chosen({}, [polecat('web/elm'), polecat('app/oak')])).toEqual(['hook.set bead=b1 polecat=app/oak']);
  });
  test('is each time another one', () => {
    const beads = [wanted('b1'), wanted('b2'), wanted('b3')];
    expect(lines(decide(world({ records: { beads, polecats: [polecat('app/elm')] } })))).toEqual([
      'hook.set bead=b1 polecat=app/elm',
      'hook.set bead=b2 polecat=app/acorn',
      'hook.set bead=b3 polecat=app/amber',
    ]);
  });
  test('has a name that no polecat of the town has', () => {
    const taken = [polecat('web/acorn'), polecat('app/amber', { state: 'working', hook: 'b9' })];
    expect(chosen({}, taken)).toEqual(['hook.set bead=b1 polecat=app/basil']);
  });
});

describe('a convoy', () => {
  const convoy = (status: 'proposed' | 'approved' | 'landed', beads: string[]) => ({
    id: 'c1',
    rev: 1,
    title: 'Goal',
    status,
    rig: 'app',
    beads,
    createdAt: ago(MINUTE),
    createdBy: 'operator',
  });
  const closed = bead('b1', { status: 'closed' });

  test('lands once all its beads are closed', () => {
    expect(
      lines(decide(world({ records: { beads: [closed], convoys: [convoy('approved', ['b1', 'gone'])] } }))),
    ).toEqual(['convoy.land id=c1']);
  });
  test.each([
    ['a bead is open', convoy('approved', ['b1', 'b2'])],
    ['it is only proposed', convoy('proposed', ['b1'])],
    ['it landed already', convoy('landed', ['b1'])],
  ])('does not land while %s', (_, one) => {
    expect(decide(world({ records: { beads: [closed, bead('b2')], convoys: [one] } }))).toEqual([]);
  });
});

test('depths count every bead behind, once, also through a diamond', () => {
  const beads = [
    bead('a'),
    bead('b', needs('b', 'a')),
    bead('c', needs('c', 'a')),
    bead('d', { dependencies: [...needs('d', 'b').dependencies, ...needs('d', 'c').dependencies] }),
  ];
  const { ledger } = world({ records: { beads } });
  expect(Object.fromEntries(dependencyDepths(ledger, beads))).toEqual({ a: 3, b: 1, c: 1, d: 0 });
});
