import { describe, expect, test } from 'vitest';
import { ATTACH_WAIT_MS } from '../../components/actions/attaching.ts';
import { flashRow } from '../../components/chrome.ts';
import type { PolecatRow } from '../../source/town/view.ts';
import { play } from './play.ts';
import { KEYS, PLAIN } from './rows/look.ts';
import { NOON, polecatRow, smallView } from './small-view.ts';

const viewWith = (overrides: Partial<PolecatRow>) =>
  smallView({ polecats: [polecatRow('web/nux', overrides), polecatRow('web/slit')] });
const unseen = () => viewWith({ live: false });
const there = () => viewWith({});
const waiting = () => play(unseen()).at('polecats', 'web/nux').press('a');
const looked = { type: 'looked' } as const;

describe('a terminal that is not seen yet, since the town has just been opened,', () => {
  test('is waited for visibly, and gone to as soon as it is there', () => {
    const game = waiting();
    expect([game.effects, game.flash]).toEqual([[], undefined]);
    const { view } = game.context();
    const row = flashRow({
      view: { ...view, at: NOON + 4_000 },
      state: game.state,
      width: 120,
      theme: PLAIN,
      keys: KEYS,
    });
    expect(row.trimEnd()).toBe('Attaching to nux as soon as its terminal is there, for 4s. Esc stops waiting.');
    expect(game.wait(1_000).send(looked).effects).toEqual([]);
    game.look(there()).send(looked);
    expect(game.effects).toEqual([{ type: 'attach', session: 'session-nux', name: 'nux' }]);
    expect(game.send(looked).effects).toHaveLength(1);
  });

  test('is no longer waited for after Esc', () => {
    const game = waiting().press('esc').look(there()).send(looked);
    expect([game.effects, game.state.attaching]).toEqual([[], undefined]);
  });

  test('takes nobody away from what they do by then', () => {
    const game = waiting().press('n').look(there()).send(looked);
    expect([game.effects, game.dialog?.kind]).toEqual([[], 'form']);
    expect(game.flash).toBe('The terminal of nux is there: a attaches.');
  });

  test('that does not come, or whose session ends, is told', () => {
    const late = waiting().wait(ATTACH_WAIT_MS).send(looked);
    expect([late.state.attaching, late.flash]).toEqual([undefined, expect.stringContaining('did not come: i shows')]);
    const over = waiting()
      .look(viewWith({ live: false, state: 'idle' }))
      .send(looked);
    expect(over.flash).toBe('nux has no session any more: it is idle.');
    const gone = waiting()
      .look(smallView({ polecats: [] }))
      .send(looked);
    expect(gone.flash).toBe('nux has no session any more: it is gone.');
  });
});

test.each([
  ['slung', true],
  ['starting', true],
  ['idle', false],
  ['failed', false],
] as const)('a polecat that is %s and has no terminal: waited for is %s', (state, isWaited) => {
  const game = play(viewWith({ live: false, state }))
    .at('polecats', 'web/nux')
    .press('a');
  expect(game.state.attaching !== undefined).toBe(isWaited);
  if (!isWaited) expect(game.flash).toBe(`nux has no session to attach to: it is ${state}.`);
});
