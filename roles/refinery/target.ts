import type { Merge } from '../../source/ledger/schema.ts';
import { shortSha } from '../facts.ts';

/**
 * A request that is red while the target itself is red is not to blame. It is held, with the tip it was tested on in the
 * reason, so that the queue goes on without it (a later request may be the one that repairs the target), and is let go
 * as soon as the target is at another commit.
 */
export const targetRedReason = (gate: string, tip: string): string =>
  `gate ${gate} fails on the target itself at ${shortSha(tip)}`;

/** Short tip that the request waits to see replaced, or undefined when it is not held for that. */
export const heldForTip = (merge: Merge): string | undefined => RED_TARGET.exec(merge.held?.reason ?? '')?.[1];

const RED_TARGET = /^gate [a-z0-9._-]+ fails on the target itself at ([0-9a-f]{12})$/;
