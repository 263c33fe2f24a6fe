import type { Counts, RowCost } from '../../source/town/view.ts';

/** `$0.42`, `$0.42 + 3 unpriced`, or `3 unpriced`: what cost something is never shown as nothing. Empty where nothing is known. */
export const costWords = ({ costUsd, unpriced = 0 }: RowCost): string => {
  if (costUsd === undefined && unpriced === 0) return '';
  if (unpriced === 0) return dollars(costUsd ?? 0);
  return costUsd ? `${dollars(costUsd)} + ${unpriced} unpriced` : `${unpriced} unpriced`;
};

/** Of this day, since midnight where the town is. */
export const todayWords = ({ costTodayUsd, unpricedToday = 0 }: Counts): string =>
  costWords({ costUsd: costTodayUsd, unpriced: unpricedToday });

/** The same where there is little room: `$0.42+?` is more than that by what nobody knows the price of. */
export const shortCost = ({ costUsd, unpriced = 0 }: RowCost): string => {
  if (costUsd === undefined && unpriced === 0) return '';
  return unpriced === 0 ? dollars(costUsd ?? 0) : `${costUsd ? dollars(costUsd) : ''}+?`;
};

/** To the cent, as `gastown costs` says it. */
const dollars = (usd: number): string => `$${usd.toFixed(2)}`;
