import type { Cause, GuardFinding, LineComment, MergeState } from '../../ledger/schema.ts';

export interface MergeRow {
  readonly id: string;
  readonly rig: string;
  readonly bead: string;
  readonly title: string;
  readonly polecat: string;
  readonly state: MergeState;
  readonly since: number;
  readonly priority: number;
  readonly base: string;
  readonly head: string;
  readonly target: string;
  readonly files?: number;
  /** Place in the queue from 1; absent once it ended. */
  readonly position?: number;
  /** Why it waits or how it ended, in one line. */
  readonly why: string;
  /** It lands only after a person's approval, which it does not have. */
  readonly needsApproval: boolean;
  readonly approved: boolean;
  readonly held: boolean;
  readonly group?: string;
  /** What the guards saw; absent until they looked. */
  readonly findings?: readonly GuardFinding[];
  /** A person must type this word to approve it: what it changes is protected. */
  readonly confirmWord?: string;
  /** What a person said of its lines, oldest first. */
  readonly comments?: readonly LineComment[];
  /** An approval of the bead's work that does not stand for this request. */
  readonly approvedBefore?: ApprovedBefore;
  readonly gates: readonly { readonly name: string; readonly outcome: string }[];
  /** The pull request that it was last put into. */
  readonly pr?: { readonly number: number; readonly url: string };
  readonly cause?: Cause;
  /** What it will conflict with, those ahead of it first; absent where nothing is known or in the way. */
  readonly forecast?: readonly MergeForecast[];
  readonly landedSha?: string;
  /** The landed request that it takes back. */
  readonly reverts?: string;
  /** The request that took it back. */
  readonly revertedBy?: string;
}

export interface ApprovedBefore {
  /** The request that was approved: an older one of the same bead, or this one before it came back. */
  readonly merge: string;
  readonly head: string;
  readonly at: number;
  readonly by: string;
  /** Why it no longer holds. */
  readonly reason: string;
  /** What is new since, in one line. */
  readonly words: string;
}

/** Something that a request is forecast to conflict with. */
export interface MergeForecast {
  /** The request, the bead of a session, or the target. */
  readonly with: string;
  readonly kind: RadarEnd['kind'];
  /** It lands first, as things stand: the target, or a request ahead in the queue. */
  readonly ahead: boolean;
  readonly files: readonly string[];
}

export interface RadarEnd {
  readonly kind: 'merge' | 'session' | 'target';
  /** What people call it: the request, the bead that is being worked on, the branch. */
  readonly name: string;
  readonly bead?: string;
}

export interface RadarRow {
  readonly rig: string;
  readonly at: number;
  readonly tip: string;
  readonly branches: readonly (RadarEnd & { readonly files: readonly string[] })[];
  readonly conflicts: readonly {
    readonly between: readonly [RadarEnd, RadarEnd];
    readonly files: readonly string[];
    readonly kinds: readonly string[];
  }[];
  /** Branches that were too many to be looked at. */
  readonly left: number;
}

export interface RigRow {
  readonly id: string;
  readonly origin: string;
  readonly branch: string;
  readonly tip?: string;
  readonly gates: readonly string[];
  readonly policy: string;
  readonly paused: boolean;
  readonly blocked?: string;
  readonly error?: string;
}
