import type { Readiness } from '../source/ledger/ready.ts';
import type { Bead } from '../source/ledger/schema.ts';
import { startRefusal } from './budget.ts';
import { respawnCap, reworkCap } from './caps.ts';
import { activeRig, isBusy, townOf, whyStopped } from './facts.ts';
import type { WorldView } from './role.ts';
import { notDispatchedUnattended } from './unattended.ts';

/** Somebody slung it, nobody works on it, and it was not given up. */
export const isWanted = (bead: Bead): boolean =>
  bead.town.dispatch !== undefined && bead.status === 'open' && bead.assignee === undefined;

/** Why nothing at all is put on hooks, and no session started for what is on one, in a few words, or undefined. */
export const whyNoDispatch = (view: WorldView): string | undefined => {
  const why = whyStopped(view) ?? townOf(view.ledger)?.dispatchPaused?.reason;
  return why ?? (view.observed.host.reachable ? undefined : 'the terminal host cannot be reached');
};

/**
 * Why this wanted bead is not among those that the Mayor chooses from, in a few words, or undefined. What is at a cap waits
 * for the Witness or the Refinery to park it.
 */
export const whyPassedOver = (view: WorldView, bead: Bead, readiness: Readiness): string | undefined => {
  if (!activeRig(view.ledger, bead.town.rig))
    return bead.town.rig ? `its rig ${bead.town.rig} was removed` : 'it has no rig';
  if (!readiness.isReady(bead)) return readyWords(readiness.blockedBy(bead));
  return (
    respawnCap(view, bead) ?? reworkCap(view, bead) ?? startRefusal(view, bead) ?? notDispatchedUnattended(view, bead)
  );
};

/** Why a wanted bead is on no hook just now: always something, for it would be on one. */
export const whyUndispatched = (view: WorldView, bead: Bead, readiness: Readiness): string =>
  whyNoDispatch(view) ?? whyPassedOver(view, bead, readiness) ?? forWant(view, bead);

const readyWords = (blockers: readonly string[]): string =>
  blockers.length > 0 ? `it needs ${blockers.join(', ')} first` : 'it is put off';

/** Of polecats. */
const forWant = (view: WorldView, bead: Bead): string => {
  const wish = bead.town.dispatch?.polecat;
  if (wish !== undefined) return `it waits for ${wish}`;
  const { maxPolecats } = view.settings.mayor;
  return busyIn(view) < maxPolecats ? 'it is next' : `all ${maxPolecats} polecats are busy`;
};

/** Counted once for each view, which is asked about every wanted bead in turn. */
const busyIn = (view: WorldView): number => {
  const known = counts.get(view);
  if (known !== undefined) return known;
  const count = [...view.ledger.polecats.values()].filter(isBusy).length;
  counts.set(view, count);
  return count;
};
const counts = new WeakMap<WorldView, number>();
