import { expect, test } from 'vitest';
import { runEffect, type ScreenTerminal, type ShowDemo } from '../../components/effects.ts';
import type { ScreenEvent } from '../../components/reducer.ts';
import { createFakeTown } from './fake-town.ts';
import { play } from './play.ts';
import { smallView } from './small-view.ts';

/** Carries out what `:demo` asks for; answers with what was done in order, and what the screen was told. */
const carryOut = async (showDemo?: ShowDemo) => {
  const done: string[] = [];
  const told: ScreenEvent[] = [];
  const terminal = {
    async lend(work: () => Promise<void>) {
      done.push('lent');
      await work();
      done.push('back');
    },
  } as ScreenTerminal;
  await runEffect(
    { type: 'demo' },
    {
      handle: createFakeTown(smallView()).handle,
      terminal: () => terminal,
      send: event => told.push(event),
      ...(showDemo && { showDemo: lend => lend(() => showDemo(async () => {}).then(() => void done.push('shown'))) }),
    },
  );
  return { done, told };
};

test('demo is a command without a key, and asks for nothing of the town', () => {
  const game = play().type(':').type('demo').press('enter');
  expect(game.effects).toEqual([{ type: 'demo' }]);
  expect(game.intents()).toEqual([]);
});

test('the terminal is lent for as long as the demo is shown', async () => {
  const { done, told } = await carryOut(async () => {});
  expect(done).toEqual(['lent', 'shown', 'back']);
  expect(told).toMatchObject([{ type: 'outcome', ok: true, message: expect.stringContaining('Back in your town') }]);
});

test('inside the demo there is no other one, and it says so', async () => {
  const { done, told } = await carryOut();
  expect(done).toEqual([]);
  expect(told).toMatchObject([{ type: 'outcome', ok: false, message: expect.stringContaining('gastown demo') }]);
});
