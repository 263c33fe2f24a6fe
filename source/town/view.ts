import type { AgentObservation } from '../../roles/role.ts';
import type { HostAttachment } from '../agents/host-client.ts';
import type { AskOption } from '../agents/wire/protocol.ts';
import type { ChangeSet, Since } from '../git/changes.ts';
import type { CommandInput, CommandType } from '../ledger/commands.ts';
import type {
  BeadStatus,
  Cause,
  GuardFinding,
  LineComment,
  MergeState,
  PolecatState,
  Severity,
} from '../ledger/schema.ts';

/** A person's terminal on a live session. */
export interface Attachment extends HostAttachment {
  /** What its terminal showed so far, oldest first, as plain rows that are safe to print; `alternate`: it has no past. */
  history?(): Promise<{ readonly lines: readonly string[]; readonly alternate: boolean }>;
  /** Its screen as escape sequences, to be written to a cleared terminal; what it prints from then on follows. */
  repaint?(): Promise<string>;
}

/**
 * What a screen or a `--json` reader sees of the town: plain rows, already sorted, every foreign string already safe to
 * print. A new object every refresh, with unchanged rows the same reference as before, so that a row's rendering can be
 * cached by identity.
 */
export interface TownView {
  /** Rises with every change. */
  readonly version: number;
  /** Wall clock at which it was made, ms. */
  readonly at: number;
  readonly town: TownRow;
  readonly counts: Counts;
  readonly convoys: readonly ConvoyRow[];
  /** By id; every bead that is not closed, and the closed ones of convoys shown. */
  readonly beads: ReadonlyMap<string, BeadRow>;
  /** Beads outside a convoy, in scheduling order. */
  readonly loose: readonly string[];
  readonly polecats: readonly PolecatRow[];
  readonly merges: readonly MergeRow[];
  readonly rigs: readonly RigRow[];
  /** What the radar saw of branches in flight, by rig; absent of the past. */
  readonly radar?: readonly RadarRow[];
  readonly health: HealthView;
  /** All that waits for a person, most costly wait first. */
  readonly attention: readonly AttentionRow[];
  /** Event feed, oldest first, at most `FEED_ROWS`. */
  readonly feed: readonly FeedRow[];
}

/** Rows of the event feed kept in memory; older events are in Git history. */
export const FEED_ROWS = 500;

export interface TownRow {
  readonly name: string;
  readonly path: string;
  readonly estop: boolean;
  readonly estopReason?: string;
  /** Why dispatch is paused. */
  readonly dispatchPaused?: string;
  /** Which agents get no new session, and until when, in words. */
  readonly limited?: string;
  /** The ledger takes no writes (disk full, read-only folder), or the town works on another machine: a banner, in words. */
  readonly banner?: string;
  /** What to press next, for the line that has nothing more important to say. */
  readonly tip?: string;
}

export interface Counts {
  readonly ready: number;
  readonly blocked: number;
  readonly working: number;
  readonly waiting: number;
  readonly stalled: number;
  readonly idle: number;
  /** Open merge requests. */
  readonly queue: number;
  readonly attention: number;
  readonly landed: number;
  readonly parked: number;
  /** Where the town is: since midnight. */
  readonly costTodayUsd: number;
  /** Within the last hour. */
  readonly costPerHourUsd: number;
  /** Calls of today whose price nobody knows: they are in no sum. */
  readonly unpricedToday?: number;
}

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
  /** What was asked for. */
  readonly goal?: string;
  /** Design and notes, cut where they are long. */
  readonly design?: string;
  readonly notes?: string;
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
}

/** Its cost is that of the session it has or had last. */
export interface PolecatRow extends RowCost {
  readonly id: string;
  readonly name: string;
  readonly rig: string;
  readonly state: PolecatState;
  /** Ms since the epoch. */
  readonly since: number;
  readonly bead?: string;
  readonly beadTitle?: string;
  readonly session?: string;
  /** The session it has or had last: its log. */
  readonly lastSession?: string;
  /** A process runs for it and can be attached to. */
  readonly live: boolean;
  readonly agent?: string;
  /** What it does just now: in its own words, else the last line of its screen. */
  readonly doing?: string;
  /** What the agent itself does, and how that is known. Absent between sessions. */
  readonly activity?: AgentActivity;
  /** How the town has it: talked to by its protocol, on a screen of its own, or in the hands of a person. */
  readonly mode?: 'wired' | 'terminal' | 'attached';
  /** What the state is known from, and how old that is. */
  readonly evidence: string;
  readonly lastOutputAt?: number;
  readonly attempt: number;
  readonly landed: number;
  readonly bounced: number;
  readonly failed: number;
  /** Runs without a sandbox, with the reason. */
  readonly unsandboxed?: string;
}

/** A state with its evidence: `unknown` where nothing says it. */
export interface AgentActivity {
  readonly state: AgentObservation['state'];
  /** When it was entered, ms since the epoch. */
  readonly since: number;
  readonly source: AgentObservation['source'];
  readonly confidence: NonNullable<AgentObservation['confidence']>;
  /** One line. */
  readonly evidence: string;
  /** The model's service turns it away until then, ms since the epoch. */
  readonly limitedUntil?: number;
}

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

export interface HealthView {
  readonly roles: readonly RoleHealth[];
  readonly dogs: readonly DogHealth[];
  readonly machine?: {
    readonly freeDiskBytes: number;
    readonly freeMemoryBytes: number;
    readonly totalMemoryBytes: number;
    readonly loopLagMs: number;
    readonly load1: number;
    readonly cores: number;
    readonly ptys?: { readonly used: number; readonly max: number };
    readonly files?: { readonly used: number; readonly max: number };
  };
  readonly host: { readonly reachable: boolean; readonly sessions: number };
  /** Agents whose model service turns calls away: no new session of theirs before then, ms since the epoch. */
  readonly limits?: readonly { readonly agent: string; readonly until: number; readonly message: string }[];
  readonly ledger: { readonly seq: number; readonly committedSeq: number; readonly lastCommitAt?: number };
}

export interface RoleHealth {
  readonly name: string;
  /** Plain word beside the Gas Town word: `dispatch`, `merge queue`, … */
  readonly plain: string;
  readonly lastTickAt?: number;
  readonly lastAction?: string;
  readonly because?: string;
  readonly ok: boolean;
}

export interface DogHealth {
  readonly name: string;
  readonly plain: string;
  readonly lastRunAt?: number;
  /** How long its last run took. */
  readonly tookMs?: number;
  readonly ok: boolean;
  readonly note: string;
  /** 0: it runs only when it is told to. */
  readonly intervalMs: number;
}

export type AttentionKind =
  | 'approval'
  | 'escalation'
  | 'plan'
  | 'parked'
  | 'question'
  | 'permission'
  | 'held'
  | 'blocked'
  | 'budget';

export interface AttentionRow {
  /** Stable identity of this very question: a changed head or text is a new one. */
  readonly key: string;
  readonly kind: AttentionKind;
  readonly subject: string;
  readonly title: string;
  /** What happens on `y` and on `n`, in words: `land it`, `send it back`. Absent keys do nothing. */
  readonly yes?: string;
  readonly no?: string;
  readonly severity: Severity;
  readonly since: number;
  /** Beads that wait behind it. */
  readonly behind: number;
  /** Levels that an escalation has risen by itself. */
  readonly climbs?: number;
  readonly detail?: string;
  /** What the decision is pinned to, for approvals. */
  readonly head?: string;
  /** What may be answered, where it is more than yes and no: an agent's question or wish. */
  readonly options?: readonly { readonly id: string; readonly label: string; readonly kind: AskOption['kind'] }[];
}

export interface FeedRow {
  readonly seq: number;
  readonly at: number;
  readonly actor: string;
  readonly what: string;
  readonly subject: string;
  readonly because?: string;
}

/** Typed when the session is quiet (else shown by its next `gt`), only shown by its next `gt`, or typed at once. */
export const NUDGE_MODES = ['wait-idle', 'queue', 'now'] as const;
export type NudgeMode = (typeof NUDGE_MODES)[number];

/** What a person can have done. The subset of ledger commands an operator may give, plus what only a running town can do. */
export type OperatorIntent =
  | { readonly [T in CommandType]: { readonly type: T; readonly payload: CommandInput<T> } }[CommandType]
  /** Answers the attention row with this key; refused when the row is no longer the one shown. */
  | {
      readonly type: 'attention.answer';
      readonly payload: {
        readonly key: string;
        readonly answer: 'yes' | 'no';
        readonly note?: string;
        /** What the person typed, where the row's request has a `confirmWord`. */
        readonly word?: string;
      };
    }
  /** Answers an agent's question with one of the row's options; refused when the row is no longer the one shown. */
  | {
      readonly type: 'attention.choose';
      readonly payload: { readonly key: string; readonly option: string; readonly text?: string };
    }
  /** Stops the polecat's session (snapshot first); the bead goes back to ready when `requeue`, else parks. */
  | { readonly type: 'polecat.stop'; readonly payload: { readonly polecat: string; readonly requeue: boolean } }
  /** Typed into its terminal at once. */
  | { readonly type: 'polecat.prompt'; readonly payload: { readonly polecat: string; readonly text: string } }
  /** Told in passing: kept for a while, never recorded. The mode is `wait-idle` when it is not given. */
  | {
      readonly type: 'polecat.nudge';
      readonly payload: {
        readonly polecat: string;
        readonly text: string;
        readonly mode?: NudgeMode;
        readonly urgent?: boolean;
      };
    }
  /** What is shown of it is wrong: keeps what that was made from in a file of the town. */
  | { readonly type: 'polecat.wrong'; readonly payload: { readonly polecat: string } }
  /** Has an agent in the Mayor's role propose a plan for a goal. The rig may be left out where there is but one. */
  | {
      readonly type: 'mayor.plan';
      readonly payload: { readonly goal: string; readonly rig?: string; readonly agent?: string };
    }
  /** Every open bead of the convoy (approves a proposed one). */
  | { readonly type: 'convoy.sling'; readonly payload: { readonly id: string } }
  | { readonly type: 'dog.run'; readonly payload: { readonly dog: string } }
  /** Has a landed request (or the last one of a bead) taken back, through the queue. */
  | { readonly type: 'landed.revert'; readonly payload: { readonly id: string; readonly reason?: string } }
  /** A branch of its own for an epic, with a rig for it. `name` below: that rig, the branch or the epic. */
  | {
      readonly type: 'integrate.start';
      readonly payload: { readonly epic: string; readonly name?: string; readonly branch?: string };
    }
  | { readonly type: 'integrate.land'; readonly payload: { readonly name: string } }
  | { readonly type: 'integrate.stop'; readonly payload: { readonly name: string } };

export interface Outcome {
  readonly ok: boolean;
  /** For the flash line: what was done, or what is wrong and what to do next. */
  readonly message: string;
  /** Record that was made or changed first. */
  readonly subject?: string;
}

/** What taking back, or doing again, would do: said before it is done. */
export interface UndoOffer {
  readonly way: 'undo' | 'redo';
  /** Names the step: one may ask for the one before it. */
  readonly of: number;
  /** The command that was given, in words. */
  readonly what: string;
  /** When it was given, ms since the epoch. */
  readonly at: number;
  /** One line a change. */
  readonly lines: readonly string[];
  /** Why it cannot be done any more; `intent` is absent then. */
  readonly refusal?: string;
  /** Dispatched, it does what `lines` say, or is refused where something moved meanwhile. */
  readonly intent?: OperatorIntent;
}

/** The board as it was at one moment of the past. */
export interface PastMoment {
  /** Names the moment for the next step from it. */
  readonly id: string;
  /** Ms since the epoch. */
  readonly at: number;
  /** 0 is the newest of `steps` moments. */
  readonly stepsBack: number;
  readonly steps: number;
  /** What had just changed. */
  readonly changes: readonly {
    readonly at: number;
    readonly by: string;
    readonly what: string;
    readonly subject: string;
    readonly because?: string;
  }[];
  readonly view: TownView;
}

/** Where a log is read from. */
export type LogSource =
  /** What was said and done, where it is talked to by a protocol; `raw`: its terminal all the same. */
  | { readonly kind: 'session'; readonly session: string; readonly raw?: boolean }
  | { readonly kind: 'gate'; readonly rig: string }
  | { readonly kind: 'feed' };

/** All that components know of the town. Nothing here blocks; every promise settles, with `ok: false` rather than by rejecting. */
export interface TownHandle {
  getView(): TownView;
  /** Called after `getView` would answer something new: at most 10 times a second, and at once after an own command. */
  subscribe(listener: () => void): () => void;
  dispatch(intent: OperatorIntent): Promise<Outcome>;
  /** Last lines of a log as safe plain text. `lines` at most 2,000. */
  readLog(source: LogSource, lines: number): Promise<readonly string[]>;
  /** Calls back when the log may have grown: at most 10 times a second. */
  followLog(source: LogSource, listener: () => void): () => void;
  /** What a merge request changes, with the evidence for and against it. */
  review(merge: string): Promise<Review | Outcome>;
  /** Reasons and history lines of any record. */
  why(subject: string): Promise<readonly string[]>;
  /** Every change of a record, field by field, oldest first, as safe lines. */
  history(subject: string): Promise<readonly string[]>;
  /** What would be taken back or done again next, or what comes `before` a step; an outcome that is not ok when there is nothing. */
  planUndo(way: 'undo' | 'redo', before?: number): Promise<UndoOffer | Outcome>;
  /** The board at another moment: from the one named (else the newest) so many steps or ms away, negative is back. */
  past(request: { from?: string; steps?: number; byMs?: number }): Promise<PastMoment | Outcome>;
  attach(session: string, size: { columns: number; rows: number }): Promise<Attachment | Outcome>;
}
