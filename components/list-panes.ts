import { cut, fit } from '../source/common/text.ts';
import type { TownView } from '../source/town/view.ts';
import { windowStart } from './dialogs/box.ts';
import { beadLine, convoyLine, dogLine, type Line, mergeLine, polecatLine, rigLine, roleLine } from './list-rows.ts';
import type { Pane, PaneInput } from './rows/pane.ts';
import type { ListPaneId } from './state.ts';
import type { Theme } from './theme.ts';

/** A row that is written only when it is in sight or looked through by a filter: a plan may hold 10,000 beads. */
interface Entry {
  readonly id: string;
  readonly line: () => Line;
}

/** A pane out of a list of entries: filtered, windowed around the selection, cut. */
const listPane = (name: string, empty: string, entriesOf: (input: PaneInput) => readonly Entry[]): Pane => {
  const listed = rememberLast((input: PaneInput) => {
    const all = entriesOf(input);
    const { filter } = input;
    const entries = filter ? all.filter(entry => matches(entry.line().text, filter)) : all;
    return { entries, ids: entries.map(entry => entry.id) };
  });
  return input => {
    const { width, height, theme, filter } = input;
    const { entries, ids } = listed(input);
    const index = Math.max(0, input.selected === undefined ? 0 : ids.indexOf(input.selected));
    const start = windowStart(index, entries.length, height);
    const rows = entries.slice(start, start + height).map(entry => {
      const { text, style } = entry.line();
      const cutText = fit(text, width);
      if (entry.id === input.selected) return input.focused ? theme.selected(cutText) : theme.strong(cutText);
      return style ? style(cutText) : cutText;
    });
    if (entries.length === 0 && height > 0)
      rows.push(theme.dim(fit(filter ? 'No row holds these words; Esc clears the filter.' : empty, width)));
    while (rows.length < height) rows.push(' '.repeat(width));
    const place = entries.length === 0 ? '' : `  ${index + 1} of ${entries.length}`;
    return { title: `${name}${place}${filter ? `  /${filter}` : ''}`, ids, rows };
  };
};

/** Keys pressed between two refreshes see the same view: the list is made once for all of them. */
const rememberLast = <T>(make: (input: PaneInput) => T): ((input: PaneInput) => T) => {
  let last: { readonly input: PaneInput; readonly made: T } | undefined;
  return input => {
    const before = last?.input;
    const isSame =
      before?.view === input.view &&
      before.filter === input.filter &&
      before.folded === input.folded &&
      before.theme === input.theme;
    if (!isSame || !last) last = { input, made: make(input) };
    return last.made;
  };
};

/** Words a row must contain, whatever their case; a leading `!` turns it round. */
const matches = (text: string, filter: string): boolean => {
  const negated = filter.startsWith('!');
  const words = (negated ? filter.slice(1) : filter).toLowerCase().split(/\s+/).filter(Boolean);
  const row = text.toLowerCase();
  return words.length === 0 || words.every(word => row.includes(word)) !== negated;
};

const planEntries = ({ view, theme, folded }: PaneInput): readonly Entry[] => [
  ...view.convoys.flatMap(convoy => {
    const isFolded = folded?.has(convoy.id) ?? false;
    const head = { id: convoy.id, line: () => convoyLine(convoy, isFolded, theme) };
    return [head, ...(isFolded ? [] : beadEntries(view, convoy.beads, { theme, indent: '  ' }))];
  }),
  ...beadEntries(view, view.loose, { theme, indent: '' }),
];

const beadEntries = (
  view: TownView,
  ids: readonly string[],
  { theme, indent }: { theme: Theme; indent: string },
): readonly Entry[] =>
  ids.flatMap(id => {
    const bead = view.beads.get(id);
    return bead ? [{ id, line: () => beadLine(bead, indent, theme) }] : [];
  });

const healthEntries = ({ view, theme }: PaneInput): readonly Entry[] => [
  ...view.health.roles.map(role => ({ id: role.name, line: () => roleLine(role, theme) })),
  ...view.health.dogs.map(dog => ({ id: dog.name, line: () => dogLine(dog, view.at, theme) })),
  ...view.rigs.map(rig => ({ id: rig.id, line: () => rigLine(rig, theme) })),
];

/** A pane's title, at most as wide as the pane. */
export const titleRow = (
  number: string,
  title: string,
  { width, focused, theme }: { width: number; focused: boolean; theme: Theme },
): string => {
  const text = fit(cut(`${number} ${title}`, width), width);
  return focused ? theme.titleFocused(text) : theme.title(text);
};

/** The panes that are lists. */
export const LIST_PANES: Readonly<Record<ListPaneId, Pane>> = {
  plan: listPane('Plan', 'Nothing is planned yet: n writes a bead.', planEntries),
  polecats: listPane('Polecats', 'No worker yet: s slings a bead and one comes.', ({ view, theme }) =>
    view.polecats.map(polecat => ({ id: polecat.id, line: () => polecatLine(polecat, view.at, theme) })),
  ),
  refinery: listPane('Refinery', 'Nothing asks to be merged.', ({ view, theme }) =>
    view.merges.map(merge => ({ id: merge.id, line: () => mergeLine(merge, view.at, theme) })),
  ),
  health: listPane('Health', 'Nothing is known yet.', healthEntries),
};
