import { describe, expect, test } from 'vitest';
import { hintsOf } from '../../components/chrome.ts';
import { runEffect } from '../../components/effects.ts';
import type { ScreenEvent } from '../../components/reducer.ts';
import { createFakeTown } from './fake-town.ts';
import { play } from './play.ts';
import { beadRow, polecatRow, smallView } from './small-view.ts';

const calm = () => smallView({ attention: [] });
const marked = (game: ReturnType<typeof play>) => [...(game.state.marked[game.state.list] ?? [])];

describe('Space', () => {
  test('marks rows of a list where nothing waits, says so, and goes on to the next row', () => {
    const game = play(calm());
    game.at('plan', 'gt-1').press('space', 'space');
    expect(marked(game)).toEqual(['gt-1', 'gt-2']);
    expect(game.flash).toBe('Nothing waits for you: 2 rows marked, Esc unmarks.');
    expect(game.state.selected.plan?.id).toBe('gt-3');
    expect(hintsOf(game.state, game.context())[0]).toEqual({ keys: 'Esc', label: 'unmark' });
    game.press('k', 'space');
    expect(marked(game)).toEqual(['gt-1']);
    expect(hintsOf(game.state, game.context()).find(hint => hint.keys === 'Space')?.label).toBe('mark');
  });

  test('is followed by a menu that says how many rows it is about', () => {
    const game = play(calm());
    expect(game.at('plan', 'gt-1').press('space', 'x').dialog).toMatchObject({ kind: 'menu', title: 'gt-2' });
    expect(game.press('esc', 'space', 'x').dialog).toMatchObject({ kind: 'menu', title: '2 marked rows' });
  });

  test('goes to what waits for a person wherever something does, and marks nothing in the log', () => {
    const asked = play();
    asked.at('plan', 'gt-1').press('space');
    expect(asked.dialog?.kind).toBe('decide');
    expect(marked(asked)).toEqual([]);
    const game = play(calm());
    game.press('5', 'space');
    expect(game.flash).toBe('Nothing waits for you.');
    expect(game.state.marked).toEqual({});
  });

  test('pressed in the last question, which somebody else settled, marks nothing', () => {
    const game = play();
    game.at('plan', 'gt-1').press('space').look(calm()).press('space');
    expect(game.state.dialogs).toEqual([]);
    expect(marked(game)).toEqual([]);
  });
});

describe('marking', () => {
  test('goes by v, from there to here by V, everything by *, and Esc unmarks before it does anything else', () => {
    const game = play();
    game.at('plan', 'gt-1').press('v', 'j', 'j', 'V');
    expect(marked(game)).toEqual(['gt-1', 'gt-2', 'gt-3', 'gt-4']);
    game.press('/', 'g', 'enter', 'esc');
    expect(game.state.marked).toEqual({});
    expect(game.state.filter.plan).toBe('g');
    game.press('*');
    expect(marked(game)).toHaveLength(6);
    game.press('*');
    expect(game.state.marked).toEqual({});
  });

  test('upwards too', () => {
    const game = play();
    game.at('plan', 'gt-4').press('v', 'g', 'V');
    expect(new Set(marked(game))).toEqual(new Set(['gt-4', 'gt-3', 'gt-2', 'gt-1', 'cv-1']));
  });

  test('each list has marks of its own, by identity', () => {
    const game = play();
    game.at('plan', 'gt-4').press('v', '2', 'v');
    expect(marked(game)).toEqual(['web/nux']);
    game.press('1').setIds('plan', ['gt-5', 'gt-4', 'gt-3']);
    expect(marked(game)).toEqual(['gt-4']);
  });
});

describe('marked rows together', () => {
  const ready = () =>
    smallView({
      beads: new Map(
        [beadRow('gt-1'), beadRow('gt-2', { priority: 0 }), beadRow('gt-3', { phase: 'closed' })].map(bead => [
          bead.id,
          bead,
        ]),
      ),
    });

  test('are slung; those that cannot be are named, and none is marked any more', () => {
    const game = play(ready());
    game.at('plan', 'gt-1').press('v', 'v', 'v', 's');
    expect(game.intents()).toEqual([
      { type: 'bead.sling', payload: { id: 'gt-1' } },
      { type: 'bead.sling', payload: { id: 'gt-2' } },
    ]);
    expect(game.flash).toBe('Slinging gt-1… and 1 more. 1 row left out: gt-3 is finished.');
    expect(game.state.marked).toEqual({});
  });

  test('those that a filter hides are left alone', () => {
    const game = play(ready());
    game.at('plan', 'gt-1').press('v', 'v').setIds('plan', ['gt-2']).press('s');
    expect(game.intents()).toEqual([{ type: 'bead.sling', payload: { id: 'gt-2' } }]);
  });

  test('change their priority, each by one step', () => {
    const game = play(ready());
    game.at('plan', 'gt-1').press('v', 'v', 'p');
    expect(game.intents()).toEqual([{ type: 'bead.update', payload: { id: 'gt-1', set: { priority: 1 } } }]);
    game.press('g', 'j', 'P');
    expect(game.intents().at(-1)).toEqual({ type: 'bead.update', payload: { id: 'gt-1', set: { priority: 3 } } });
  });

  test('are closed after one question that names them all', () => {
    const game = play(ready());
    game.at('plan', 'gt-1').press('v', 'v', 'v', 'C');
    expect(game.dialog).toMatchObject({ title: 'Close 2 beads?', index: 0 });
    expect(game.intents()).toEqual([]);
    game.wait(400).press('y');
    expect(game.intents().map(intent => intent.type)).toEqual(['bead.close', 'bead.close']);
  });

  test('are stopped after one question, each worker once', () => {
    const view = smallView({
      polecats: [polecatRow('web/nux', { bead: 'gt-4' }), polecatRow('web/slit', { bead: 'gt-5' })],
    });
    const game = play(view);
    game.press('2', '*', 'D');
    expect(game.dialog).toMatchObject({ title: 'Stop 2 workers?', accept: 'Stop them', each: true });
    game.wait(400).press('y');
    expect(game.intents().map(({ payload }) => payload)).toEqual([
      { polecat: 'web/nux', requeue: false, ready: true },
      { polecat: 'web/slit', requeue: false, ready: true },
    ]);
  });

  test('where it can be done with none, the first says why', () => {
    const game = play(ready());
    game.at('plan', 'gt-3').press('v', 'g', 'v', 's');
    expect(game.intents()).toEqual([]);
    expect(game.flash).toContain('This is a convoy');
  });

  test('one refusal keeps nothing else from being done, and is told with the count', async () => {
    const town = createFakeTown(smallView());
    town.answerWith(intent => ({
      ok: (intent.payload as { id: string }).id !== 'gt-2',
      message: `answer for ${(intent.payload as { id: string }).id}`,
    }));
    const events: ScreenEvent[] = [];
    const intents = ['gt-1', 'gt-2', 'gt-3'].map(id => ({ type: 'bead.sling' as const, payload: { id } }));
    const options = {
      handle: town.handle,
      terminal: () => undefined,
      send: (event: ScreenEvent) => events.push(event),
    };
    await runEffect({ type: 'dispatch', intents, each: true }, options);
    expect(town.asked).toHaveLength(3);
    expect(events).toEqual([{ type: 'outcome', ok: false, message: '2 of 3 done; refused: answer for gt-2' }]);
    await runEffect(
      { type: 'dispatch', intents: intents.filter(({ payload }) => payload.id !== 'gt-2'), each: true },
      options,
    );
    expect(events.at(-1)).toEqual({ type: 'outcome', ok: true, message: 'All 2 are done.' });
  });
});
