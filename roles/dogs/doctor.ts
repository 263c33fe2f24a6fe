import { isOpen } from '../refinery/order.ts';
import type { Decide, WorldView } from '../role.ts';
import { isDue, run } from './due.ts';

/** Checks the town's own footing while there is work that depends on it. */
export const doctor: Decide = view =>
  isDue(view, 'doctor', view.settings.dogs.doctorMs) && isWorking(view)
    ? [run(view, 'doctor', 'work is under way')]
    : [];

const isWorking = ({ ledger }: WorldView): boolean => {
  for (const polecat of ledger.polecats.values()) if (polecat.hook) return true;
  for (const merge of ledger.merges.values()) if (isOpen(merge) && !merge.held) return true;
  return false;
};
