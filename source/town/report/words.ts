import { duration } from '../../common/text.ts';
import { usdOf } from '../../ledger/costs.ts';
import type { KnownCost } from './changes.ts';
import type { Quantiles } from './quantiles.ts';

export const spread = ({ p50, p90 }: Quantiles): { value: string; note: string } =>
  p50 === undefined || p90 === undefined
    ? { value: '–', note: 'nothing to measure' }
    : { value: duration(p50), note: `nine of ten within ${duration(p90)}` };

/** In words, so that nobody takes what is unknown for nothing. */
export const money = ({ known, nanos }: KnownCost): string => {
  if (known === 'none') return 'no model asked';
  if (known === 'unknown') return 'unknown';
  return `${known === 'partly' ? 'at least ' : ''}$${usdOf(nanos).toFixed(2)}`;
};

export const perChange = (cost: KnownCost, changes: number): string =>
  changes === 0 ? '–' : money({ ...cost, nanos: Math.round(cost.nanos / changes) });
