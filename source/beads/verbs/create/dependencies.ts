import { GastownError } from '../../../common/errors.ts';
import type { LedgerData } from '../../../ledger/schema.ts';
import { findBead } from '../../ids.ts';

export interface Edge {
  depends_on_id: string;
  type: string;
  metadata?: { gate: string };
}

/** Other words for "this one depends on that one". */
const SAME_AS_BLOCKS = new Set(['depends-on', 'blocked-by']);
const EXTERNAL = 'external:';

/**
 * `--deps`: `id`, `depends-on:id` and `blocked-by:id` make the new bead depend on that one; `blocks:id` turns it around;
 * any other `type:id` is an edge of that type from the new one. Every bead named must be there.
 */
export const parseDependencies = (
  data: Pick<LedgerData, 'beads'>,
  given: readonly string[],
): { dependencies: Edge[]; dependents: { issue_id: string; type: string }[] } => {
  const dependencies: Edge[] = [];
  const dependents: { issue_id: string; type: string }[] = [];
  for (const text of given) {
    const colon = text.startsWith(EXTERNAL) ? -1 : text.indexOf(':');
    const type = colon < 0 ? 'depends-on' : text.slice(0, colon).trim();
    const target = text.slice(colon + 1).trim();
    if (type === '' || target === '') {
      throw new GastownError('usage', `invalid dependency "${text}": expected 'type:id' or 'id'`);
    }
    if (type === 'blocks') dependents.push({ issue_id: findBead(data, target).id, type: 'blocks' });
    else {
      dependencies.push({ depends_on_id: targetOf(data, target), type: SAME_AS_BLOCKS.has(type) ? 'blocks' : type });
    }
  }
  return { dependencies, dependents };
};

/** A bead, or a capability of another project as it stands. */
export const targetOf = (data: Pick<LedgerData, 'beads'>, given: string): string =>
  given.startsWith(EXTERNAL) ? given : findBead(data, given).id;

/** `--waits-for`: the children of a bead that makes more work as it goes. */
export const waitsFor = (data: Pick<LedgerData, 'beads'>, spawner: string, gate = 'all-children'): Edge => {
  if (gate !== 'all-children' && gate !== 'any-children') {
    throw new GastownError('usage', `invalid --waits-for-gate "${gate}": all-children or any-children`);
  }
  return { depends_on_id: findBead(data, spawner).id, type: 'waits-for', metadata: { gate } };
};
