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
  /** Its place by hand, where it has one: lower first, none counts as 0. */
  readonly order?: number;
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
  readonly gates: readonly GateStanding[];
  /** The pull request that it was last put into. */
  readonly pr?: { readonly number: number; readonly url: string };
  readonly cause?: Cause;
  /** What it will conflict with, those ahead of it first; absent where nothing is known or in the way. */
  readonly forecast?: readonly MergeForecast[];
  readonly landedSha?: string;
  /** The landed request that it takes back. */
  readonly reverts?: string;
  /** The rig whose integration branch it brings onto the target. */
  readonly integrates?: string;
  /** A stack with it was red: one of several of which one seems bad, or by itself. */
  readonly suspicion?: 'suspect' | 'accused';
  /** The request that took it back. */
  readonly revertedBy?: string;
}

/** A gate on the tree that says most of a request. */
export interface GateStanding {
  readonly name: string;
  readonly outcome: string;
  /** While it runs: since when, ms since the epoch. */
  readonly startedAt?: number;
  /** How long a pass of it usually takes. */
  readonly usualMs?: number;
}

/** What a rig's refinery tests at present: stacks of requests on the target, several at once. */
export interface RoundRow {
  readonly rig: string;
  readonly target: string;
  readonly tip: string;
  /** Shortest first, then those beside the chain. */
  readonly trials: readonly TrialRow[];
  /** Runs of requests of which one seems bad, oldest first. */
  readonly suspects: readonly (readonly string[])[];
  /** Requests that were red with others and are tried alone. */
  readonly accused: readonly string[];
}

export interface TrialRow {
  /** A prefix of the queue, one request alone, or half of those that are suspected. */
  readonly kind: 'prefix' | 'alone' | 'half';
  /** Requests stacked on the target, in order. */
  readonly ids: readonly string[];
  readonly state: 'passed' | 'failed' | 'running' | 'waits' | 'stuck';
  /** The gate that runs or that was red. */
  readonly gate?: string;
  /** When that gate began, ms since the epoch. */
  readonly startedAt?: number;
  readonly usualMs?: number;
  /** Gates of the rig that passed on it already. */
  readonly passedGates: number;
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
  /** It is an integration branch: of this rig, for this epic. */
  readonly of?: string;
  readonly epic?: string;
  /** What each gate did lately; absent of the past. */
  readonly gateRecords?: readonly GateRecord[];
}

/** How far a gate can be trusted, by its last runs. */
export interface GateRecord {
  readonly gate: string;
  readonly runs: number;
  /** Runs red on a tree on which another was green. */
  readonly flakes: number;
  readonly usualMs?: number;
  /** Tests that were both on one tree, most often first, at most a few. */
  readonly flakyTests: readonly { readonly test: string; readonly trees: number }[];
  /** Tests that run and do not count, and until when (ISO). */
  readonly quarantined: readonly { readonly test: string; readonly until: string }[];
}
