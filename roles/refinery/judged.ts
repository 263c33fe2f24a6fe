import type { Action } from '../role.ts';
import { stuck } from './blame.ts';
import type { Round, Stack } from './round.ts';
import { type StackState, stateOf } from './verdicts.ts';

export interface Judged {
  readonly state: StackState;
  /** What has to be done first where gates could not be run on it. */
  readonly actions: readonly Action[];
}

export const judged = (round: Round, one: Stack): Judged => {
  const state = stateOf(round, one);
  if (state !== 'stuck') return { state, actions: [] };
  const answer = stuck(round, one);
  return answer === 'red' ? { state: 'fail', actions: [] } : { state: 'stuck', actions: answer };
};
