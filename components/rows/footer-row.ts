import { safeLine, textWidth } from '../../source/common/text.ts';
import type { Theme } from '../theme.ts';

export interface Hint {
  readonly keys: string;
  readonly label: string;
  /** Has its place whatever else does not fit: the key that shows all others. */
  readonly kept?: boolean;
}

export interface FooterRowInput {
  /** Most useful first: those at the end are left out where they do not fit. */
  readonly hints: readonly Hint[];
  readonly width: number;
  readonly theme: Theme;
}

/** Keys that work here, as many as fit whole, in exactly `width` columns. */
export const footerRow = ({ hints, width, theme }: FooterRowInput): string => {
  const shown = fitting(hints, width);
  const row = shown.map(({ keys, label }) => `${theme.key(safeLine(keys))} ${safeLine(label)}`).join(GAP);
  const used = shown.reduce((sum, hint) => sum + columnsOf(hint), 0) - (shown.length > 0 ? GAP.length : 0);
  return row + ' '.repeat(Math.max(0, width - used));
};

const GAP = '  ';

const fitting = (hints: readonly Hint[], width: number): readonly Hint[] => {
  const kept = hints.filter(hint => hint.kept);
  let room = width + GAP.length - kept.reduce((sum, hint) => sum + columnsOf(hint), 0);
  if (room < 0) return [];
  const shown = new Set(kept);
  for (const hint of hints.filter(each => !each.kept)) {
    room -= columnsOf(hint);
    if (room < 0) break;
    shown.add(hint);
  }
  return hints.filter(hint => shown.has(hint));
};

/** With the gap beside it. */
const columnsOf = ({ keys, label }: Hint): number =>
  GAP.length + textWidth(safeLine(keys)) + 1 + textWidth(safeLine(label));
