import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../components/keymap.ts';
import { runCommand } from '../../components/reducer.ts';
import type { PastMoment } from '../../source/town/view.ts';
import { play } from './play.ts';
import { beadRow, NOON, smallView } from './small-view.ts';

const PAST = 'You look at the past; Esc comes back to now.';
const HOUR_MS = 3_600_000;

/** The moment so many changes back in a town of ten. */
const momentAt = (stepsBack: number): PastMoment => ({
  id: `commit-${stepsBack}`,
  at: NOON - stepsBack * 60_000,
  stepsBack,
  steps: 10,
  changes: [{ at: NOON, by: 'mayor', what: 'hook.set', subject: 'gt-1', because: 'It was ready.' }],
  view: smallView({
    version: 100 + stepsBack,
    at: NOON - stepsBack * 60_000,
    beads: new Map([['gt-1', beadRow('gt-1', { title: `As it was ${stepsBack} back` })]]),
    feed: [{ seq: 1, at: NOON, actor: 'mayor', what: 'hook.set', subject: 'gt-1' }],
  }),
});

type Game = ReturnType<typeof play>;

/** Answers the question under way. */
const arrive = (game: Game, stepsBack: number): Game =>
  game.send({ type: 'arrived', serial: game.state.time!.asked!, result: momentAt(stepsBack) });

const requests = (game: Game) => game.effects.flatMap(effect => (effect.type === 'look' ? [effect.request] : []));

const inThePast = (stepsBack = 1): Game => arrive(play().press('['), stepsBack);

describe('walking', () => {
  test('[ asks for one change back, from now and then from what is shown', () => {
    const game = inThePast();
    expect(game.state.time?.moment?.id).toBe('commit-1');
    arrive(game.press('['), 2);
    expect(requests(game)).toEqual([{ steps: -1 }, { from: 'commit-1', steps: -1 }]);
    expect(game.state.time?.moment?.stepsBack).toBe(2);
  });

  test('a key held down adds up: one question at most is under way', () => {
    const game = play().press(...Array.from({ length: 100 }, () => '['));
    expect(requests(game)).toEqual([{ steps: -1 }]);
    arrive(game, 1);
    expect(requests(game)).toEqual([{ steps: -1 }, { from: 'commit-1', steps: -99 }]);
    game.press(']', '[');
    expect(requests(game)).toHaveLength(2);
  });

  test('{ and } go by the hour, and hours come after the changes that were pressed with them', () => {
    const game = inThePast(3);
    game.press('{', '[', '}', '}');
    expect(requests(game).slice(1)).toEqual([{ from: 'commit-3', byMs: -HOUR_MS }]);
    arrive(game, 6);
    expect(requests(game).at(-1)).toEqual({ from: 'commit-6', steps: -1 });
    arrive(game, 7);
    expect(requests(game).at(-1)).toEqual({ from: 'commit-7', byMs: 2 * HOUR_MS });
  });

  test('] goes forward, and after the newest change it is now', () => {
    const game = arrive(inThePast(1).press(']'), 0);
    expect(game.state.time?.moment?.stepsBack).toBe(0);
    expect(game.press(']').state.time).toBeUndefined();
    expect(game.press(']').flash).toMatch(/This is now/);
  });

  test('] held down comes back to now and stops there', () => {
    const game = inThePast(2).press(']', ']', ']', ']');
    arrive(game, 1);
    expect(requests(game).at(-1)).toEqual({ from: 'commit-1', steps: 3 });
    arrive(game.press(']'), 0);
    expect(game.state.time).toBeUndefined();
  });

  test('there is nothing before the beginning: nothing more is asked', () => {
    const game = inThePast(9).press('[');
    expect(game.flash).toMatch(/beginning of the town/);
    expect(requests(game)).toHaveLength(1);
    const held = arrive(inThePast(8).press('[', '[', '['), 9);
    expect(held.state.time).toMatchObject({ moment: { id: 'commit-9' }, steps: 0 });
    expect(held.state.time?.asked).toBeUndefined();
    expect(held.flash).toMatch(/beginning of the town/);
  });

  test('a town that cannot tell says why, and the screen stays where it was', () => {
    const game = play().press('[');
    game.send({ type: 'arrived', serial: game.state.time!.asked!, result: { ok: false, message: 'No past yet.' } });
    expect([game.flash, game.state.time]).toEqual(['No past yet.', undefined]);
    const later = inThePast(2).press('[', '[');
    later.send({ type: 'arrived', serial: later.state.time!.asked!, result: { ok: false, message: 'Gone.' } });
    expect(later.state.time).toMatchObject({ moment: { id: 'commit-2' }, steps: 0 });
    expect(requests(later.press('['))).toHaveLength(3);
  });

  test('Esc comes back at once, before it clears a filter, and what arrives later is not shown', () => {
    const game = inThePast().press('/').type('gt').press('enter', '+', '[');
    const late = game.state.time!.asked!;
    game.press('esc').send({ type: 'arrived', serial: late, result: momentAt(2) });
    expect(game.state).toMatchObject({ filter: { plan: 'gt' }, zoom: 1 });
    expect(game.state.time).toBeUndefined();
    const early = play()
      .press('[', 'esc')
      .send({ type: 'arrived', serial: 1, result: momentAt(1) });
    expect([early.state.time, early.flash]).toEqual([undefined, undefined]);
  });

  test('what arrives late changes nothing under a dialog that was opened meanwhile', () => {
    const early = arrive(play().press('[', 'n'), 1);
    expect(early.state.time).toBeUndefined();
    expect(early.dialog?.kind).toBe('form');
    const game = arrive(inThePast(1).press('[', '?'), 2);
    expect(game.state.time).toMatchObject({ moment: { id: 'commit-1' }, steps: 0 });
    expect(game.state.time?.asked).toBeUndefined();
  });

  test('the selection stays on its row, and the log shows the events up to then and is itself again afterwards', () => {
    const game = play().at('plan', 'gt-2').press('[');
    const { log } = game.state;
    arrive(game, 1);
    expect(game.state.selected.plan?.id).toBe('gt-2');
    expect(game.state.log).toMatchObject({ name: 'events up to then', lines: ['12:00:00  mayor  hook.set gt-1'] });
    game.send({ type: 'lines', source: { kind: 'feed' }, lines: ['live'] });
    expect(game.state.log.lines).not.toContain('live');
    expect(game.press('esc').state.log).toEqual(log);
  });
});

describe('in the past', () => {
  test('every command that changes something is refused with the way back', () => {
    const game = inThePast().at('plan', 'gt-1');
    const changing = COMMANDS.filter(command => 'changes' in command && command.changes);
    expect(changing.map(({ id }) => id)).toEqual(expect.arrayContaining(['sling', 'estop', 'undo', 'attach', 'stop']));
    for (const command of changing) {
      const { state, effects } = runCommand(game.state, command.id, game.context());
      expect([command.id, effects, state.flash?.text]).toEqual([command.id, [], PAST]);
    }
  });

  test.each([
    ['polecats', 'web/nux', 'l'],
    ['polecats', 'web/nux', 'a'],
    ['refinery', 'mr-1', 'l'],
  ] as const)('in %s on %s, %s is refused: logs of then are over', (pane, id, key) => {
    const game = inThePast().at(pane, id).press(key);
    expect([game.flash, game.state.log.source.kind]).toEqual([PAST, 'feed']);
  });

  test('questions of then can be read and not answered', () => {
    const game = inThePast().press('space').wait(400).press('y', 'n', 'e');
    expect(game.dialog?.kind).toBe('decide');
    expect([game.intents(), game.flash]).toEqual([[], PAST]);
  });

  test('the town cannot be stopped from there, but it can be left', () => {
    const game = inThePast().press('q').wait(400).press('j', 'enter');
    expect(game.flash).toBe(PAST);
    expect(game.effects.filter(effect => effect.type === 'quit')).toEqual([]);
    expect(game.press('k', 'enter').effects.at(-1)).toEqual({ type: 'quit', how: 'leave' });
  });

  test('diff and why are shown; why says that it knows more than was known then', () => {
    const game = inThePast().at('plan', 'gt-1').press('i');
    expect(game.dialog).toMatchObject({ kind: 'viewer', title: 'Why gt-1, with what is known by now' });
    expect(inThePast().at('refinery', 'mr-1').press('d').dialog).toMatchObject({ kind: 'review' });
  });

  test('freezing makes no sense there, and a frozen screen is frozen still afterwards', () => {
    expect(inThePast().press('Z').flash).toMatch(/stands still by itself/);
    const game = arrive(play().press('Z', '['), 1);
    expect(game.press('esc').state.frozen).toBe(true);
  });

  test('an offer to take something back that comes late is not shown over the past', () => {
    const game = arrive(play().press('[', 'z'), 1);
    game.send({
      type: 'offered',
      serial: game.state.undo!.serial,
      result: { way: 'undo', of: 1, what: 'bead.close gt-1', at: NOON, lines: [] },
    });
    expect([game.dialog, game.state.undo]).toEqual([undefined, undefined]);
  });
});
