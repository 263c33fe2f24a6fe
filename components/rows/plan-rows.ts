import { textWidth } from '../../source/common/text.ts';
import type { BeadRow, ConvoyRow, TownView } from '../../source/town/view.ts';
import type { Theme } from '../theme.ts';
import type { Piece } from './compose.ts';
import { gauge } from './gauge.ts';
import { type Line, listPane } from './list-pane.ts';
import type { PaneInput } from './pane.ts';
import { beadStatus, type Status, statusPiece } from './status.ts';

/** From this width a convoy also says how long it will probably take. */
const ESTIMATE_FROM_COLUMNS = 90;
/** From this width a bead also says who does it or what it waits for. */
const TAIL_FROM_COLUMNS = 56;
const STATUS_COLUMNS = 11;
const ID_MAX_COLUMNS = 14;
const BAR_COLUMNS = 8;

/** What a newcomer sees first: three keys, with the words that they meet on the way. */
const FIRST_KEYS = `Nothing is planned yet. Three keys to begin with:

  {new-bead}  write a bead: one piece of work
  {sling}  sling it: a polecat (a worker) does it in a checkout of its own
  {attention}  answer what waits for you, one thing after the other

Press {new-plan} to tell a goal instead: an agent plans the beads, and you approve them.
{help}  every key that works here    {demo}  a whole town at work`;

/** The plan: convoys with how far they are, their beads under them, then beads of no convoy. */
export const planRows = listPane({
  name: 'Plan',
  empty: FIRST_KEYS,
  lines: input => {
    const { view, folded, filter } = input;
    const columns = idWidth(view);
    const shown = new Set<string>();
    const beadsOf = (ids: readonly string[], indent: number): readonly Line[] =>
      ids.flatMap(id => {
        const bead = view.beads.get(id);
        if (!bead || shown.has(id)) return [];
        shown.add(id);
        return [beadLine(bead, { input, indent, columns })];
      });
    return [
      ...view.convoys.flatMap(convoy => {
        // A filter looks into folded convoys too: what it finds must be seen.
        const isFolded = !filter && (folded?.has(convoy.id) ?? false);
        const head = convoyLine(convoy, { input, isFolded, standing: standingOf(convoy, view) });
        if (isFolded) for (const id of convoy.beads) shown.add(id);
        return [head, ...(isFolded ? [] : beadsOf(convoy.beads, 2))];
      }),
      ...beadsOf(view.loose, 0),
    ];
  },
});

const convoyLine = (
  convoy: ConvoyRow,
  { input: { theme, width }, isFolded, standing }: { input: PaneInput; isFolded: boolean; standing: string },
): Line => ({
  id: convoy.id,
  record: convoy,
  depends: `${isFolded} ${standing}`,
  keptBy: convoy.beads,
  pieces: () => [
    { text: `${isFolded ? theme.glyph.folded : theme.glyph.open} ` },
    ...progress(convoy, theme),
    { text: ` ${convoy.closed}/${convoy.beads.length} landed  ` },
    { text: convoy.title, style: theme.strong, ...(width >= TAIL_FROM_COLUMNS && { flex: 1 }) },
    ...(width >= ESTIMATE_FROM_COLUMNS && standing !== '' ? [{ text: `  ${standing}`, style: theme.warn }] : []),
    // Without a basis it says only that beads are parked, which stands before it.
    ...(width >= ESTIMATE_FROM_COLUMNS && convoy.estimate?.basis !== undefined
      ? [{ text: `  ${convoy.estimate.words}`, style: theme.dim }]
      : []),
    { text: '  ' },
    convoyWord(convoy, theme),
  ],
});

/** `2 blocked, 1 parked`: what of a convoy does not go on by itself, also where its beads are folded away. */
const standingOf = ({ beads }: ConvoyRow, view: TownView): string => {
  const phases = beads.map(id => view.beads.get(id)?.phase);
  return (['blocked', 'waiting', 'parked'] as const)
    .map(phase => ({ phase, count: phases.filter(one => one === phase).length }))
    .flatMap(({ phase, count }) => (count > 0 ? [`${count} ${phase}`] : []))
    .join(', ');
};

const progress = ({ beads, closed }: ConvoyRow, theme: Theme): readonly Piece[] =>
  gauge(beads.length === 0 ? 0 : closed / beads.length, { columns: BAR_COLUMNS, style: theme.good, theme });

const convoyWord = ({ status }: ConvoyRow, { glyph, good, warn, dim, info }: Theme): Piece => {
  switch (status) {
    case 'proposed':
      return { text: `${glyph.waiting} waits for your approval`, style: warn };
    case 'landed':
      return { text: `${glyph.ok} landed`, style: good };
    case 'cancelled':
      return { text: `${glyph.fail} cancelled`, style: dim };
    default:
      return { text: `${glyph.on} approved`, style: info };
  }
};

const beadLine = (
  bead: BeadRow,
  { input: { theme, width }, indent, columns }: { input: PaneInput; indent: number; columns: number },
): Line => ({
  id: bead.id,
  record: bead,
  depends: `${indent} ${columns}`,
  pieces: () => {
    const tail = width >= TAIL_FROM_COLUMNS ? tailOf(bead) : '';
    return [
      { text: ' '.repeat(indent) },
      statusPiece(statusOf(bead, theme), STATUS_COLUMNS),
      { text: `P${bead.priority} ` },
      { text: bead.id, width: columns },
      { text: '  ' },
      { text: bead.title, flex: 1 },
      ...(tail ? [{ text: '  ' }, { text: tail, style: theme.dim, width: tailWidth(tail, width) }] : []),
    ];
  },
});

/** A plan that is being made is no work of the town's yet. */
const statusOf = ({ phase, plans }: BeadRow, theme: Theme): Status => {
  const status = beadStatus(phase, theme);
  return plans && PLANNING.has(phase) ? { ...status, word: 'planning…' } : status;
};

const PLANNING: ReadonlySet<BeadRow['phase']> = new Set(['ready', 'queued', 'working']);

/** Who does it, or what keeps it. */
const tailOf = ({ parked, blockedBy, assignee, phase, reworks }: BeadRow): string => {
  if (parked !== undefined) return `parked: ${parked}`;
  if (blockedBy.length > 0) return `after ${blockedBy.join(', ')}`;
  // A bead of one repository is done by one of its workers: its own name is enough.
  const worker = assignee?.split('/').at(-1);
  if (worker) return phase === 'waiting' ? `${worker} asks` : `by ${worker}`;
  return reworks > 0 ? `came back ${reworks}×` : '';
};

const tailWidth = (tail: string, width: number): number => Math.min(textWidth(tail), Math.floor(width * 0.35));

const idWidths = new WeakMap<TownView['beads'], number>();

/** Columns of the ids, the same for all rows, so that titles stand under each other. */
const idWidth = ({ beads }: TownView): number => {
  const known = idWidths.get(beads);
  if (known !== undefined) return known;
  let widest = 4;
  for (const id of beads.keys()) widest = Math.max(widest, Math.min(ID_MAX_COLUMNS, textWidth(id)));
  idWidths.set(beads, widest);
  return widest;
};
