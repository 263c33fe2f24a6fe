import { markedIds, type ScreenContext, selectedId } from '../situation.ts';
import type { ScreenState } from '../state.ts';

/**
 * Why nothing is done with the row under the cursor yet: it came there by itself a moment ago, because the one before it has
 * gone or a new one was put there, and the key was meant for what stood there then.
 */
export const rowHindrance = (state: ScreenState, context: ScreenContext): string | undefined => {
  // What is marked was marked by hand, and is acted on wherever the cursor is.
  if (markedIds(state, context).length > 0) return undefined;
  if (state.creating !== undefined) return 'What you wrote comes under the cursor when the town has it: press it then.';
  const pane = state.list;
  const id = selectedId(state, context, pane);
  // Where it was put by a key, or by what the person wrote, it is meant.
  if (id === state.selected[pane]?.id) return undefined;
  const earlier = context.earlierIds?.(pane);
  const isOther = earlier !== undefined && selectedId(state, { ids: () => earlier }, pane) !== id;
  return isOther ? 'Another row came under the cursor just now. Look, then press it again.' : undefined;
};

/** The same for a list of commands, which is about the row that was selected when it opened. */
export const otherRow = (
  { about }: { readonly about?: string },
  state: ScreenState,
  context: ScreenContext,
): string | undefined =>
  about === undefined || about === selectedId(state, context, state.list)
    ? undefined
    : `${about} is no longer what is selected: close this and look again.`;
