import { plural } from '../../source/common/text.ts';
import type { Bead, Polecat } from '../../source/ledger/schema.ts';
import { actionsOf } from '../action.ts';
import { respawnCap } from '../caps.ts';
import { activeRig, byId, liveSession, polecatsOf } from '../facts.ts';
import type { Action, WorldView } from '../role.ts';
import { tell } from './tell.ts';

const act = actionsOf('witness');

/** Wanted, but for a repository that the town does not (or no longer) have: only a person can say where it belongs. */
export const homeless = (view: WorldView): Action[] =>
  [...view.ledger.beads.values()].flatMap(bead => {
    if (!bead.town.dispatch || bead.status !== 'open' || activeRig(view.ledger, bead.town.rig)) return [];
    const reason = bead.town.rig ? `its rig ${bead.town.rig} was removed` : 'it belongs to no rig';
    return act.command(
      'bead.park',
      { id: bead.id, reason },
      { key: `park:${bead.id}`, subject: bead.id, because: reason },
    );
  });

/** A bead that cost its share of sessions waits for a person, with the evidence, instead of costing another one. */
export const exhaustedBeads = (view: WorldView): Action[] =>
  [...view.ledger.beads.values()].flatMap(bead => {
    if (!isToRun(view, bead)) return [];
    const reason = respawnCap(view, bead);
    if (!reason) return [];
    const { cause } = bead.town;
    return act.command(
      'bead.park',
      { id: bead.id, reason, ...(cause && { cause }), severity: 'high' },
      {
        key: `park:${bead.id}`,
        subject: bead.id,
        because: reason,
      },
    );
  });

/** Wanted on a hook, or on one with no session running: what the next launch would be for. */
const isToRun = (view: WorldView, bead: Bead): boolean => {
  if (bead.status === 'open') return bead.town.dispatch !== undefined;
  if (bead.status !== 'hooked' && bead.status !== 'in_progress') return false;
  const holder = view.ledger.polecats.get(bead.assignee ?? '');
  return holder?.hook === bead.id && liveSession(view.ledger, holder) === undefined;
};

/**
 * A bead that says it is on a hook which does not hold it would wait for ever: it is wanted again. A hook that holds what
 * is closed, gone or another's is emptied; what is known of the bead is not touched by that.
 */
export const lostHooks = (view: WorldView): Action[] => {
  const { beads } = view.ledger;
  const held = new Set(polecatsOf(view.ledger).map(({ hook }) => hook));
  const stray = [...beads.values()].flatMap(bead => {
    if (bead.status !== 'hooked' || !activeRig(view.ledger, bead.town.rig)) return [];
    const { assignee } = bead;
    if (assignee === undefined || held.has(bead.id)) return [];
    const because = `it counts as on the hook of ${assignee}, which does not hold it`;
    return act.command('bead.sling', { id: bead.id }, { key: `lost-hook:${bead.id}`, subject: bead.id, because });
  });
  const empty = polecatsOf(view.ledger).flatMap(polecat => {
    if (polecat.hook === undefined || liveSession(view.ledger, polecat)) return [];
    const bead = beads.get(polecat.hook);
    const because = whyNotHeld(bead, polecat);
    if (!because) return [];
    return act.command(
      'hook.release',
      { polecat: polecat.id, requeue: false },
      { key: `release:${polecat.id}`, subject: polecat.id, because: `${polecat.hook} ${because}` },
    );
  });
  return [...stray, ...empty];
};

/** "Not found" is no proof that a bead is closed, but nothing can be run for what is not there either. */
const whyNotHeld = (bead: Bead | undefined, polecat: Polecat): string | undefined => {
  if (!bead) return 'is not in the ledger';
  if (bead.status === 'closed' || bead.status === 'tombstone') return `is ${bead.status}`;
  return bead.assignee !== undefined && bead.assignee !== polecat.id ? `is ${bead.assignee}'s` : undefined;
};

/** Cannot be while the ledger holds; if it is, two agents do one thing, and a person must choose. */
export const doubleHooks = (view: WorldView): Action[] => {
  const holders = new Map<string, Polecat[]>();
  for (const polecat of polecatsOf(view.ledger)) {
    if (polecat.hook) holders.set(polecat.hook, [...(holders.get(polecat.hook) ?? []), polecat]);
  }
  return [...holders].flatMap(([bead, polecats]) => {
    if (polecats.length < 2) return [];
    const names = polecats.sort(byId).map(polecat => polecat.id);
    return tell(view, {
      key: `double-hook:${bead}:${names.join('+')}`,
      subject: bead,
      title: `${bead} is on ${plural(polecats.length, 'hook')}`,
      body: `${names.join(' and ')} hold it. Stop all but one.`,
    });
  });
};
