import { duration, plural } from '../../common/text.ts';
import type { BeadRow, ConvoyRow, Estimate } from '../view.ts';

/** Landed beads from which a time is told: fewer say more of themselves than of what is to come. */
const TOLD_FROM = 3;

export interface EstimateInput {
  readonly convoy: Pick<ConvoyRow, 'status' | 'rig'>;
  /** The convoy's beads that are shown. */
  readonly beads: readonly BeadRow[];
  /** How long beads of its rig took that landed lately, shortest first, ms. */
  readonly times: readonly number[];
  /** Polecats that may work at once. */
  readonly workers: number;
  /** Why nothing is started just now, if so. */
  readonly stopped?: string | undefined;
}

/**
 * How long a convoy will probably take, in words, with what that is known from; what keeps it from being known otherwise.
 * Undefined where nothing is left to wait for. The same words as long as nothing happens: they name no clock.
 */
export const estimate = ({ convoy, beads, times, workers, stopped }: EstimateInput): Estimate | undefined => {
  const open = beads.filter(({ status }) => status !== 'closed');
  if (open.length === 0 || convoy.status === 'landed' || convoy.status === 'cancelled') return undefined;
  const parked = open.filter(({ phase }) => phase === 'parked').length;
  if (parked > 0)
    return { words: `no estimate: ${plural(parked, 'bead')} in it ${parked === 1 ? 'waits' : 'wait'} for you` };
  if (times.length < TOLD_FROM) return { words: 'no estimate yet', basis: tooFew(times.length, convoy.rig) };
  const rounds = Math.max(longestChain(open), Math.ceil(open.length / Math.max(1, workers)));
  const [low, high] = [0.25, 0.75].map(share => duration(rounds * quantile(times, share)));
  const time = low === high ? `about ${low}` : `about ${low} to ${high}`;
  return {
    words: `${time}${condition(convoy, open, stopped)}`,
    basis: `by the last ${plural(times.length, 'bead')} that landed in ${convoy.rig}`,
  };
};

/** Estimates by convoy, made anew only where something that they are made from is another one: plans may hold 10,000 beads. */
export const createEstimates = (): ((id: string, input: EstimateInput) => Estimate | undefined) => {
  const known = new Map<string, { readonly input: EstimateInput; readonly made: Estimate | undefined }>();
  return (id, input) => {
    const before = known.get(id);
    if (before && isSame(before.input, input)) return before.made;
    const made = estimate(input);
    known.set(id, { input, made });
    return made;
  };
};

const isSame = (a: EstimateInput, b: EstimateInput): boolean =>
  a.times === b.times &&
  a.convoy.status === b.convoy.status &&
  a.workers === b.workers &&
  a.stopped === b.stopped &&
  a.beads.length === b.beads.length &&
  a.beads.every((bead, index) => bead === b.beads[index]);

const tooFew = (count: number, rig: string): string =>
  count === 0
    ? `nothing has landed in ${rig} to know it from`
    : `only ${plural(count, 'bead')} landed in ${rig} to know it from`;

const condition = (convoy: EstimateInput['convoy'], open: readonly BeadRow[], stopped: string | undefined): string => {
  if (convoy.status === 'proposed') return ' once you approve it';
  if (stopped !== undefined) return ` once it goes on (${stopped})`;
  return open.some(({ phase }) => UNDER_WAY.has(phase)) ? ' to go' : ' once it is slung (S)';
};

const UNDER_WAY: ReadonlySet<BeadRow['phase']> = new Set(['queued', 'working', 'waiting', 'merging']);

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;

/** Beads that must be done one after the other, at most. */
const longestChain = (open: readonly BeadRow[]): number => {
  const own = new Map(open.map(bead => [bead.id, bead]));
  const known = new Map<string, number>();
  const lengthOf = (bead: BeadRow): number => {
    const length = known.get(bead.id);
    if (length !== undefined) return length;
    // An import may hold a circle: whoever is met again counts once.
    known.set(bead.id, 1);
    const before = [...bead.blockedBy, ...(bead.needs ?? [])].flatMap(id => own.get(id) ?? []);
    const found = 1 + Math.max(0, ...before.map(lengthOf));
    known.set(bead.id, found);
    return found;
  };
  return Math.max(...open.map(lengthOf));
};
