import { expect, test } from 'vitest';
import { emptyData, type Session } from '../../../source/ledger/schema.ts';
import { hasUnjudgedEnd } from '../../../source/town/meter/turns.ts';
import { session } from '../../roles/world.ts';

test('what agents cost is written before anybody judges how one ended, and not again afterwards', () => {
  const after = (status: Session['status'], alive: boolean): boolean => {
    const data = emptyData();
    data.sessions.set('s1', session('s1', { status }));
    return hasUnjudgedEnd(data, new Map([['s1', { alive }]]));
  };
  expect([after('running', false), after('starting', false)]).toEqual([true, true]);
  expect([after('running', true), after('ended', false)]).toEqual([false, false]);
  expect(hasUnjudgedEnd(emptyData(), new Map([['of another town', { alive: false }]]))).toBe(false);
});
