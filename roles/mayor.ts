import { duration, plural } from '../source/common/text.ts';
import { openReadiness } from '../source/ledger/ready.ts';
import type { Bead, LedgerData, Polecat } from '../source/ledger/schema.ts';
import { actionsOf } from './action.ts';
import { byId, isBusy, ms, polecatsOf, townOf } from './facts.ts';
import { flightsOf, isPassedOver, meeting, scopeOf } from './flights.ts';
import { freshName } from './names.ts';
import type { Action, Decide, WorldView } from './role.ts';
import { isWanted, whyNoDispatch, whyPassedOver } from './undispatched.ts';

const act = actionsOf('mayor');

/**
 * Dispatch: puts ready beads that somebody slung onto hooks, as many as polecats may work. It looks anew each tick; the
 * ledger's compare-and-swap (`hook.set`) is what makes a doubled decision harmless.
 */
export const mayor: Decide = view => [...landConvoys(view), ...dispatch(view)];

/** The ledger lands a convoy with its last bead; this only catches one whose last bead ended in another way. */
const landConvoys = ({ ledger }: WorldView): Action[] =>
  [...ledger.convoys.values()]
    .filter(convoy => convoy.status === 'approved' && convoy.beads.every(id => isOver(ledger.beads.get(id))))
    .map(convoy =>
      act.command(
        'convoy.land',
        { id: convoy.id },
        {
          key: `convoy:${convoy.id}`,
          subject: convoy.id,
          because: `all ${plural(convoy.beads.length, 'bead')} of it are closed`,
        },
      ),
    );

const isOver = (bead: Bead | undefined): boolean =>
  bead === undefined || bead.status === 'closed' || bead.status === 'tombstone';

const dispatch = (view: WorldView): Action[] => {
  if (!townOf(view.ledger) || whyNoDispatch(view) !== undefined) return [];
  const candidates = candidatesOf(view);
  if (candidates.length === 0) return [];
  const polecats = polecatsOf(view.ledger);
  const staff: Staff = {
    ledger: view.ledger,
    polecats,
    taken: new Set(),
    names: new Set(polecats.map(polecat => polecat.name)),
  };
  const busy = polecats.filter(isBusy).length;
  const free = view.settings.mayor.maxPolecats - busy;
  const flights = flightsOf(view);
  const depths = dependencyDepths(view.ledger, candidates);
  const waiting = byHand(view.ledger, candidates.sort(inDispatchOrder(depths)));

  const actions: Action[] = [];
  while (actions.length < free && waiting.length > 0) {
    const next = waiting.find(bead => isPassedOver(view, bead) || !meeting(bead, flights)) ?? waiting[0]!;
    waiting.splice(waiting.indexOf(next), 1);
    const polecat = choosePolecat(next, staff);
    if (!polecat) continue;
    staff.taken.add(polecat);
    staff.names.add(polecat.slice(polecat.indexOf('/') + 1));
    const met = meeting(next, flights);
    flights.push({ rig: next.town.rig, id: next.id, paths: scopeOf(next) });
    actions.push(
      act.command(
        'hook.set',
        { bead: next.id, polecat },
        {
          key: `hook:${next.id}`,
          subject: next.id,
          because: [
            `ready since ${duration(view.now - ms(next.town.dispatch!.at))}, priority ${next.priority}${waitingBehind(depths.get(next.id) ?? 0)}`,
            `${busy + actions.length} of ${view.settings.mayor.maxPolecats} polecats busy`,
            ...(met ? [`may conflict with ${met.id} in ${met.path}`] : []),
          ].join('; '),
        },
      ),
    );
  }
  return actions;
};

const candidatesOf = (view: WorldView): Bead[] => {
  const readiness = openReadiness(view.ledger, view.now);
  return [...view.ledger.beads.values()].filter(
    bead => isWanted(bead) && whyPassedOver(view, bead, readiness) === undefined,
  );
};

/** Priority (0 first), then who waits longest, then who holds up most, then the id: the same input gives the same order. */
const inDispatchOrder =
  (depths: ReadonlyMap<string, number>) =>
  (a: Bead, b: Bead): number =>
    a.priority - b.priority ||
    ms(a.town.dispatch!.at) - ms(b.town.dispatch!.at) ||
    (depths.get(b.id) ?? 0) - (depths.get(a.id) ?? 0) ||
    byId(a, b);

/**
 * Where a person put the beads of a convoy in order, they take the places of each other in that order; beads of others keep
 * theirs, so that moving one about in a plan pushes no other plan aside.
 */
const byHand = (ledger: LedgerData, beads: readonly Bead[]): Bead[] => {
  const byConvoy = new Map<string, Bead[]>();
  for (const bead of beads) {
    const convoy = ledger.convoys.get(bead.town.convoy ?? '');
    if (!convoy?.ordered) continue;
    byConvoy.set(convoy.id, [...(byConvoy.get(convoy.id) ?? []), bead]);
  }
  for (const [id, own] of byConvoy) {
    const places = new Map(ledger.convoys.get(id)!.beads.map((bead, at) => [bead, at]));
    own.sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0));
  }
  return beads.map(bead => byConvoy.get(bead.town.convoy ?? '')?.shift() ?? bead);
};

/** How many open beads wait behind each of these beads, directly or through others. */
export const dependencyDepths = (ledger: LedgerData, of: readonly Bead[]): Map<string, number> => {
  const waitingOn = new Map<string, string[]>();
  const readiness = openReadiness(ledger);
  for (const bead of ledger.beads.values()) {
    if (isOver(bead)) continue;
    for (const blocker of readiness.blockedBy(bead)) {
      const behind = waitingOn.get(blocker);
      if (behind) behind.push(bead.id);
      else waitingOn.set(blocker, [bead.id]);
    }
  }
  return new Map(of.map(bead => [bead.id, countBehind(waitingOn, bead.id)]));
};

const countBehind = (waitingOn: ReadonlyMap<string, readonly string[]>, id: string): number => {
  const seen = new Set([id]);
  const queue = [id];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const behind of waitingOn.get(next) ?? []) {
      if (seen.has(behind)) continue;
      seen.add(behind);
      queue.push(behind);
    }
  }
  return seen.size - 1;
};

const waitingBehind = (count: number): string =>
  count === 0 ? '' : `, ${plural(count, 'bead')} ${count === 1 ? 'waits' : 'wait'} behind it`;

interface Staff {
  readonly ledger: LedgerData;
  readonly polecats: readonly Polecat[];
  readonly taken: Set<string>;
  readonly names: Set<string>;
}

/**
 * Id of the polecat for a bead. A wish is kept: the bead waits while that polecat is busy or rests. Without one the
 * preferred polecat if it is free, else any free one of the rig, else a new one.
 */
const choosePolecat = (bead: Bead, staff: Staff): string | undefined => {
  const rig = bead.town.rig!;
  const { polecat: wish, prefer } = bead.town.dispatch!;
  const isFree = (polecat: Polecat) =>
    polecat.rig === rig &&
    polecat.state === 'idle' &&
    !polecat.hook &&
    !staff.taken.has(polecat.id) &&
    !isEnding(staff.ledger, polecat);
  if (wish !== undefined) {
    const wished = staff.polecats.find(polecat => polecat.id === wish);
    return (wished ? isFree(wished) : !staff.taken.has(wish)) ? wish : undefined;
  }
  const preferred = staff.polecats.find(polecat => polecat.id === prefer);
  if (preferred && isFree(preferred)) return preferred.id;
  return staff.polecats.find(isFree)?.id ?? `${rig}/${freshName(staff.names)}`;
};

/** Its bead was taken away and the session that worked on it is still being ended. */
const isEnding = (ledger: LedgerData, polecat: Polecat): boolean => {
  const session = polecat.session === undefined ? undefined : ledger.sessions.get(polecat.session);
  return session !== undefined && session.status !== 'ended';
};
