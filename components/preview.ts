import type { LogSource, TownView } from '../source/town/view.ts';
import { isRoomy, type Size } from './rows/layout.ts';
import { type ScreenContext, selectedId } from './situation.ts';
import type { ScreenState } from './state.ts';

/** The last lines of one session, beside the list that it is selected in. */
export interface Preview {
  readonly session: string;
  readonly lines: readonly string[];
}

/**
 * Whose last lines are worth looking at without being asked for: those of the polecat selected in its pane, where the screen
 * has room for them and the log does not show them already. Undefined: nobody's, and nothing is read.
 */
export const previewSource = (
  { view, state }: { readonly view: TownView; readonly state: ScreenState },
  context: ScreenContext,
  size: Size,
): Extract<LogSource, { kind: 'session' }> | undefined => {
  const isShown = state.focus === 'polecats' && state.time?.moment === undefined && !state.frozen;
  if (!isShown || !(isRoomy(size) || isShort(view.polecats, size))) return undefined;
  const session = sessionOf(view, selectedId(state, context, 'polecats'));
  const { source } = state.log;
  if (session === undefined || (source.kind === 'session' && source.session === session)) return undefined;
  return { kind: 'session', session };
};

/** On a small screen only what a short list leaves free is taken. */
const isShort = ({ length }: TownView['polecats'], { rows }: Size): boolean => length <= Math.floor(rows / 4);

/** What was read, as long as it is of the one that is selected. */
export const previewOf = (
  { preview }: ScreenState,
  view: TownView,
  polecat: string | undefined,
): Preview | undefined => (preview !== undefined && preview.session === sessionOf(view, polecat) ? preview : undefined);

const sessionOf = ({ polecats }: TownView, id: string | undefined): string | undefined => {
  const polecat = polecats.find(row => row.id === id);
  return polecat?.live ? polecat.session : undefined;
};
