import { describe, expect, test } from 'vitest';
import type { UndoOffer } from '../../source/town/view.ts';
import { play } from './play.ts';
import { NOON, smallView } from './small-view.ts';

const offer = (more: Partial<UndoOffer> = {}): UndoOffer => ({
  way: 'undo',
  of: 7,
  what: 'bead.close gt-3',
  at: NOON - 12_000,
  lines: ['gt-3: status back from closed to open'],
  intent: { type: 'history.undo', payload: { of: 7, records: [] } },
  ...more,
});

/** Pressed, and answered by the town. */
const answered = (result: UndoOffer, key = 'z') => {
  const game = play().press(key);
  return game.send({ type: 'offered', serial: game.state.undo!.serial, result });
};

describe('z', () => {
  test('asks the town once, however often it is pressed, and opens nothing before the answer', () => {
    const game = play().press('z', 'z', 'z');
    expect(game.effects).toEqual([{ type: 'offer', serial: game.state.undo!.serial, way: 'undo' }]);
    expect(game.dialog).toBeUndefined();
    expect(game.flash).toBe('Looking for what can be taken back…');
  });

  test('says first what it would do and how long ago that was, and one dialog is all a double press opens', () => {
    const game = answered(offer());
    expect(game.dialog).toMatchObject({
      kind: 'confirm',
      title: 'Take back: bead.close gt-3 (12s ago)?',
      lines: ['gt-3: status back from closed to open'],
    });
    game.send({ type: 'offered', serial: game.dialog!.serial - 1, result: offer() }).press('z', 'z');
    expect(game.state.dialogs).toHaveLength(1);
    expect(game.effects.filter(effect => effect.type === 'offer')).toHaveLength(1);
  });

  test.each(['enter', 'y'])('%s does it, once it can have been read, and then says what was done', key => {
    const game = answered(offer()).press(key);
    expect(game.intents()).toEqual([]);
    game.wait(400).press(key);
    expect(game.intents()).toEqual([offer().intent]);
    expect(game.dialog).toBeUndefined();
    expect(game.effects.at(-1)).toMatchObject({
      done: 'Taken back: bead.close gt-3. Ctrl-r does it again, z goes on.',
    });
  });

  test.each(['esc', 'n', 'ctrl-c'])('%s leaves everything as it is', key => {
    const game = answered(offer()).wait(400).press(key);
    expect([game.dialog, game.intents()]).toEqual([undefined, []]);
  });

  test('tells why it cannot be done any more and what can be done instead, and does nothing', () => {
    const { intent: _, ...late } = offer({ lines: [], refusal: 'mr-1 has landed as abc.' });
    const game = answered(late).wait(400);
    expect(game.dialog).toMatchObject({ title: 'bead.close gt-3 (12s ago) cannot be taken back' });
    const { lines } = game.dialog as { lines: readonly string[] };
    expect(lines[0]).toBe('mr-1 has landed as abc.');
    expect(lines.join('\n')).toContain('gastown undo --list');
    expect(game.press('y').flash).toMatch(/nothing to do here/);
    expect(game.press('enter').dialog).toBeUndefined();
    expect(game.intents()).toEqual([]);
  });

  test('z looks further back where a step cannot be taken back, unless it is the second of two quick presses', () => {
    const { intent: _, ...late } = offer({ refusal: 'mr-1 has landed as abc.' });
    const game = answered(late).press('z');
    expect(game.effects).toHaveLength(1);
    game.wait(400).press('z', 'z');
    expect(game.dialog).toBeUndefined();
    expect(game.effects.slice(1)).toEqual([{ type: 'offer', serial: game.state.undo!.serial, way: 'undo', before: 7 }]);
    game.send({ type: 'offered', serial: game.state.undo!.serial, result: offer({ of: 5, what: 'merge.pause web' }) });
    expect(game.dialog).toMatchObject({ title: 'Take back: merge.pause web (12s ago)?' });
    expect(game.wait(400).press('z').flash).toMatch(/y does it/);
  });

  test('says when there is nothing to take back', () => {
    const game = play().press('z');
    const message = 'There is nothing of yours to take back.';
    game.send({ type: 'offered', serial: game.state.undo!.serial, result: { ok: false, message } });
    expect([game.flash, game.dialog]).toEqual([message, undefined]);
    expect(game.press('z').effects).toHaveLength(2);
  });

  test('a slow answer opens nothing over what the person has opened meanwhile', () => {
    const game = play().press('z', 'n');
    game.send({ type: 'offered', serial: 1, result: offer() });
    expect(game.state.dialogs.map(({ kind }) => kind)).toEqual(['form']);
    expect(game.flash).toMatch(/z asks again/);
  });

  test('Esc ends the wait, and the late answer finds nobody', () => {
    const game = play().press('z', 'esc');
    game.send({ type: 'offered', serial: 1, result: offer() });
    expect([game.dialog, game.flash]).toEqual([undefined, undefined]);
  });

  test('a town that has moved meanwhile refuses, and that is shown until a key', () => {
    const game = answered(offer()).wait(400).press('enter');
    game.send({ type: 'outcome', ok: false, message: 'gt-3 has changed since. Press z to look again.' });
    expect(game.state.flash).toMatchObject({ kind: 'error', text: expect.stringContaining('has changed since') });
  });

  test('a long list of changes is scrolled through', () => {
    const lines = Array.from({ length: 40 }, (_, index) => `gt-${index}: is deleted`);
    const game = play(smallView(), { lineCount: () => 42 }).press('z');
    game.send({ type: 'offered', serial: 1, result: offer({ lines }) });
    expect(game.press('j', 'ctrl-d').dialog).toMatchObject({ scroll: 6 });
    expect(game.press('G').dialog).toMatchObject({ scroll: 32 });
  });
});

test.each(['ctrl-r', 'Y'])('%s does again what was taken back, after asking the same way', key => {
  const game = answered(offer({ way: 'redo' }), key).wait(400);
  expect(game.effects[0]).toMatchObject({ type: 'offer', way: 'redo' });
  expect(game.dialog).toMatchObject({ title: 'Do again: bead.close gt-3 (12s ago)?' });
  expect(game.press('enter').intents()).toHaveLength(1);
  expect(game.effects.at(-1)).toMatchObject({ done: 'Done again: bead.close gt-3. z takes it back.' });
});

test('who changes their mind while the town is asked gets the answer to the last question only', () => {
  const game = play().press('z', 'ctrl-r');
  game.send({ type: 'offered', serial: 1, result: offer() });
  expect(game.dialog).toBeUndefined();
  game.send({ type: 'offered', serial: 2, result: offer({ way: 'redo' }) });
  expect(game.dialog).toMatchObject({ title: expect.stringContaining('Do again') });
});
