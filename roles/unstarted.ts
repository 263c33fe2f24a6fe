import type { Bead, Polecat } from '../source/ledger/schema.ts';
import { startRefusal } from './budget.ts';
import { respawnCap, restsUntil } from './caps.ts';
import { activeRig, iso, liveSession } from './facts.ts';
import { isZombie } from './fate.ts';
import type { WorldView } from './role.ts';
import { whyNoDispatch } from './undispatched.ts';

/**
 * Why no session is started for what is on a polecat's hook, in a few words, or undefined. The Polecat role starts none where
 * there is a reason, and rows and `gastown why` show it.
 */
export const whyNotStarted = (view: WorldView, polecat: Polecat, bead: Bead): string | undefined =>
  whyNoDispatch(view) ??
  (activeRig(view.ledger, polecat.rig) ? undefined : `its rig ${polecat.rig} was removed`) ??
  (hauntedPolecats(view).has(polecat.id) ? 'a process of its last session has to end first' : undefined) ??
  respawnCap(view, bead) ??
  startRefusal(view, bead) ??
  whyItRests(view, polecat, bead);

/** What keeps a hook waiting at this moment, or undefined while a session runs for it. */
export const whyHookWaits = (view: WorldView, polecat: Polecat): string | undefined => {
  const bead = polecat.hook === undefined ? undefined : view.ledger.beads.get(polecat.hook);
  if (!bead || liveSession(view.ledger, polecat)) return undefined;
  return whyNotStarted(view, polecat, bead) ?? 'its session is next to be started';
};

const whyItRests = (view: WorldView, polecat: Polecat, bead: Bead): string | undefined => {
  const until = restsUntil(view, bead, view.ledger.sessions.get(polecat.session ?? ''));
  return until > view.now
    ? `its last session ended badly, as one before it: the next is started at ${iso(until)}`
    : undefined;
};

/** A process of an earlier session still runs in their checkout: the Witness ends it first. */
const hauntedPolecats = (view: WorldView): ReadonlySet<string> => {
  const known = haunted.get(view);
  if (known) return known;
  const found = new Set(
    [...view.observed.sessions].flatMap(([id, seen]) => {
      const session = view.ledger.sessions.get(id);
      return session && isZombie(view, session, seen) ? [session.polecat] : [];
    }),
  );
  haunted.set(view, found);
  return found;
};
const haunted = new WeakMap<WorldView, ReadonlySet<string>>();
