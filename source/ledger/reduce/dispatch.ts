import { blockedBy, isNoWork } from '../ready.ts';
import type { Bead, Polecat, Session } from '../schema.ts';
import { closeParkEscalation, holderOf, liveBead, updateBead, wish } from './bead-records.ts';
import { activeRig } from './rigs.ts';
import { assertNotStopped } from './town.ts';
import { conflict, invalid, type Reducers, type Transaction } from './transaction.ts';

/** `<rig>/<name>`; the name is a folder and a part of branch names. */
const POLECAT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

export const dispatchReducers: Reducers<'bead.sling' | 'bead.unsling' | 'hook.set' | 'hook.release' | 'polecat.state'> =
  {
    'bead.sling': (tx, { id, polecat, agent }) => {
      const bead = liveBead(tx, id);
      assertSlingable(tx, bead);
      if (polecat !== undefined) splitPolecatId(polecat, bead.town.rig!);
      const { dispatch } = bead.town;
      const isAsWished = dispatch && dispatch.polecat === polecat && (agent === undefined || agent === bead.town.agent);
      if (isAsWished && bead.status === 'open' && bead.assignee === undefined) return;
      const parked = bead.town.parked !== undefined;
      updateBead(tx, id, {
        status: 'open',
        assignee: undefined,
        ...(bead.status === 'deferred' && { defer_until: undefined }),
        town: {
          ...bead.town,
          dispatch: wish(tx, { polecat, prefer: dispatch?.prefer }),
          ...(agent !== undefined && { agent }),
          ...(parked && { respawns: 0, reworks: 0 }),
          parked: undefined,
        },
      });
      if (parked) closeParkEscalation(tx, id);
    },

    'bead.unsling': (tx, { id }) => {
      const bead = liveBead(tx, id);
      const holder = holderOf(tx, bead);
      if (holder) throw conflict(`${id} is on the hook of ${holder.id} already.`, 'Stop the polecat to take it back.');
      if (bead.town.dispatch) updateBead(tx, id, { town: { ...bead.town, dispatch: undefined } });
    },

    'hook.set': (tx, { bead: id, polecat: polecatId }) => {
      assertNotStopped(tx);
      const bead = liveBead(tx, id);
      assertDispatchable(tx, bead, polecatId);
      const rig = activeRig(tx, bead.town.rig!);
      const name = splitPolecatId(polecatId, rig.id);
      const polecat = tx.find('polecats', polecatId);
      if (polecat) assertIdle(tx, polecat);
      updateBead(tx, id, { status: 'hooked', assignee: polecatId, town: { ...bead.town, dispatch: undefined } });
      const state = { state: 'slung', since: tx.now, hook: id, next: undefined } as const;
      if (polecat) tx.update('polecats', polecatId, state);
      else
        tx.create('polecats', {
          id: polecatId,
          rig: rig.id,
          name,
          ...state,
          restarts: [],
          landed: 0,
          bounced: 0,
          failed: 0,
        });
      tx.explain(polecatId);
    },

    'hook.release': (tx, { polecat: id, requeue, prefer }) => {
      const polecat = tx.get('polecats', id);
      if (!polecat.hook) throw conflict(`Nothing is on the hook of ${id}.`);
      const bead = tx.find('beads', polecat.hook);
      // What was closed under its polecat stays closed: only the hook is emptied.
      if (bead && bead.status !== 'closed' && bead.status !== 'tombstone' && holderOf(tx, bead)) {
        updateBead(tx, bead.id, {
          status: 'open',
          assignee: undefined,
          town: { ...bead.town, dispatch: requeue ? wish(tx, { prefer: prefer ? id : undefined }) : undefined },
        });
      }
      tx.update('polecats', id, offHook(tx, polecat));
      tx.explain(id);
    },

    'polecat.state': (tx, { id, state }) => {
      const polecat = tx.get('polecats', id);
      if (polecat.state === state) return;
      if (polecat.hook && (state === 'idle' || state === 'quarantined')) {
        throw conflict(
          `${id} cannot be ${state}: ${polecat.hook} is on its hook.`,
          'Take the bead off its hook first.',
        );
      }
      if (!polecat.hook && NEEDS_HOOK.has(state)) throw conflict(`${id} cannot be ${state}: nothing is on its hook.`);
      tx.update('polecats', id, { state, since: tx.now });
    },
  };

const NEEDS_HOOK: ReadonlySet<Polecat['state']> = new Set(['slung', 'starting', 'working', 'waiting', 'stalled']);

/** A polecat after its hook was emptied: free, unless it rests. */
export const offHook = (tx: Transaction, polecat: Polecat) =>
  polecat.state === 'quarantined'
    ? { hook: undefined, next: undefined }
    : ({ state: 'idle', since: tx.now, hook: undefined, next: undefined } as const);

/** The session that still runs for a polecat, as far as the ledger knows. */
export const liveSessionOf = (tx: Transaction, polecat: Polecat): Session | undefined => {
  const session = polecat.session === undefined ? undefined : tx.find('sessions', polecat.session);
  return session && session.status !== 'ended' ? session : undefined;
};

const assertSlingable = (tx: Transaction, bead: Bead): void => {
  if (bead.status === 'closed') throw conflict(`${bead.id} is closed.`, 'Reopen it first.');
  if (!bead.town.rig)
    throw invalid(`${bead.id} belongs to no rig, so nobody can work on it.`, 'Create it again in a rig.');
  activeRig(tx, bead.town.rig);
  assertWork(bead);
  const holder = holderOf(tx, bead);
  if (holder) throw conflict(`${bead.id} is on the hook of ${holder.id} already.`);
  if (bead.town.merge) throw conflict(`${bead.id} is finished: ${bead.town.merge} is in the merge queue.`);
  if (bead.status === 'pinned') throw conflict(`${bead.id} is pinned.`, 'Set its status to open first.');
  if (bead.status === 'in_progress' && bead.assignee) {
    throw conflict(`${bead.id} is being worked on by ${bead.assignee}.`, 'Set its status to open first.');
  }
};

/** Messages and the like, given to agents as work, have had them answer each other without end (field/gas-town.md §3 item 20). */
const assertWork = (bead: Bead): void => {
  if (!isNoWork(bead)) return;
  throw invalid(
    `${bead.id} is a ${bead.issue_type}, which nobody works on.`,
    'Create a task that says what is to be done.',
  );
};

const assertDispatchable = (tx: Transaction, bead: Bead, polecat: string): void => {
  if (bead.status !== 'open') throw conflict(`${bead.id} is ${bead.status}, not open.`);
  assertWork(bead);
  if (!bead.town.dispatch) throw conflict(`${bead.id} is not wanted on a hook.`, 'Sling it first.');
  if (bead.assignee !== undefined) throw conflict(`${bead.id} is assigned to ${bead.assignee}.`);
  if (bead.town.dispatch.polecat && bead.town.dispatch.polecat !== polecat) {
    throw conflict(`${bead.id} is meant for ${bead.town.dispatch.polecat}, not for ${polecat}.`);
  }
  const blockers = blockedBy(tx.data, bead);
  if (blockers.length > 0) throw conflict(`${bead.id} waits for ${blockers.join(', ')}.`);
};

const assertIdle = (tx: Transaction, polecat: Polecat): void => {
  if (polecat.hook) throw conflict(`${polecat.id} already has ${polecat.hook} on its hook.`);
  if (polecat.state !== 'idle') throw conflict(`${polecat.id} is ${polecat.state}, not idle.`);
  const session = liveSessionOf(tx, polecat);
  if (session) throw conflict(`The session ${session.id} of ${polecat.id} has not ended yet.`);
};

const splitPolecatId = (id: string, rig: string): string => {
  const name = id.startsWith(`${rig}/`) ? id.slice(rig.length + 1) : '';
  if (!POLECAT_NAME.test(name))
    throw invalid(`"${id}" cannot be a polecat of ${rig}.`, `Polecats of ${rig} are called ${rig}/<name>.`);
  return name;
};
