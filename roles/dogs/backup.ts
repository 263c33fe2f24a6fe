import { iso } from '../facts.ts';
import type { Decide, WorldView } from '../role.ts';
import { isDue, lastRunOf, run } from './due.ts';

/** Bundles the ledger, when beads, sessions or merge requests changed since the last bundle. */
export const backup: Decide = view =>
  isDue(view, 'backup', view.settings.dogs.backupMs) && changedSince(view, iso(lastRunOf(view, 'backup')))
    ? [run(view, 'backup', 'the ledger changed')]
    : [];

/** Times are ISO in UTC: they compare as text. */
const changedSince = ({ ledger }: WorldView, since: string): boolean => {
  for (const bead of ledger.beads.values()) if (bead.updated_at > since) return true;
  for (const merge of ledger.merges.values()) if (merge.since > since) return true;
  for (const session of ledger.sessions.values()) if ((session.endedAt ?? session.startedAt) > since) return true;
  return false;
};
