import { duration } from '../../source/common/text.ts';
import type { RoundRow, TownView, TrialRow } from '../../source/town/view.ts';
import type { Style, Theme } from '../theme.ts';
import { composeRow, type Piece } from './compose.ts';

/** Rigs whose ladder is shown above the queue: more would leave nothing of it. */
const ROUNDS_MAX = 3;

/** The ladder as it runs, one row a rig: which first parts of the queue are tested together, how far that is, and who is suspected. */
export const roundRows = (
  { rounds = [], merges, at }: TownView,
  { width, theme }: { width: number; theme: Theme },
): readonly string[] => {
  const places = new Map(
    merges.flatMap(({ id, position }) => (position === undefined ? [] : [[id, position] as const])),
  );
  return rounds.slice(0, ROUNDS_MAX).map(round => composeRow(roundPieces(round, { places, at, theme }), { width }));
};

interface Around {
  readonly places: ReadonlyMap<string, number>;
  readonly at: number;
  readonly theme: Theme;
}

const roundPieces = (round: RoundRow, around: Around): readonly Piece[] => {
  const { rig, target, tip, trials, suspects, accused } = round;
  const { theme } = around;
  return [
    { text: `${rig} on ${target}@${tip.slice(0, 7)}`, style: theme.dim },
    ...(trials.length === 0 ? [{ text: '  being stacked', style: theme.dim }] : []),
    ...trials.flatMap(trial => [{ text: '  ' }, ...trialPieces(trial, around)]),
    ...suspects.map(ids => ({
      text: `  ${theme.glyph.waiting} one of ${placeWords(ids, around.places)} is bad`,
      style: theme.warn,
    })),
    ...(accused.length > 0
      ? [{ text: `  ${theme.glyph.waiting} suspected: ${placeWords(accused, around.places)}`, style: theme.warn }]
      : []),
  ];
};

const trialPieces = (trial: TrialRow, { places, at, theme }: Around): readonly Piece[] => {
  const { glyph, style } = LOOKS[trial.state](theme);
  return [{ text: `${glyph} ${trialWords(trial, places)}${progressWords(trial, at)}`, style }];
};

/** `1-4 together`, `3 alone`, `half of the suspects (2, 5)`. */
export const trialWords = (
  { kind, ids }: Pick<TrialRow, 'kind' | 'ids'>,
  places: ReadonlyMap<string, number>,
): string => {
  const where = placeWords(ids, places);
  if (kind === 'half') return `half of the suspects (${where})`;
  return ids.length === 1 ? `${where} alone` : `${where} together`;
};

/** ` test 12s of 40s`: which gate runs, since when, and how long it usually takes. */
export const progressWords = ({ state, gate, startedAt, usualMs }: TrialRow, at: number): string => {
  if (state === 'failed') return ` red${gate ? ` (${gate})` : ''}`;
  if (state === 'passed') return ' green';
  if (state === 'stuck') return ` could not run${gate ? ` (${gate})` : ''}`;
  if (state === 'waits') return ' next';
  return ` ${gateProgress({ name: gate ?? 'gates', startedAt, usualMs }, at)}`;
};

/** `test 12s of 40s`; without a history only what has gone. */
export const gateProgress = (
  { name, startedAt, usualMs }: { name: string; startedAt?: number | undefined; usualMs?: number | undefined },
  at: number,
): string => {
  if (startedAt === undefined) return name;
  return `${name} ${duration(at - startedAt)}${usualMs === undefined ? '' : ` of ${usualMs < 1_000 ? 'under 1s' : duration(usualMs)}`}`;
};

/** Places in the queue, as one range where they follow each other; what has left the queue by its id. */
const placeWords = (ids: readonly string[], places: ReadonlyMap<string, number>): string => {
  const found = ids.map(id => places.get(id));
  const isRange = ids.length > 2 && found.every((place, index) => place !== undefined && place === found[0]! + index);
  return isRange ? `${found[0]}-${found.at(-1)}` : ids.map((id, index) => found[index] ?? id).join(', ');
};

const LOOKS: Readonly<Record<TrialRow['state'], (theme: Theme) => { glyph: string; style: Style }>> = {
  passed: ({ glyph, good }) => ({ glyph: glyph.ok, style: good }),
  failed: ({ glyph, bad }) => ({ glyph: glyph.fail, style: bad }),
  running: ({ glyph, info }) => ({ glyph: glyph.on, style: info }),
  waits: ({ glyph, dim }) => ({ glyph: glyph.off, style: dim }),
  stuck: ({ glyph, warn }) => ({ glyph: glyph.waiting, style: warn }),
};
