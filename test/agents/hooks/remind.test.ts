import { expect, test } from 'vitest';
import { MAX_REMINDERS, remindAnswer, whyRemind } from '../../../source/agents/hooks/remind.ts';

const silent = { hasReported: false, isAsking: false, times: 0, text: 'Report first.' };

test('an agent that ends its turn without a report is told so, as often as the limit says and no more', () => {
  expect(whyRemind(silent)).toBe('Report first.');
  expect(whyRemind({ ...silent, times: MAX_REMINDERS - 1 })).toBe('Report first.');
  expect(whyRemind({ ...silent, times: MAX_REMINDERS })).toBeUndefined();
});

test('one that reported, or waits for the answer of a person, may end its turn', () => {
  expect(whyRemind({ ...silent, hasReported: true })).toBeUndefined();
  expect(whyRemind({ ...silent, isAsking: true })).toBeUndefined();
});

test('the answer is what Stop-type hooks read', () => {
  expect(JSON.parse(remindAnswer('Report "first".'))).toEqual({ decision: 'block', reason: 'Report "first".' });
});
