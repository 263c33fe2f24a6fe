import { cut, duration, fit, textWidth } from '../source/common/text.ts';
import type { TownView } from '../source/town/view.ts';
import { contextsOf } from './actions/dialogs.ts';
import { spaceMarks } from './actions/marks.ts';
import { fieldRows } from './dialogs/field-rows.ts';
import { availability, boundIn, commandsIn, keyLabel, keyOf } from './keymap.ts';
import type { Hint } from './rows/footer-row.ts';
import type { KeyWords } from './rows/pane.ts';
import { changeLine } from './rows/past-rows.ts';
import { isListPane, markedIds, type ScreenContext, situationOf } from './situation.ts';
import { type ScreenState, topDialog } from './state.ts';
import type { Theme } from './theme.ts';

export interface FlashRowInput {
  readonly view: TownView;
  readonly state: ScreenState;
  readonly width: number;
  readonly theme: Theme;
  readonly keys: KeyWords;
}

/**
 * The line above the keys: a filter or search being typed, what was just done or refused, in the past what had just
 * changed, or what is wrong with the town.
 */
export const flashRow = ({ view, state, width, theme, keys }: FlashRowInput): string => {
  const dialog = topDialog(state);
  if (dialog?.kind === 'line') {
    const prompt = dialog.purpose === 'filter' ? 'Filter: ' : 'Search: ';
    const field = { editor: dialog.editor, width: width - prompt.length, height: 1, active: true, theme };
    return theme.key(prompt) + fieldRows(field)[0]!;
  }
  const { flash } = state;
  if (flash)
    return { info: theme.info, good: theme.good, error: theme.bad }[flash.kind](
      wholeOrCut(flash.text, { width, keys }),
    );
  if (state.attaching) return theme.info(fit(waitWords(state.attaching, { view, keys }), width));
  if (state.time?.moment) return theme.info(changeLine(state.time.moment, width));
  const { town } = view;
  if (town.banner) return theme.bad(fit(town.banner, width));
  if (town.estop)
    return theme.bad(
      fit(`The town is stopped: ${(town.estopReason ?? 'no reason given').replace(/\.$/, '')}. :thaw ends it.`, width),
    );
  if (town.dispatchPaused) return theme.warn(fit(`Dispatch is paused: ${town.dispatchPaused}`, width));
  if (town.limited) return theme.warn(fit(`Turned away by their service: ${town.limited}`, width));
  return town.tip ? theme.info(fit(keys(town.tip), width)) : ' '.repeat(width);
};

/** What is longer than the line says which key shows all of it. */
const wholeOrCut = (text: string, { width, keys }: Pick<FlashRowInput, 'width' | 'keys'>): string => {
  if (textWidth(text) <= width) return fit(text, width);
  const more = ` (${keys('{messages}')} all)`;
  return fit(`${cut(text, width - textWidth(more))}${more}`, width);
};

/** Every wait says what it waits for, since when, and how to end it. */
const waitWords = (
  { name, since }: NonNullable<ScreenState['attaching']>,
  { view, keys }: Pick<FlashRowInput, 'view' | 'keys'>,
): string =>
  keys(
    `Attaching to ${name} as soon as its terminal is there, for ${duration(Math.max(0, view.at - since))}. {back} stops waiting.`,
  );

/** Enter is text in the field that has the keys. */
const isMultiline = (state: ScreenState): boolean => {
  const dialog = topDialog(state);
  return dialog?.kind === 'form' && dialog.fields[dialog.active]?.multiline === true;
};

/** The keys of the place the person is in, its own first; those that cannot be used now are left out. */
export const hintsOf = (state: ScreenState, context: ScreenContext): readonly Hint[] => {
  const situation = situationOf(state, context);
  const isMarking = isListPane(state.focus) && state.dialogs.length === 0 && markedIds(state, context).length > 0;
  const unmark = isMarking ? [{ keys: keyOf('back', boundIn(context)), label: 'unmark' }] : [];
  const hints = commandsIn(contextsOf(state), boundIn(context))
    .filter(command => command.footer && command.keys.length > 0 && availability(command, situation) === true)
    .filter(({ id, keys }) => !(id === 'accept' && keys[0] === 'enter' && isMultiline(state)))
    .map(command => ({
      keys: keyLabel(command.keys[0]!),
      label: command.id === 'attention' && spaceMarks(state, context) ? 'mark' : command.short,
      ...(command.id === 'help' && { kept: true }),
    }));
  return [...unmark, ...hints];
};
