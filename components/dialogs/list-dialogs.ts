import { cut, fit, textWidth } from '../../source/common/text.ts';
import { paletteMatches } from '../actions/palette.ts';
import { availability, boundIn, commandById, type KeyCommand, keyLabel, withKeys } from '../keymap.ts';
import type { Situation } from '../situation.ts';
import {
  type HelpDialog,
  type MenuDialog,
  type PaletteDialog,
  QUIT_CHOICES,
  type QuitDialog,
  type SourcesDialog,
} from '../state.ts';
import { type DialogContent, row, windowStart } from './box.ts';
import { fieldRows } from './field-rows.ts';
import type { DialogInput } from './input.ts';
import { wrapText } from './wrap.ts';

/** `?`: every key that works where the person came from, then those that work everywhere. */
export const helpContent = (dialog: HelpDialog, { width, height, theme, situation }: DialogInput): DialogContent => {
  const commands = dialog.entries.map(id => commandById(id, boundIn(situation.context))!);
  const lines = commands.map((command, index) =>
    commandLine(command, { width, situation, theme, chosen: index === dialog.index }),
  );
  const titled = [
    ...(dialog.here > 0 ? [row('Here', width, theme.strong), ...lines.slice(0, dialog.here), row('', width)] : []),
    row('Everywhere', width, theme.strong),
    ...lines.slice(dialog.here),
  ];
  const line = dialog.here > 0 ? dialog.index + (dialog.index < dialog.here ? 1 : 3) : dialog.index + 1;
  const room = height - REASON_ROWS;
  const start = windowStart(line, titled.length, room);
  return {
    title: `Keys that work here  ${dialog.index + 1} of ${commands.length}`,
    rows: [...titled.slice(start, start + room), ...reasonRows(commands[dialog.index], { width, situation, theme })],
    hint: '{down} {up} move · {accept} runs it · {close} close',
  };
};

/** `x`: what can be done with the selected row, and why not where it cannot. */
export const menuContent = (dialog: MenuDialog, { width, height, theme, situation }: DialogInput): DialogContent => {
  const room = height - REASON_ROWS;
  const bound = boundIn(situation.context);
  const start = windowStart(dialog.index, dialog.entries.length, room);
  const rows = dialog.entries
    .slice(start, start + room)
    .map((id, index) =>
      commandLine(commandById(id, bound)!, { width, situation, theme, chosen: start + index === dialog.index }),
    );
  const chosen = commandById(dialog.entries[dialog.index] ?? '', bound);
  return {
    title: dialog.title,
    rows: [...rows, ...reasonRows(chosen, { width, situation, theme })],
    hint: '{down} {up} move · {accept} runs it · {close} close',
  };
};

/** `L`: which log to show. */
export const sourcesContent = (dialog: SourcesDialog, { width, height, theme }: DialogInput): DialogContent => {
  const start = windowStart(dialog.index, dialog.entries.length, height);
  return {
    title: `Show the log of  ${dialog.index + 1} of ${dialog.entries.length}`,
    rows: dialog.entries.slice(start, start + height).map(({ name }, at) => {
      const isChosen = start + at === dialog.index;
      return row(`${isChosen ? theme.glyph.pointer : ' '} ${name}`, width, isChosen ? theme.selected : undefined);
    }),
    hint: '{down} {up} move · {accept} show it · {close} close',
  };
};

/** `:`: a command by its name. */
export const paletteContent = (
  dialog: PaletteDialog,
  { width, height, theme, situation }: DialogInput,
): DialogContent => {
  const { state, context } = situation;
  const matches = paletteMatches(dialog.editor.text, { commands: boundIn(context), history: state.history });
  const [field = ''] = fieldRows({ editor: dialog.editor, width: width - 2, height: 1, active: true, theme });
  const room = height - 2 - REASON_ROWS;
  const start = windowStart(dialog.index, matches.length, room);
  const rows = matches
    .slice(start, start + room)
    .map((command, index) =>
      commandLine(command, { width, situation, theme, chosen: start + index === dialog.index, named: true }),
    );
  return {
    title: matches.length > 0 ? `Run a command  ${dialog.index + 1} of ${matches.length}` : 'Run a command',
    rows: [
      `: ${field}`,
      row('', width),
      ...(rows.length > 0 ? rows : [row('No command has this in its name.', width, theme.dim)]),
      ...reasonRows(matches[dialog.index], { width, situation, theme, named: true }),
    ],
    hint: '{complete} complete · {accept} run · {palette-older} {palette-newer} history · {close} close',
  };
};

const QUIT_WORDS: Readonly<Record<(typeof QUIT_CHOICES)[number], string>> = {
  leave: 'Leave; what is at work keeps running without a screen',
  stop: 'Stop the town; running agents are stopped, their work is kept',
  cancel: 'Stay here',
};

/** What leaving means; the default loses nothing. */
export const quitContent = (dialog: QuitDialog, { width, theme, situation }: DialogInput): DialogContent => {
  const { working, waiting, queue } = situation.context.view.counts;
  return {
    title: 'Leave Gas Town?',
    rows: [
      row(`${working} working, ${waiting} waiting, ${queue} in the merge queue.`, width),
      row('', width),
      ...QUIT_CHOICES.map((choice, index) =>
        row(
          `${index === dialog.index ? theme.glyph.pointer : ' '} ${QUIT_WORDS[choice]}`,
          width,
          index === dialog.index ? theme.selected : undefined,
        ),
      ),
    ],
    hint: '{down} {up} move · {accept} take · {leave} leave · {close} stay',
  };
};

/** Rows under a list of commands that say why the chosen one cannot be run now, or what its line has no room for. */
const REASON_ROWS = 2;

const reasonRows = (
  command: KeyCommand | undefined,
  { width, situation, theme, named }: Omit<LineOptions, 'chosen'>,
): readonly string[] => {
  const available = command ? availability(command, situation) : true;
  const label = command ? withKeys(command.label, boundIn(situation.context)) : '';
  const isCut = textWidth(label) > labelRoom(width, named);
  const text = available !== true ? `Not now: ${available}` : isCut ? label : '';
  const lines = wrapText(text, width).slice(0, REASON_ROWS);
  return Array.from({ length: REASON_ROWS }, (_, index) =>
    row(lines[index] ?? '', width, available === true ? theme.dim : theme.warn),
  );
};

interface LineOptions {
  readonly width: number;
  readonly situation: Situation;
  readonly theme: DialogInput['theme'];
  readonly chosen: boolean;
  /** Show the palette's name in front of the keys. */
  readonly named?: boolean;
}

/** Columns of a command's keys, and of its name in the palette. */
const KEYS_WIDTH = 16;
const NAME_WIDTH = 17;

/** Columns that are left for what a command does. */
const labelRoom = (width: number, named = false): number => width - KEYS_WIDTH - 3 - (named ? NAME_WIDTH + 1 : 0);

const commandLine = (command: KeyCommand, { width, situation, theme, chosen, named }: LineOptions): string => {
  const available = availability(command, situation);
  const keys = command.keys.length > 0 ? command.keys.map(keyLabel).join(' ') : `:${command.id}`;
  const name = named ? `${fit(command.words ? `${command.id} ${command.words}` : command.id, NAME_WIDTH)} ` : '';
  const room = labelRoom(width, named);
  const plain = `${chosen ? theme.glyph.pointer : ' '} ${name}${fit(keys, KEYS_WIDTH)} ${cut(withKeys(command.label, boundIn(situation.context)), room)}`;
  if (chosen) return row(plain, width, theme.selected);
  return row(plain, width, available === true ? undefined : theme.dim);
};
