import type { HostAttachment } from '../agents/host-client.ts';
import type { CommandInput, CommandType } from '../ledger/commands.ts';
import type { AttentionRow } from './view/attention.ts';
import type { HealthView } from './view/health.ts';
import type { MergeRow, RadarRow, RigRow, RoundRow } from './view/merges.ts';
import type { BeadRow, ConvoyRow } from './view/plan.ts';
import type { PolecatRow } from './view/polecats.ts';
import type { Review } from './view/review.ts';

export type { AttentionKind, AttentionRow } from './view/attention.ts';
export type { BudgetGauge, DogHealth, HealthView, RoleHealth } from './view/health.ts';
export type {
  ApprovedBefore,
  GateRecord,
  GateStanding,
  MergeForecast,
  MergeRow,
  RadarEnd,
  RadarRow,
  RigRow,
  RoundRow,
  TrialRow,
} from './view/merges.ts';
export type { BeadPhase, BeadRow, ConvoyRow, Estimate, RowCost } from './view/plan.ts';
export type { AgentActivity, PolecatRow } from './view/polecats.ts';
export type { GateEvidence, Review } from './view/review.ts';

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
  /** What each rig tests at present; only rigs that do. */
  readonly rounds?: readonly RoundRow[];
  readonly health: HealthView;
  /** How money, tokens and landings went over the last hours; absent of the past. */
  readonly trends?: Trends;
  /** All that waits for a person, most costly wait first. */
  readonly attention: readonly AttentionRow[];
  /** Event feed, oldest first, at most `FEED_ROWS`. */
  readonly feed: readonly FeedRow[];
}

/** Rows of the event feed kept in memory; older events are in Git history. */
export const FEED_ROWS = 500;

/** Sums of equal spans of time, oldest first, the last one not over yet. */
export interface Trends {
  readonly stepMs: number;
  /** When the last span began, ms since the epoch. */
  readonly lastAt: number;
  readonly costUsd: readonly number[];
  readonly tokens: readonly number[];
  readonly landings: readonly number[];
}

export interface TownRow {
  readonly name: string;
  readonly path: string;
  readonly estop: boolean;
  readonly estopReason?: string;
  /** Why dispatch is paused. */
  readonly dispatchPaused?: string;
  /** Nobody is at the screen, and the policy for that holds something back: since when and what, in words. */
  readonly unattended?: string;
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
  | {
      readonly type: 'polecat.stop';
      /** `requeue`: another polecat does it. `ready`: it is only planned again. Neither: it is parked. */
      readonly payload: { readonly polecat: string; readonly requeue: boolean; readonly ready?: boolean };
    }
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
  | { readonly kind: 'session'; readonly session: string; readonly raw?: boolean; readonly times?: boolean }
  /** `times`: each line begins with when it was written, as far as that is known. */
  | { readonly kind: 'gate'; readonly rig: string; readonly times?: boolean }
  /** What a role did and why: what the ledger has, and what was done in passing while this process runs. */
  | { readonly kind: 'role'; readonly role: string }
  /** Lines of every log that match, those to come too; searched while somebody follows it. */
  | { readonly kind: 'grep'; readonly pattern: string }
  | { readonly kind: 'feed' };

/** All that components know of the town. Nothing here blocks; every promise settles, with `ok: false` rather than by rejecting. */
export interface TownHandle {
  getView(): TownView;
  /** Called after `getView` would answer something new: at most 10 times a second, and at once after an own command. */
  subscribe(listener: () => void): () => void;
  dispatch(intent: OperatorIntent): Promise<Outcome>;
  /** Last lines of a log as safe plain text. `lines` at most 20,000. */
  readLog(source: LogSource, lines: number): Promise<readonly string[]>;
  /** Writes the whole of a log, as safe plain text, to a new file; what is there already is never written over. */
  saveLog(source: LogSource, file: string): Promise<Outcome>;
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
