import type { BeadStatus, Cause } from '../../ledger/schema.ts';

/** What the model calls of a row cost so far. Absent where there were none. */
export interface RowCost {
  readonly costUsd?: number;
  /** Calls whose price nobody knows: the cost is more than `costUsd` by theirs. */
  readonly unpriced?: number;
}

export interface ConvoyRow extends RowCost {
  readonly id: string;
  readonly title: string;
  readonly status: 'proposed' | 'approved' | 'landed' | 'cancelled';
  readonly rig: string;
  readonly beads: readonly string[];
  readonly closed: number;
  /** How long it will probably take and what that is known from, or why nobody knows; absent where nothing is left to wait for. */
  readonly estimate?: Estimate;
  /** When it was made, ms since the epoch. */
  readonly createdAt?: number;
  /** What was asked for. */
  readonly goal?: string;
  /** Design and notes, cut where they are long. */
  readonly design?: string;
  readonly notes?: string;
}

export interface Estimate {
  /** `about 10m to 30m to go`, or why nobody knows. */
  readonly words: string;
  /** What it is known from. */
  readonly basis?: string;
}

/** One word for where a bead stands, in plain words; `status` is Beads' own. */
export type BeadPhase =
  | 'ready'
  | 'blocked'
  | 'queued'
  | 'working'
  | 'merging'
  | 'landed'
  | 'closed'
  | 'parked'
  | 'deferred'
  | 'waiting';

export interface BeadRow extends RowCost {
  readonly id: string;
  readonly title: string;
  readonly status: BeadStatus;
  readonly phase: BeadPhase;
  readonly priority: number;
  readonly type: string;
  readonly rig?: string;
  readonly convoy?: string;
  readonly agent?: string;
  readonly assignee?: string;
  readonly merge?: string;
  /** Why nobody works on it yet, though it was slung. */
  readonly waits?: string;
  /** Ids that keep it from being ready. */
  readonly blockedBy: readonly string[];
  readonly description?: string;
  /** Design and notes, cut where they are long. */
  readonly design?: string;
  readonly notes?: string;
  readonly cause?: Cause;
  readonly parked?: string;
  /** Beads that its plan says come before it. */
  readonly needs?: readonly string[];
  /** Files that it will change, and when it is done: as planned. */
  readonly touches?: readonly string[];
  readonly acceptance?: string;
  /** A session in the Mayor's role makes a plan for it. */
  readonly plans?: true;
  readonly attempts: number;
  readonly reworks: number;
  readonly landedSha?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** When the first session for it began, and when it was closed. */
  readonly startedAt?: string;
  readonly closedAt?: string;
}
