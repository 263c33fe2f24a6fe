import type { Readiness } from '../source/ledger/ready.ts';
import type { Bead } from '../source/ledger/schema.ts';
import { startRefusal } from './budget.ts';
import { respawnCap, reworkCap } from './caps.ts';
import { activeRig, isAway, isBusy, polecatsOf, townOf } from './facts.ts';
import type { WorldView } from './role.ts';
import { notDispatchedUnattended } from './unattended.ts';

/** Somebody slung it, nobody works on it, and it was not given up. */
export const isWanted = (bead: Bead): boolean =>
  bead.town.dispatch !== undefined && bead.status === 'open' && bead.assignee === undefined;

/** Why nothing at all is put on hooks, in a few words, or undefined. */
export const whyNoDispatch = (view: WorldView): string | undefined => {
  const town = townOf(view.ledger);
  if (isAway(view)) return `this town works on ${view.observed.awayHost}`;
  if (town?.estop) return `emergency stop: ${town.estop.reason}`;
  if (town?.dispatchPaused) return town.dispatchPaused.reason;
  if (!view.observed.host.reachable) return 'the terminal host cannot be reached';
  return undefined;
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
  const busy = polecatsOf(view.ledger).filter(isBusy).length;
  return busy < maxPolecats ? 'it is next' : `all ${maxPolecats} polecats are busy`;
};
