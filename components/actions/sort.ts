import type { CommandId } from '../keymap.ts';
import { SORT_KEYS, type SortKey } from '../rows/sort.ts';
import type { ScreenState } from '../state.ts';
import { type Action, openDialog, step } from './step.ts';

/** `O`: what the list can be sorted by; what it is sorted by now is chosen first. */
export const sortMenu: Action = (state, context) => {
  const keys = SORT_KEYS[state.list];
  const sorting = state.sort[state.list];
  const entries = ['sort-own', ...keys.map(key => `sort-${key}` as const)] satisfies readonly CommandId[];
  const index = sorting ? 1 + keys.indexOf(sorting.by) : 0;
  return step(openDialog(state, { kind: 'menu', title: `Sort ${state.list}`, entries, index }, context));
};

/** Sorts the list by this; asked for once more, the other way round. */
export const sortBy =
  (by: SortKey): Action =>
  state => {
    const before = state.sort[state.list];
    return step(withSorting(state, { by, reversed: before?.by === by && !before.reversed }));
  };

/** Back to the town's own order. */
export const sortOwn: Action = state => step(withSorting(state, undefined));

/** `I`: the other way round. */
export const invertSort: Action = state => {
  const before = state.sort[state.list];
  return step(before ? withSorting(state, { ...before, reversed: !before.reversed }) : state);
};

const withSorting = (state: ScreenState, sorting: ScreenState['sort']['plan']): ScreenState => {
  const { [state.list]: _, ...others } = state.sort;
  return { ...state, sort: sorting ? { ...others, [state.list]: sorting } : others };
};
