import type { ChangeSet, Since } from '../../git/changes.ts';

/** What a person reads to decide on a request, beyond its row and its bead's. Every text is safe to print. */
export interface Review extends ChangeSet {
  readonly merge: string;
  readonly base: string;
  readonly head: string;
  /** Newest first. */
  readonly commits: readonly { readonly sha: string; readonly subject: string }[];
  readonly gates: readonly GateEvidence[];
  /** What differs from the work that a person approved before. */
  readonly since?: Since;
}

/** How a gate last ran on the tree that would land, as far as it has. */
export interface GateEvidence {
  readonly name: string;
  readonly outcome: string;
  readonly tree?: string;
  /** Ms since the epoch. */
  readonly at?: number;
  readonly durationMs?: number;
  readonly reason?: string;
  /** Its last lines. */
  readonly output?: readonly string[];
}
