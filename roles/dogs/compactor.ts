import { isOldAndClosed } from '../../source/ledger/compaction.ts';
import { iso } from '../facts.ts';
import type { Decide, WorldView } from '../role.ts';
import { isDue, run } from './due.ts';

/** Folds the texts of work that ended long ago into digests, now and then. */
export const compactor: Decide = view =>
  isDue(view, 'compactor', view.settings.dogs.compactorMs) && hasOld(view)
    ? [run(view, 'compactor', 'beads were closed long ago')]
    : [];

const hasOld = ({ ledger, now, settings }: WorldView): boolean => {
  const before = iso(now - settings.compaction.olderThanMs);
  for (const bead of ledger.beads.values()) if (isOldAndClosed(bead, before)) return true;
  return false;
};
