import { requestsOf } from '../../source/ledger/requests.ts';
import { activeRigs, isStopped, shortSha } from '../facts.ts';
import type { Decide } from '../role.ts';
import { act } from './round.ts';
import { landedTwin, sameAs } from './twins.ts';

/**
 * Two requests with one patch land once. While the one that goes first is in the queue, the other waits, and costs no
 * gate; once that has landed, the other ends with it, and so does its bead: the same change finished both. If the first
 * comes back, the other goes on by itself.
 */
export const landedTwins: Decide = view => {
  if (isStopped(view)) return [];
  const rigs = new Set(activeRigs(view.ledger).map(rig => rig.id));
  return requestsOf(view.ledger)
    .open()
    .flatMap(merge => {
      const twin = rigs.has(merge.rig) ? landedTwin(view.ledger, merge) : undefined;
      if (!twin) return [];
      return act.command(
        'merge.duplicate',
        { id: merge.id, of: twin.id },
        { key: `merge:${merge.id}`, subject: merge.id, because: `${sameAs(twin)} as ${shortSha(twin.landedSha!)}` },
      );
    });
};
