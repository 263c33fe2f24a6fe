import { describe, expect, test } from 'vitest';
import { measureFrame } from '../../components/frame.tsx';
import { COMMANDS } from '../../components/keymap.ts';
import { createTheme } from '../../components/theme.ts';
import { createScreenStore } from '../../components/view-store.ts';
import type { TownView } from '../../source/town/view.ts';
import { createFakeTown } from './fake-town.ts';
import { play } from './play.ts';
import { attentionRow, mergeRow, NOON, polecatRow, smallView } from './small-view.ts';

const MOVED = 'Another row came under the cursor just now. Look, then press it again.';
const theme = createTheme({ colour: false, unicode: true });

/** The real store over a town of the test, with a clock that only the test moves. */
const open = (first: TownView = smallView()) => {
  const town = createFakeTown(first);
  let now = NOON;
  const store = createScreenStore({
    handle: town.handle,
    measure: (snapshot, size) => measureFrame(snapshot, size, { theme }),
    now: () => now,
    readPlan: () => ({ error: 'no plan' }),
  });
  const screen = {
    town,
    press: (...names: string[]) => {
      store.send(...names.map(name => ({ type: 'key' as const, name })));
      return screen;
    },
    wait: (ms: number) => {
      now += ms;
      return screen;
    },
    flash: () => store.getSnapshot().state.flash?.text,
    state: () => store.getSnapshot().state,
    view: () => store.getSnapshot().view,
    close: () => store.close(),
  };
  return screen;
};

const eventually = async (check: () => unknown): Promise<void> => {
  const end = performance.now() + 5_000;
  while (!check()) {
    if (performance.now() > end) throw new Error(`never became true: ${check}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
};

const merges = (...ids: string[]) => ids.map((id, index) => mergeRow(id, { position: index + 1, bead: 'gt-9' }));

describe('a row that comes under the cursor by itself', () => {
  test('is not acted on by a key that was meant for the one before it', () => {
    const screen = open(smallView({ merges: merges('mr-1', 'mr-2', 'mr-3') }));
    screen.press('3', 'j').wait(1_000);
    screen.town.show(smallView({ merges: merges('mr-1', 'mr-3') }));
    screen.wait(100).press('m');
    expect([screen.town.asked, screen.flash()]).toEqual([[], MOVED]);
    screen.wait(150).press('m');
    expect(screen.town.asked).toEqual([]);
    screen.wait(60).press('m');
    expect(screen.town.asked).toMatchObject([{ type: 'merge.order', payload: { id: 'mr-3' } }]);
    screen.close();
  });

  test('is one also where nothing was chosen yet, and where the list was empty', () => {
    const screen = open(smallView({ polecats: [], merges: [] }));
    screen.press('3').wait(1_000);
    screen.town.show(smallView({ merges: merges('mr-7') }));
    screen.wait(299).press('m');
    expect([screen.town.asked, screen.flash()]).toEqual([[], MOVED]);
    screen.wait(260);
    screen.town.show(smallView({ merges: merges('mr-8', 'mr-7') }));
    screen.wait(200).press('m');
    expect(screen.town.asked).toEqual([]);
    screen.wait(101).press('m');
    expect(screen.town.asked).toHaveLength(1);
    screen.close();
  });

  test('is not asked about either, so that no question is about the wrong worker', () => {
    const nux = polecatRow('web/nux', { bead: 'gt-1' });
    const slit = polecatRow('web/slit', { bead: 'gt-2' });
    const screen = open(smallView({ polecats: [nux, slit] }));
    screen.press('2').wait(1_000);
    screen.town.show(smallView({ polecats: [slit] }));
    screen.wait(50).press('D');
    expect(screen.state().dialogs).toEqual([]);
    expect(screen.flash()).toBe(MOVED);
    screen.close();
  });

  test('waits a moment after a key, so that a second one is about what was there for the first', async () => {
    const screen = open(smallView({ merges: merges('mr-1', 'mr-2', 'mr-3') }));
    screen.press('3', 'j').wait(100);
    screen.town.show(smallView({ merges: merges('mr-1', 'mr-3') }));
    screen.press('m');
    expect(screen.town.asked).toMatchObject([{ payload: { id: 'mr-2' } }]);
    // What stays under the cursor waits for nothing.
    screen.press('k');
    screen.town.show(smallView({ version: 9, merges: merges('mr-1', 'mr-3') }));
    expect(screen.view().version).toBe(9);
    // And nothing waits for longer than a moment, whatever is pressed.
    screen.press('j').wait(10);
    screen.town.show(smallView({ version: 10, merges: merges('mr-1') }));
    expect(screen.view().version).toBe(9);
    screen.wait(1_000);
    await eventually(() => screen.view().version === 10);
    screen.close();
  });

  test('hinders nobody where the same row stays, wherever it goes in the list', () => {
    const screen = open(smallView({ merges: merges('mr-1', 'mr-2', 'mr-3') }));
    screen.press('3', 'j').wait(1_000);
    screen.town.show(smallView({ merges: merges('mr-3', 'mr-1', 'mr-2') }));
    screen.wait(10).press('m');
    expect(screen.town.asked).toMatchObject([{ payload: { id: 'mr-2' } }]);
    screen.close();
  });

  test('hinders nobody who moved there, filtered for it or marked it', () => {
    const screen = open(smallView({ merges: merges('mr-1', 'mr-2', 'mr-3') }));
    screen.press('3').wait(1_000);
    screen.town.show(smallView({ version: 2, merges: merges('mr-1', 'mr-2', 'mr-3') }));
    screen.wait(10).press('j', 'm');
    expect(screen.town.asked).toMatchObject([{ payload: { id: 'mr-2' } }]);
    screen.press('v', 'g').wait(1_000);
    screen.town.show(smallView({ merges: merges('mr-2', 'mr-3') }));
    screen.press('m');
    expect(screen.flash()).not.toBe(MOVED);
    screen.close();
  });
});

test.each(COMMANDS.filter(({ acts, changes }) => acts && changes).map(({ id }) => id))(
  ':%s does nothing with a row that came a moment ago',
  id => {
    for (const pane of ['plan', 'polecats', 'refinery', 'health'] as const) {
      const game = play(smallView(), { earlierIds: () => ['another'] }).at(pane, 'gone');
      game.press(':').type(id).press('enter');
      expect([game.effects, game.state.dialogs.filter(({ kind }) => kind !== 'palette')]).toEqual([[], []]);
    }
  },
);

describe('a list of commands is about the row that it was opened on', () => {
  const gone = () => smallView({ merges: smallView().merges.filter(({ id }) => id !== 'mr-2') });

  test.each([
    ['the menu', (game: ReturnType<typeof play>) => game.press('x')],
    ['the palette', (game: ReturnType<typeof play>) => game.press(':').type('land-now')],
    ['the list of keys', (game: ReturnType<typeof play>) => game.press('?')],
  ])('%s', (_, lay) => {
    const game = lay(play().at('refinery', 'mr-2')).wait(1_000);
    const { dialog } = game;
    if (dialog?.kind === 'menu' || dialog?.kind === 'help')
      for (let index = dialog.entries.indexOf('land-now'); index > 0; index--) game.press('j');
    game.look(gone()).setIds('refinery', ['mr-1', 'mr-3']).press('enter');
    expect([game.intents(), game.flash]).toEqual([
      [],
      'mr-2 is no longer what is selected: close this and look again.',
    ]);
    expect(game.press('esc').dialog).toBeUndefined();
  });

  test('and does nothing before it can have been read', () => {
    for (const keys of [['x'], ['?']] as const) {
      const game = play()
        .at('plan', 'gt-1')
        .press(...keys);
      const { dialog } = game;
      if (dialog?.kind !== 'menu' && dialog?.kind !== 'help') throw new Error('no list');
      for (let index = dialog.entries.indexOf('sling'); index > 0; index--) game.press('j');
      expect(game.press('enter').intents()).toEqual([]);
      expect(game.wait(300).press('enter').intents()).toHaveLength(1);
    }
  });
});

test('what a person writes comes under the cursor later: until then nothing is done with what is there', () => {
  const game = play().at('plan', 'gt-1').press('n').type('A bead').press('ctrl-d').wait(5_000).press('s');
  expect(game.intents()).toMatchObject([{ type: 'bead.create' }]);
  expect(game.flash).toContain('comes under the cursor when the town has it');
  game.send({ type: 'outcome', ok: false, message: 'refused', draft: 'bead' }).wait(1_000).press('s');
  expect(game.intents()).toMatchObject([{ type: 'bead.create' }, { type: 'bead.sling', payload: { id: 'gt-1' } }]);
});

test('every answer waits until its question can have been read', () => {
  const row = attentionRow('ask', {
    kind: 'question',
    subject: 'web/nux',
    options: [
      { id: 'a', label: 'Allow', kind: 'allow' },
      { id: 'd', label: 'Deny', kind: 'deny' },
      { id: 'o', label: 'Other', kind: 'choice' },
    ],
  });
  for (const key of ['y', 'n', '1']) {
    const game = play(smallView({ attention: [row] }))
      .press('space')
      .wait(299)
      .press(key);
    expect(game.intents()).toEqual([]);
    expect(game.wait(1).press(key).intents()).toHaveLength(1);
  }
  const stop = play().at('polecats', 'web/nux').press('D').wait(299).press('y');
  expect(stop.intents()).toEqual([]);
  expect(stop.wait(1).press('y').intents()).toHaveLength(1);
  const chosen = play().at('polecats', 'web/nux').press('D', 'tab').wait(299).press('enter');
  expect(chosen.intents()).toEqual([]);
  const leaving = play().press('q', 'j').wait(299).press('enter');
  expect(leaving.effects).toEqual([]);
});
