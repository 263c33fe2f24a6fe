import { duration } from '../../source/common/text.ts';
import type { ConvoyRow, TownView } from '../../source/town/view.ts';
import type { Theme } from '../theme.ts';
import { sparkline } from './sparkline.ts';

/** Columns of a burn-down: an hour of a day is a column then. */
const COLUMNS_MAX = 48;

/** Beads of a convoy that were left over time, from when it was made: bars, and the figures at both ends. Undefined before the first is closed. */
export const burnDown = (
  view: TownView,
  convoy: ConvoyRow,
  { width, theme }: { width: number; theme: Theme },
): string | undefined => {
  const closings = convoy.beads
    .flatMap(id => view.beads.get(id)?.closedAt ?? [])
    .map(at => Date.parse(at))
    .sort((a, b) => a - b);
  if (closings.length === 0 || convoy.createdAt === undefined) return undefined;
  const isOver = convoy.closed >= convoy.beads.length;
  const end = isOver ? closings.at(-1)! : view.at;
  const columns = Math.max(2, Math.min(COLUMNS_MAX, width));
  const spanMs = Math.max(1, end - convoy.createdAt);
  const left = Array.from({ length: columns }, (_, index) => {
    const until = convoy.createdAt! + (spanMs * index) / (columns - 1);
    return convoy.beads.length - closings.filter(at => at <= until).length;
  });
  const bars = sparkline(left, { width: columns, theme });
  return `${bars}  ${convoy.beads.length} to ${left.at(-1)} in ${duration(spanMs)}`;
};
