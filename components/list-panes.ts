import { cut, duration, fit, fitLeft } from '../source/common/text.ts';
import type { BeadRow, MergeRow, PolecatRow, TownView } from '../source/town/view.ts';
import { windowStart } from './dialogs/box.ts';
import type { Pane, PaneInput } from './rows/pane.ts';
import type { ListPaneId } from './state.ts';
import type { Style, Theme } from './theme.ts';

/** One row before it is cut: plain text, so that its width is known, and how it looks. */
interface Line {
  readonly id: string;
  readonly text: string;
  readonly style?: Style;
}

/** A pane out of a list of lines: filtered, windowed around the selection, cut. */
const listPane =
  (name: string, empty: string, linesOf: (input: PaneInput) => readonly Line[]): Pane =>
  input => {
    const { width, height, theme, filter } = input;
    const all = linesOf(input);
    const lines = filter ? all.filter(line => matches(line.text, filter)) : all;
    const index = Math.max(
      0,
      lines.findIndex(line => line.id === input.selected),
    );
    const start = windowStart(index, lines.length, height);
    const rows = lines.slice(start, start + height).map(line => {
      const text = fit(line.text, width);
      if (line.id === input.selected) return input.focused ? theme.selected(text) : theme.strong(text);
      return line.style ? line.style(text) : text;
    });
    if (lines.length === 0 && height > 0)
      rows.push(theme.dim(fit(filter ? 'No row holds these words; Esc clears the filter.' : empty, width)));
    while (rows.length < height) rows.push(' '.repeat(width));
    const place = lines.length === 0 ? '' : `  ${index + 1} of ${lines.length}`;
    return { title: `${name}${place}${filter ? `  /${filter}` : ''}`, ids: lines.map(line => line.id), rows };
  };

/** Words a row must contain, whatever their case; a leading `!` turns it round. */
const matches = (text: string, filter: string): boolean => {
  const negated = filter.startsWith('!');
  const words = (negated ? filter.slice(1) : filter).toLowerCase().split(/\s+/).filter(Boolean);
  const row = text.toLowerCase();
  return words.length === 0 || words.every(word => row.includes(word)) !== negated;
};

const planLines = ({ view, theme, folded }: PaneInput): readonly Line[] => [
  ...view.convoys.flatMap(convoy => {
    const isFolded = folded?.has(convoy.id) ?? false;
    const glyph = isFolded ? theme.glyph.folded : theme.glyph.open;
    const head = {
      id: convoy.id,
      text: `${glyph} ${convoy.title}  ${convoy.closed}/${convoy.beads.length} ${convoy.status}`,
      style: theme.title,
    };
    return [head, ...(isFolded ? [] : beadLines(view, convoy.beads, theme, '  '))];
  }),
  ...beadLines(view, view.loose, theme, ''),
];

const beadLines = (view: TownView, ids: readonly string[], theme: Theme, indent: string): readonly Line[] =>
  ids.flatMap(id => {
    const bead = view.beads.get(id);
    return bead
      ? [
          {
            id,
            text: `${indent}${beadGlyph(bead, theme)} ${fit(bead.phase, 8)} P${bead.priority} ${id}  ${bead.title}${behind(bead)}`,
            ...styled(beadStyle(bead, theme)),
          },
        ]
      : [];
  });

const behind = ({ blockedBy, assignee }: BeadRow): string => {
  if (blockedBy.length > 0) return `  after ${blockedBy.join(', ')}`;
  return assignee ? `  by ${assignee}` : '';
};

const beadGlyph = ({ phase }: BeadRow, { glyph }: Theme): string => {
  if (phase === 'landed' || phase === 'closed') return glyph.ok;
  if (phase === 'parked') return glyph.fail;
  if (phase === 'working' || phase === 'merging') return glyph.on;
  return phase === 'waiting' || phase === 'queued' ? glyph.waiting : glyph.off;
};

const beadStyle = ({ phase }: BeadRow, theme: Theme): Style | undefined => {
  if (phase === 'landed' || phase === 'closed' || phase === 'blocked' || phase === 'deferred') return theme.dim;
  if (phase === 'parked') return theme.bad;
  if (phase === 'waiting') return theme.warn;
  return phase === 'working' || phase === 'merging' ? theme.good : undefined;
};

const polecatLines = ({ view, theme }: PaneInput): readonly Line[] =>
  view.polecats.map(polecat => ({
    id: polecat.id,
    text: `${polecatGlyph(polecat, theme)} ${fit(polecat.name, 10)} ${fit(polecat.state, 11)} ${fitLeft(duration(view.at - polecat.since), 7)}  ${polecat.bead ? `${polecat.bead} ${polecat.beadTitle ?? ''}` : ''}${polecat.doing ? `  ${polecat.doing}` : ''}`,
    ...styled(polecatStyle(polecat, theme)),
  }));

const polecatGlyph = ({ state }: PolecatRow, { glyph }: Theme): string => {
  if (state === 'idle' || state === 'slung') return glyph.off;
  if (state === 'waiting') return glyph.waiting;
  return state === 'stalled' || state === 'failed' || state === 'quarantined' ? glyph.fail : glyph.on;
};

const polecatStyle = ({ state }: PolecatRow, theme: Theme): Style | undefined => {
  if (state === 'idle') return theme.dim;
  if (state === 'waiting') return theme.warn;
  return state === 'stalled' || state === 'failed' || state === 'quarantined' ? theme.bad : theme.good;
};

const mergeLines = ({ view, theme }: PaneInput): readonly Line[] =>
  view.merges.map(merge => ({
    id: merge.id,
    text: `${merge.position === undefined ? '  ' : fitLeft(String(merge.position), 2)} ${fit(merge.held ? 'held' : merge.state, 10)} ${fitLeft(duration(view.at - merge.since), 7)}  ${merge.title}  ${merge.why}`,
    ...styled(mergeStyle(merge, theme)),
  }));

const mergeStyle = ({ state, needsApproval }: MergeRow, theme: Theme): Style | undefined => {
  if (state === 'bounced' || state === 'rejected') return theme.bad;
  if (state === 'landed') return theme.good;
  if (state === 'superseded') return theme.dim;
  return needsApproval ? theme.warn : undefined;
};

const healthLines = ({ view, theme }: PaneInput): readonly Line[] => {
  const { glyph } = theme;
  const sign = (ok: boolean): string => (ok ? glyph.ok : glyph.fail);
  return [
    ...view.health.roles.map(role => ({
      id: role.name,
      text: `${sign(role.ok)} ${fit(role.plain, 14)} ${fit(role.name, 10)} ${role.lastAction ?? 'nothing to do'}${role.because ? `: ${role.because}` : ''}`,
      ...styled(role.ok ? undefined : theme.bad),
    })),
    ...view.health.dogs.map(dog => ({
      id: dog.name,
      text: `${sign(dog.ok)} ${fit(dog.plain, 14)} ${fit(dog.name, 10)} ${dog.lastRunAt === undefined ? 'not run yet' : `${duration(view.at - dog.lastRunAt)} ago`}  ${dog.note}`,
      ...styled(dog.ok ? theme.dim : theme.bad),
    })),
    ...view.rigs.map(rig => ({
      id: rig.id,
      text: `${sign(!rig.error && !rig.blocked)} ${fit('repository', 14)} ${fit(rig.id, 10)} ${rig.branch}  ${rig.error ?? rig.blocked ?? (rig.paused ? 'merging is paused' : `policy ${rig.policy}, gates ${rig.gates.join(', ') || 'none'}`)}`,
      ...styled(rig.error || rig.blocked ? theme.bad : undefined),
    })),
  ];
};

/** A pane's title, at most as wide as the pane. */
export const titleRow = (
  number: string,
  title: string,
  { width, focused, theme }: { width: number; focused: boolean; theme: Theme },
): string => {
  const text = fit(cut(`${number} ${title}`, width), width);
  return focused ? theme.titleFocused(text) : theme.title(text);
};

const styled = (style: Style | undefined): { style?: Style } => (style ? { style } : {});

/** The panes that are lists. */
export const LIST_PANES: Readonly<Record<ListPaneId, Pane>> = {
  plan: listPane('Plan', 'Nothing is planned yet: n writes a bead.', planLines),
  polecats: listPane('Polecats', 'No worker yet: s slings a bead and one comes.', polecatLines),
  refinery: listPane('Refinery', 'Nothing asks to be merged.', mergeLines),
  health: listPane('Health', 'Nothing is known yet.', healthLines),
};
