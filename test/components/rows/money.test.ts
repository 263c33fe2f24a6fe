import { expect, test } from 'vitest';
import { costWords, todayWords } from '../../../components/rows/money.ts';
import type { Counts } from '../../../source/town/view.ts';

test('money is shown to the cent, with what has no price beside it and never as free', () => {
  expect(costWords({})).toBe('');
  expect(costWords({ costUsd: 0.4242 })).toBe('$0.42');
  expect(costWords({ costUsd: 1, unpriced: 2 })).toBe('$1.00 + 2 unpriced');
  expect(costWords({ costUsd: 0, unpriced: 2 })).toBe('2 unpriced');
  expect(todayWords({ costTodayUsd: 0 } as Counts)).toBe('$0.00');
  expect(todayWords({ costTodayUsd: 3, unpricedToday: 1 } as Counts)).toBe('$3.00 + 1 unpriced');
});
