import type { LedgerData, Polecat, Rig, Session, Town } from '../source/ledger/schema.ts';
import type { WorldView } from './role.ts';

/** Readings of the ledger that several roles share. All are pure; time is `view.now`. */

/** The agent whose work is a script: its exit code is the whole report, and it cannot be nudged. */
export const SHELL = 'shell';

export const ms = (time: string): number => Date.parse(time);

/**
 * Whether so much time has gone by since then. A moment that is still to come says that the clock was set back meanwhile:
 * how long ago it was nobody knows, and waiting until the clock has caught up could take a day.
 */
export const hasPassed = ({ now }: { readonly now: number }, since: string | number, forMs: number): boolean => {
  const at = typeof since === 'string' ? ms(since) : since;
  return now < at || now - at >= forMs;
};

export const iso = (at: number): string => new Date(at).toISOString();

export const townOf = (ledger: LedgerData): Town | undefined => ledger.town.get('town');

/** The town works on another machine: there things happen, here people read, plan and file. */
export const isAway = (view: WorldView): boolean => view.observed.awayHost !== undefined;

/** Why nothing at all is dispatched, started, tested or landed, in a few words, or undefined. */
export const whyStopped = (view: WorldView): string | undefined => {
  if (isAway(view)) return `this town works on ${view.observed.awayHost}`;
  const estop = townOf(view.ledger)?.estop;
  return estop && `emergency stop: ${estop.reason}`;
};

/** Whether that is so. A ledger without a town counts as stopped. */
export const isStopped = (view: WorldView): boolean =>
  townOf(view.ledger) === undefined || whyStopped(view) !== undefined;

export const activeRigs = (ledger: LedgerData): Rig[] =>
  [...ledger.rigs.values()].filter(rig => rig.removedAt === undefined).sort(byId);

/** The rig if it is known and not removed. */
export const activeRig = (ledger: LedgerData, id: string | undefined): Rig | undefined => {
  const rig = id === undefined ? undefined : ledger.rigs.get(id);
  return rig?.removedAt === undefined ? rig : undefined;
};

/** A polecat counts against the fleet's size while anything is on its hook. */
export const isBusy = ({ state }: Polecat): boolean => state !== 'idle' && state !== 'quarantined';

export const polecatsOf = (ledger: LedgerData): Polecat[] => [...ledger.polecats.values()].sort(byId);

/** The session that, as far as the ledger knows, runs for what is on the polecat's hook. */
export const liveSession = (ledger: LedgerData, polecat: Polecat): Session | undefined => {
  const session = polecat.session === undefined ? undefined : ledger.sessions.get(polecat.session);
  if (!session || session.status === 'ended') return undefined;
  return session.polecat === polecat.id && session.bead === polecat.hook ? session : undefined;
};

/**
 * True when an escalation with this key was ever opened, closed or not: a key names one occurrence (a tip, a session, a
 * heartbeat), so a person who closed it is not asked again about the same one.
 */
export const wasEscalated = (ledger: LedgerData, key: string): boolean => {
  for (const escalation of ledger.escalations.values()) if (escalation.key === key) return true;
  return false;
};

export const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** First twelve digits: enough for people, and for telling one tip from the next. */
export const shortSha = (sha: string): string => sha.slice(0, 12);
