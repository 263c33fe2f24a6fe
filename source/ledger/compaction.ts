import { plural } from '../common/text.ts';
import type { Bead, LedgerData } from './schema.ts';

/** How far open work is looked for behind a closed bead: whoever waits for it may want to read it. */
const DEPENDENT_LEVELS = 2;
/** Characters of each text that a digest keeps: enough to know what it was. */
const KEPT_CHARS = 300;

/** What stands in place of all of a bead's long texts. */
export interface Digest {
  readonly description: string;
  readonly compaction_level: number;
  /** Characters of all long texts before. */
  readonly original_size: number;
}

/**
 * Beads whose long texts can fold into a digest, oldest first: closed before that time (ISO), not pinned, not folded
 * yet, with no open work within two levels behind them, and shorter afterwards.
 */
export const compactable = (data: Pick<LedgerData, 'beads'>, before: string): Bead[] => {
  const dependents = dependentsOf(data.beads);
  return [...data.beads.values()]
    .filter(bead => isOldAndClosed(bead, before) && !hasOpenBehind(bead.id, dependents, DEPENDENT_LEVELS))
    .filter(bead => digestOf(bead) !== undefined)
    .sort((a, b) => (a.closed_at! < b.closed_at! ? -1 : a.closed_at! > b.closed_at! ? 1 : 0));
};

/** Cheap to ask of each bead; `compactable` asks the rest. */
export const isOldAndClosed = (bead: Bead, before: string): boolean =>
  bead.status === 'closed' &&
  bead.closed_at !== undefined &&
  bead.closed_at < before &&
  !bead.pinned &&
  (bead.compaction_level ?? 0) === 0;

/** What stays of a bead's texts, made without a model so that it is always the same; undefined when nothing would be won. */
export const digestOf = (bead: Bead): Digest | undefined => {
  const comments = (bead.comments ?? []).map(({ text }) => text);
  const texts = [bead.description, bead.design, bead.acceptance_criteria, bead.notes, ...comments];
  const size = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  const description = [
    outcome(bead),
    beginning('', bead.description),
    beginning('Design: ', bead.design),
    beginning('Notes: ', bead.notes),
    ...(comments.length > 0 ? [`${plural(comments.length, 'comment')}.`] : []),
    `Folded from ${size} characters; the whole text is in the history (gastown restore ${bead.id}).`,
  ]
    .filter(Boolean)
    .join('\n');
  if (description.length >= size) return undefined;
  return { description, compaction_level: 1, original_size: size };
};

const outcome = ({ closed_at, close_reason, town }: Bead): string => {
  const landed = town.landed_sha ? `, landed as ${town.landed_sha.slice(0, 12)}` : '';
  return `Closed ${closed_at!.slice(0, 10)}${landed}${close_reason ? `: ${cut(close_reason)}` : ''}`;
};

const beginning = (label: string, text: string | undefined): string => {
  const first = text?.trim() ?? '';
  return first === '' ? '' : `${label}${cut(first)}`;
};

const cut = (text: string): string =>
  text.length <= KEPT_CHARS ? text : `${text.slice(0, KEPT_CHARS - 1).replace(/[\ud800-\udbff]$/, '')}…`;

const dependentsOf = (beads: LedgerData['beads']): Map<string, Bead[]> => {
  const dependents = new Map<string, Bead[]>();
  for (const bead of beads.values()) {
    for (const { depends_on_id } of bead.dependencies ?? []) {
      const known = dependents.get(depends_on_id);
      if (known) known.push(bead);
      else dependents.set(depends_on_id, [bead]);
    }
  }
  return dependents;
};

const hasOpenBehind = (id: string, dependents: ReadonlyMap<string, Bead[]>, levels: number): boolean =>
  levels > 0 &&
  (dependents.get(id) ?? []).some(
    bead => (bead.status !== 'closed' && bead.status !== 'tombstone') || hasOpenBehind(bead.id, dependents, levels - 1),
  );
