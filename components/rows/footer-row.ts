import { cut, safeLine, textWidth } from '../../source/common/text.ts';
import type { Theme } from '../theme.ts';

export interface Hint {
  readonly keys: string;
  readonly label: string;
}

export interface FooterRowInput {
  /** Most useful first: those at the end are left out where they do not fit. */
  readonly hints: readonly Hint[];
  readonly width: number;
  readonly theme: Theme;
}

/** Keys that work here, as many as fit whole, in exactly `width` columns. */
export const footerRow = ({ hints, width, theme }: FooterRowInput): string => {
  let row = '';
  let used = 0;
  for (const hint of hints) {
    const keys = safeLine(hint.keys);
    const label = safeLine(hint.label);
    const gap = used > 0 ? '  ' : '';
    const columns = gap.length + textWidth(keys) + 1 + textWidth(label);
    if (used + columns > width) break;
    row += `${gap}${theme.key(keys)} ${cut(label, width)}`;
    used += columns;
  }
  return row + ' '.repeat(Math.max(0, width - used));
};
