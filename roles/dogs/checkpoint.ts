import { plural } from '../../source/common/text.ts';
import type { Decide } from '../role.ts';
import { isDue, run } from './due.ts';

/** Saves work in progress, while anybody works. */
export const checkpoint: Decide = view => {
  if (!view.observed.host.reachable || !isDue(view, 'checkpoint', view.settings.dogs.checkpointMs)) return [];
  const alive = [...view.observed.sessions].filter(
    ([id, seen]) => seen.alive && view.ledger.sessions.get(id)?.status === 'running',
  );
  return alive.length === 0
    ? []
    : [run(view, 'checkpoint', `${plural(alive.length, 'session')} may hold uncommitted work`)];
};
