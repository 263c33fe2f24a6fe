import { describe, expect, test } from 'vitest';
import { contextsOf } from '../../components/actions/dialogs.ts';
import { COMMANDS, commandForKey } from '../../components/keymap.ts';
import { PANES, type ScreenState } from '../../components/state.ts';
import type { PastMoment, TownView } from '../../source/town/view.ts';
import { exampleReview } from './fixtures/review.ts';
import { IDS, play } from './play.ts';
import { attentionRow, beadRow, mergeRow, NOON, smallView } from './small-view.ts';

type Game = ReturnType<typeof play>;

const HEAD = 'b'.repeat(40);

/** A town in which every kind of thing is in every state that a key needs. */
const fullView = (overrides: Partial<TownView> = {}): TownView => {
  const view = smallView();
  return smallView({
    beads: new Map([
      ...view.beads,
      ['gt-4', { ...view.beads.get('gt-4')!, merge: 'mr-2' }],
      ['gt-6', beadRow('gt-6', { phase: 'queued' })],
    ]),
    merges: [
      mergeRow('mr-1', { needsApproval: true, approvedBefore: APPROVED }),
      mergeRow('mr-2', { bead: 'gt-9', position: 2, held: true }),
      (({ position: _, ...row }) => row)(mergeRow('mr-3', { bead: 'gt-8', state: 'landed' })),
    ],
    attention: [
      attentionRow(`approval:mr-1:${HEAD}`, { head: HEAD }),
      attentionRow('ask', {
        kind: 'question',
        subject: 'web/nux',
        detail: Array.from({ length: 30 }, (_, index) => `what it read ${index}`).join('\n'),
        options: Array.from({ length: 9 }, (_, index) => ({ id: `o${index}`, label: `Way ${index}`, kind: 'choice' })),
      }),
      attentionRow('parked gt-5', { kind: 'parked', subject: 'gt-5', yes: 'try again' }),
    ],
    ...overrides,
  });
};

const APPROVED = { merge: 'mr-0', head: 'c'.repeat(40), at: NOON, by: 'operator', reason: 'it moved', words: 'more' };

const { town } = smallView();
const VIEWS: readonly TownView[] = [
  fullView(),
  fullView({ town: { ...town, estop: true } }),
  fullView({ rigs: smallView().rigs.map(rig => ({ ...rig, paused: true })) }),
];

const HEALTH = ['role:mayor', 'dog:reaper'];
const LINES = Array.from({ length: 60 }, (_, index) => `line ${index} ${index % 7 === 0 ? 'match' : ''}`);

const reviewed = (game: Game): Game => {
  game.at('refinery', 'mr-1').press('d');
  const review = exampleReview();
  return game.send({ type: 'reviewed', serial: game.dialog!.serial, result: { ...review, since: review } as never });
};

const viewing = (game: Game): Game => {
  game.at('plan', 'gt-1').press('i');
  return game.send({ type: 'loaded', serial: game.dialog!.serial, lines: LINES });
};

const inThePast = (game: Game): Game => {
  const moment: PastMoment = { id: 'm1', at: NOON, stepsBack: 2, steps: 5, changes: [], view: smallView() };
  game.press('[');
  return game.send({ type: 'arrived', serial: game.state.time!.asked!, result: moment });
};

const refused = (game: Game): Game => {
  game.press('z');
  // A screen that only looks does not even ask.
  if (!game.state.undo) return game;
  return game.send({
    type: 'offered',
    serial: game.state.undo!.serial,
    result: { way: 'undo', of: 7, what: 'land', at: NOON, lines: LINES, refusal: 'It has landed.' },
  });
};

/** Every place on the screen where a key may be pressed, just come up: `wait` before pressing what decides. */
const placesWith = (options: Parameters<typeof play>[1]): readonly (() => Game)[] =>
  VIEWS.flatMap(view => {
    const at = (): Game => play(view, options);
    const log = (): Game => {
      const game = at().at('polecats', 'web/nux').press('l');
      return game.send({ type: 'lines', source: game.state.log.source, lines: LINES });
    };
    return [
      ...PANES.flatMap(pane =>
        [
          ...(pane === 'health' ? HEALTH : IDS[pane]),
          ...(pane === 'plan' ? ['gt-6'] : []),
          ...(IDS[pane].length === 0 ? [''] : []),
        ].map(
          id => () =>
            at()
              .setIds('plan', [...IDS.plan, 'gt-6'])
              .setIds('health', HEALTH)
              .at(pane, id),
        ),
      ),
      () => at().press('+'),
      ...['1', '2', '3', '4'].map(pane => () => at().press(pane, 'O', 'j', 'enter')),
      () => at().press('2').press('j'),
      () => inThePast(at()),
      log,
      () => log().press('/').type('match').press('enter'),
      () => log().press('k', 'k'),
      () => at().at('plan', 'gt-1').press('?'),
      () => at().press('?', 'j', 'j', 'j', 'j', 'j', 'j'),
      () => at().press(':').type('sl'),
      () => at().press(':').type('plan').press('enter', ':', 'down', 'down'),
      () => at().press(':').type('plan').press('enter', ':').type('log').press('enter', ':', 'ctrl-p', 'ctrl-p'),
      () => at().press('5', 'L'),
      () => at().press('5', 'L', 'j', 'j'),
      () => at().at('plan', 'gt-1').press('x'),
      () => at().at('plan', 'gt-1').press('x', 'j'),
      () => at().press('n').type('title'),
      () => at().press('n', 'tab').type('body'),
      () => at().press('/').type('x'),
      () => at().at('polecats', 'web/nux').press('D'),
      () => at().at('polecats', 'web/nux').press('D', 'tab'),
      () => refused(at()),
      () => refused(at()).press('j', 'j'),
      () => at().press('space'),
      () => at().press('space', 'j'),
      () => at().press('space', 'space'),
      () => at().press('space', 'space', 'j', 'ctrl-d'),
      () => at().press('space', 'space', 'space'),
      () => reviewed(at()),
      () => reviewed(at()).press('j', 'j', 'J', 'j', 'j'),
      () => reviewed(at()).press('G'),
      () => viewing(at()),
      () => viewing(at()).press('j', 'j'),
      () => at().press('q'),
      () => at().press('q', 'j'),
    ];
  });

const PLACES = placesWith({});

/** What a person or the town would notice. An error alone is a refusal, and no effect. */
const noticed = (game: Game, key: string): boolean => {
  const before = game.state;
  const asked = game.effects.length;
  game.press(key);
  const after = game.state;
  if (game.effects.length > asked) return true;
  if (after.flash?.kind === 'error') return false;
  return JSON.stringify(shown(before)) !== JSON.stringify(shown(after));
};

const shown = (state: ScreenState) => ({ ...state, folded: [...state.folded], serial: 0 });

// While attached, keys are not the screen's: see attach.test.ts.
const PRESSES = COMMANDS.filter(({ id }) => id !== 'detach').flatMap(({ id, keys, contexts }) =>
  contexts.flatMap(context => keys.map(key => ({ id, key, context }))),
);

test.each(PRESSES)('$key is heard as $id in $context', ({ id, key, context }) => {
  const heard = PLACES.some(place => {
    const game = place().wait(1_000);
    const contexts = contextsOf(game.state);
    if (!contexts.includes(context) || commandForKey(key, contexts)?.id !== id) return false;
    return noticed(game, key);
  });
  expect(heard).toBe(true);
});

describe('what was typed before it could be read', () => {
  const FRESH = new Set(['decide', 'confirm', 'review', 'quit', 'help']);
  const places = PLACES.map(place => ({ place, kind: place().dialog?.kind ?? '' })).filter(({ kind }) =>
    FRESH.has(kind),
  );
  const decisions = (game: Game): unknown[] =>
    game.effects.filter(effect => effect.type === 'dispatch' || (effect.type === 'quit' && effect.how === 'stop'));

  test.each([...new Set(COMMANDS.flatMap(({ keys }) => keys))])('%s decides nothing', key => {
    for (const { place, kind } of places) {
      const game = place();
      expect([kind, decisions(game.press(key).wait(299).press(key))]).toEqual([kind, []]);
    }
  });

  test('the same keys decide once it was', () => {
    const deciding = COMMANDS.filter(({ decides }) => decides).flatMap(({ id, keys }) =>
      keys.map(key => ({ id, key })),
    );
    expect(deciding.length).toBeGreaterThan(10);
    for (const { id, key } of deciding)
      expect([
        id,
        places.some(({ place }) => {
          const game = place().wait(300);
          const isIt = commandForKey(key, contextsOf(game.state))?.id === id;
          return isIt && (decisions(game.press(key)).length > 0 || game.dialog?.kind === 'form');
        }),
      ]).toEqual([id, true]);
  });
});

describe('a screen that only looks', () => {
  const CHANGES = new Set(['dispatch', 'plan', 'editPlan', 'attach']);
  const places = placesWith({ readOnly: 'It only looks.' });

  test('changes nothing by any key in any place', () => {
    const keys = new Set(COMMANDS.flatMap(command => command.keys));
    for (const place of places)
      for (const key of keys) {
        const { effects } = place().wait(1_000).press(key);
        const changing = effects.filter(({ type }) => CHANGES.has(type));
        expect([key, changing, effects.some(effect => effect.type === 'quit' && effect.how === 'stop')]).toEqual([
          key,
          [],
          false,
        ]);
      }
  });

  test.each(
    COMMANDS.filter(({ changes, keys }) => changes && keys.length > 0).map(({ id, keys }) => ({ id, key: keys[0]! })),
  )('$key ($id) says why', ({ id, key }) => {
    const said = places.flatMap(place => {
      const game = place().wait(1_000);
      return commandForKey(key, contextsOf(game.state))?.id === id ? [game.press(key).flash] : [];
    });
    // The question behind which this key waits cannot be come to.
    if (id !== 'undo-before') expect(said).toContain('It only looks.');
    expect(said.filter(text => text !== 'It only looks.')).toEqual([]);
  });
});
