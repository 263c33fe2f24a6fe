import type { Decide } from '../role.ts';
import { isDue, run } from './due.ts';

/** Bundles the ledger when anything was written to it since the last bundle that could be restored. */
export const backup: Decide = view =>
  isDue(view, 'backup', view.settings.dogs.backupMs) &&
  view.observed.dogs.get('backup')?.seq !== view.observed.ledgerSeq
    ? [run(view, 'backup', 'the ledger changed')]
    : [];
