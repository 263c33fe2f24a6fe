import { plural } from '../../source/common/text.ts';
import type { Decide } from '../role.ts';
import { isDue, run } from './due.ts';

/** Lets go of terminals that ended, once the ledger knows that they did. */
export const reaper: Decide = view => {
  if (!view.observed.host.reachable || !isDue(view, 'reaper', view.settings.dogs.reaperMs)) return [];
  const leftovers = [...view.observed.sessions].filter(([id, seen]) => {
    const record = view.ledger.sessions.get(id);
    return !seen.alive && (!record || record.status === 'ended');
  });
  return leftovers.length === 0
    ? []
    : [run(view, 'reaper', `${plural(leftovers.length, 'ended session')} still held by the terminal host`)];
};
