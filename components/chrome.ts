import { cut, fit, textWidth } from '../source/common/text.ts';
import type { TownView } from '../source/town/view.ts';
import { contextsOf } from './actions/dialogs.ts';
import { fieldRows } from './dialogs/field-rows.ts';
import { availability, commandsIn, keyLabel } from './keymap.ts';
import { type ScreenContext, situationOf } from './situation.ts';
import { type Mode, modeOf, type ScreenState, topDialog } from './state.ts';
import type { Style, Theme } from './theme.ts';

export interface ChromeInput {
  readonly view: TownView;
  readonly state: ScreenState;
  readonly context: ScreenContext;
  readonly width: number;
  readonly theme: Theme;
}

/** What is always in sight: town, mode, how many work and wait, the queue, money, and what needs a person. */
export const headerRow = ({ view, state, context, width, theme }: ChromeInput): string => {
  const { counts, town } = view;
  const { glyph } = theme;
  const mode = modeOf(state);
  const parts: (readonly [string, Style])[] = [
    [town.name, theme.strong],
    [` ${mode} `, modeStyle(mode, theme)],
    ...(town.estop ? [[' STOPPED ', theme.bad] as const] : []),
    ...(state.frozen ? [[' FROZEN ', theme.selected] as const] : []),
    ...(context.readOnly ? [['read-only', theme.warn] as const] : []),
    ...(counts.attention > 0 ? [[`! ${counts.attention} need you`, theme.warn] as const] : []),
    [`${glyph.on} ${counts.working} working`, counts.working > 0 ? theme.good : theme.dim],
    [`${glyph.waiting} ${counts.waiting} waiting`, counts.waiting > 0 ? theme.warn : theme.dim],
    [`${glyph.fail} ${counts.stalled} stalled`, counts.stalled > 0 ? theme.bad : theme.dim],
    [`queue ${counts.queue}`, plain],
    [`$${counts.costTodayUsd.toFixed(2)} today`, plain],
    [`$${counts.costPerHourUsd.toFixed(2)}/h`, theme.dim],
  ];
  return joined(parts, width);
};

/** The line above the keys: a filter or search being typed, what was just done or refused, or what is wrong with the town. */
export const flashRow = ({ view, state, width, theme }: ChromeInput): string => {
  const dialog = topDialog(state);
  if (dialog?.kind === 'line') {
    const prompt = dialog.purpose === 'filter' ? 'Filter: ' : 'Search: ';
    return (
      theme.key(prompt) +
      fieldRows({ editor: dialog.editor, width: width - prompt.length, height: 1, active: true, theme })[0]!
    );
  }
  const { flash } = state;
  if (flash) return { info: theme.info, good: theme.good, error: theme.bad }[flash.kind](fit(flash.text, width));
  const { town } = view;
  if (town.banner) return theme.bad(fit(town.banner, width));
  if (town.estop)
    return theme.bad(fit(`The town is stopped: ${town.estopReason ?? 'no reason given'}. :thaw ends it.`, width));
  if (town.dispatchPaused) return theme.warn(fit(`Dispatch is paused: ${town.dispatchPaused}`, width));
  return town.tip ? theme.info(fit(town.tip, width)) : ' '.repeat(width);
};

/** The keys of the place the person is in, its own first, as many as fit; those that cannot be used now are left out. */
export const footerRow = ({ state, context, width, theme }: ChromeInput): string => {
  const situation = situationOf(state, context);
  const commands = commandsIn(contextsOf(state)).filter(
    command => command.footer && command.keys.length > 0 && availability(command, situation) === true,
  );
  let used = 0;
  let row = '';
  for (const command of commands) {
    const key = keyLabel(command.keys[0]!);
    const columns = textWidth(key) + 1 + command.short.length + (used > 0 ? 2 : 0);
    if (used + columns > width) break;
    row += `${used > 0 ? '  ' : ''}${theme.key(key)} ${command.short}`;
    used += columns;
  }
  return row + ' '.repeat(width - used);
};

const plain: Style = text => text;

const modeStyle = (mode: Mode, theme: Theme): Style => {
  if (mode === 'DECIDE') return text => theme.selected(theme.warn(text));
  return mode === 'TYPING' ? text => theme.selected(theme.info(text)) : theme.selected;
};

/** Parts with two blanks between them, cut to the width and padded to it. */
const joined = (parts: readonly (readonly [string, Style])[], width: number): string => {
  let used = 0;
  let row = '';
  for (const [text, style] of parts) {
    const gap = used > 0 ? '  ' : '';
    const shown = cut(text, width - used - gap.length);
    if (shown === '' || (shown !== text && used > 0)) break;
    row += gap + style(shown);
    used += gap.length + textWidth(shown);
  }
  return row + ' '.repeat(Math.max(0, width - used));
};
