import { boundIn, withKeys } from '../keymap.ts';
import { type LiteWish, lineReport } from '../line/pace.ts';
import { selectedId, situationOf } from '../situation.ts';
import type { PaneId, ScreenState } from '../state.ts';
import { withoutWait } from './attaching.ts';
import { explain } from './dialogs.ts';
import { withoutMarks } from './marks.ts';
import { focusPane } from './move.ts';
import { openReview } from './review.ts';
import { type Action, refuse, say, step, within } from './step.ts';
import { comeBack } from './time.ts';
import { forgetPlan } from './undo.ts';

/** Goes to a pane by its number. */
export const goTo =
  (pane: PaneId): Action =>
  state =>
    step(focusPane(state, pane));

/** Enter: a convoy folds or unfolds, a merge request is reviewed, everything else says why it is as it is. */
export const open: Action = (state, context) => {
  const { merge } = situationOf(state, context);
  if (state.focus === 'refinery' && merge) return openReview(state, context, merge);
  const id = state.focus === 'plan' ? selectedId(state, context, 'plan') : undefined;
  if (id === undefined || !context.view.convoys.some(convoy => convoy.id === id)) return explain(state, context);
  const folded = new Set(state.folded);
  if (!folded.delete(id)) folded.add(id);
  return step({ ...state, folded });
};

/** Esc without a dialog: a wait, the past, marks, filter, zoom, then from log or detail to the list they belong to. */
export const back: Action = (state, context) => {
  if (state.attaching) return step(withoutWait(state));
  if (state.undo) return step(forgetPlan(state));
  if (state.time) return comeBack(state, context);
  if (state.focus === state.list && state.marked[state.list]) return step(withoutMarks(state));
  if (state.filter[state.focus]) return step({ ...state, filter: { ...state.filter, [state.focus]: '' } });
  if (state.zoom > 0) return step({ ...state, zoom: 0 });
  return step(state.focus === state.list ? state : { ...state, focus: state.list });
};

export const zoom =
  (by: 1 | -1): Action =>
  (state, { zooms }) =>
    step({ ...state, zoom: within(within(state.zoom, zooms) + by, zooms) as ScreenState['zoom'] });

export const freeze: Action = (state, context) =>
  step(
    say(
      { ...state, frozen: !state.frozen },
      state.frozen
        ? 'Live again.'
        : withKeys('Frozen: the town goes on, the screen stands still. {freeze} lets it go on.', boundIn(context)),
      {
        now: context.now,
      },
    ),
  );

/** `:line`: what was measured. */
export const line: Action = (state, context) =>
  step(say(state, lineReport(state.lite, context.line), { now: context.now }));

/** `:lite`: the next of its three ways, or the one that is named. */
export const lite: Action = (state, context, given) => {
  const named = given?.words?.trim() ?? '';
  if (named !== '' && !LITE_WISHES.includes(named as LiteWish))
    return refuse(state, `“${named}” is none of ${LITE_WISHES.join(', ')}.`, context);
  const next = LITE_WISHES[(LITE_WISHES.indexOf(state.lite) + 1) % LITE_WISHES.length]!;
  const wish = named === '' ? next : (named as LiteWish);
  return step(say({ ...state, lite: wish }, lineReport(wish, context.line), { now: context.now }));
};

const LITE_WISHES: readonly LiteWish[] = ['auto', 'on', 'off'];
