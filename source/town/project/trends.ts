import { usdOf } from '../../ledger/costs.ts';
import { requestsOf } from '../../ledger/requests.ts';
import { spanStarts, TREND_STEP_MS, TREND_STEPS } from '../meter/trend.ts';
import type { Trends } from '../view.ts';
import type { ProjectionInput } from './input.ts';

/** How the last hours went. Landings are counted in the ledger's own order, money and tokens as calls came in. */
export const trendsOf = ({ ledger, world, now }: ProjectionInput): Trends => {
  const starts = spanStarts(now);
  const requests = requestsOf(ledger.data);
  const landedSince = starts.map(start => requests.landedSince(new Date(start).toISOString()));
  const used = world.money?.trend(now);
  const nothing = Array.from({ length: TREND_STEPS }, () => 0);
  return {
    stepMs: TREND_STEP_MS,
    lastAt: starts.at(-1)!,
    costUsd: used?.nanos.map(usdOf) ?? nothing,
    tokens: used?.tokens ?? nothing,
    landings: landedSince.map((count, index) => count - (landedSince[index + 1] ?? 0)),
  };
};
