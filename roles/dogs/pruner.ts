import { plural } from '../../source/common/text.ts';
import type { LedgerData, Polecat } from '../../source/ledger/schema.ts';
import { activeRig, ms } from '../facts.ts';
import { isOpen } from '../refinery/order.ts';
import type { Decide, WorldView } from '../role.ts';
import { isDue, run } from './due.ts';

/** Has checkouts taken away that nobody has needed for a while: each is a whole copy of its repository's files. */
export const pruner: Decide = view => {
  const { prunerMs, pruneAfterMs } = view.settings.dogs;
  if (!isDue(view, 'pruner', prunerMs)) return [];
  const idle = [...view.ledger.polecats.values()].filter(
    polecat => isPrunable(view.ledger, polecat, { now: view.now, afterMs: pruneAfterMs }) && isNew(view, polecat),
  );
  return idle.length === 0 ? [] : [run(view, 'pruner', `${plural(idle.length, 'worker')} had nothing to do for long`)];
};

/** It has nothing on its hook, no session, nothing on its way to the target, and has been so for a while. */
export const isPrunable = (
  ledger: LedgerData,
  polecat: Polecat,
  { now, afterMs }: { now: number; afterMs: number },
): boolean => {
  if (polecat.state !== 'idle' || polecat.hook !== undefined || now - freeSince(ledger, polecat) < afterMs)
    return false;
  if (!activeRig(ledger, polecat.rig)) return false;
  const session = ledger.sessions.get(polecat.session ?? '');
  return session === undefined || session.status === 'ended';
};

/** Became so since the last run, so that a town with nothing else to do starts nothing for what it looked at before. */
const isNew = (view: WorldView, polecat: Polecat): boolean => {
  const last = view.observed.dogs.get('pruner')?.lastRunAt;
  return last === undefined || freeSince(view.ledger, polecat) + view.settings.dogs.pruneAfterMs > last;
};

/** When it had nothing more to do and nothing of it was on its way to the target; never while something is. */
const freeSince = (ledger: LedgerData, polecat: Polecat): number => {
  let since = ms(polecat.since);
  for (const merge of ledger.merges.values()) {
    if (merge.polecat !== polecat.id) continue;
    if (isOpen(merge)) return Number.POSITIVE_INFINITY;
    since = Math.max(since, ms(merge.since));
  }
  return since;
};
