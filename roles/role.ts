import type { Absence } from '../source/ledger/budgets.ts';
import type { Command } from '../source/ledger/commands.ts';
import type { Cause, LedgerData } from '../source/ledger/schema.ts';
import type { Settings } from './settings.ts';

/**
 * A role is a pure function: from what is known to what should happen, with a reason. It compares the desired with the
 * observed and returns the difference each tick; an action that is already under way (`view.running` holds its key) or
 * that was missed costs one tick, never a bead.
 */
export type Decide = (view: WorldView) => Action[];

export const ROLE_NAMES = ['mayor', 'polecat', 'refinery', 'witness', 'deacon', 'dogs'] as const;
export type RoleName = (typeof ROLE_NAMES)[number];

/** All that a role may look at. Time and everything observed are passed in. */
export interface WorldView {
  /** Wall clock, ms since the epoch. */
  readonly now: number;
  readonly ledger: LedgerData;
  readonly observed: Observation;
  readonly settings: Settings;
  /** Keys of effects under way: an action with such a key is not taken again. */
  readonly running: ReadonlySet<string>;
}

/** One thing to do and why. `key` makes it idempotent: one effect a key at a time. */
export interface Action {
  readonly role: RoleName;
  readonly key: string;
  /** Record it is about. */
  readonly subject: string;
  /** One sentence for people: shown in pane 4 and by `gastown why`. */
  readonly because: string;
  readonly do: { readonly command: CommandBody } | { readonly effect: Effect };
}

/** A command without its envelope: the loop adds actor (the role), operation id and reason. */
export type CommandBody = Command extends infer C ? (C extends Command ? Pick<C, 'type' | 'payload'> : never) : never;

/** What roles may ask of the world. The town carries them out; results come back as commands and observations. */
export type Effect =
  /** Checkout, token, session record, process. */
  | { type: 'session.launch'; polecat: string; bead: string }
  /** Soft interrupt: Ctrl-C in a shell's pty. */
  | { type: 'session.interrupt'; session: string; rests?: Evidence }
  | { type: 'session.nudge'; session: string; text: string; rests?: Evidence }
  /** Snapshot the checkout, end the process (TERM, then KILL of its group), record `session.end`. */
  | {
      type: 'session.finish';
      session: string;
      outcome: 'failed' | 'died' | 'stalled' | 'handoff' | 'stopped' | 'lost';
      cause?: Cause;
      rests?: Evidence;
    }
  /** End what still runs for a session that is over on record, its work saved; nothing is recorded. */
  | { type: 'session.abandon'; session: string }
  /** Fetch the work, check it, commit leftovers, record `work.done`, `work.nothing` or `session.end`. */
  | { type: 'session.collect'; session: string }
  /** Learn the target's tip (and whether its checkout blocks a landing). */
  | { type: 'rig.refresh'; rig: string }
  /** Look at what these requests change, and record for each what the guards saw. */
  | { type: 'guards.run'; rig: string; merges: readonly string[] }
  /** Stack each of these lists of requests, in order, on `tip`. */
  | { type: 'chain.build'; rig: string; tip: string; stacks: readonly (readonly string[])[] }
  /** Run the gates that have no green verdict yet on a commit of the landing repository, in order, until one is not green. */
  | { type: 'gates.run'; rig: string; commit: string; tree: string }
  /** End the run of the gates on a tree whose answer nobody needs any more. */
  | { type: 'gates.stop'; rig: string; tree: string }
  /** Move the target from `old` to `new` by compare-and-swap, verify, record `merge.landed` or `merge.unland`. */
  | { type: 'land'; rig: string; merges: readonly string[]; old: string; new: string; tree: string }
  /** Forecast which of these requests (in queue order) and sessions' saved work will conflict on `tip`; `key` names the question. */
  | {
      type: 'radar.run';
      rig: string;
      tip: string;
      key: string;
      merges: readonly string[];
      sessions: readonly string[];
    }
  | { type: 'dog.run'; dog: DogName; rig?: string };

/**
 * What an action against a session rests on. It is looked at once more at the moment of acting, and where it no longer
 * holds nothing is done: the next tick judges anew.
 */
export interface Evidence {
  /** Its process ran, was over, or the host did not know it. */
  readonly process: 'alive' | 'over' | 'unknown';
  /** Its last progress, ms since the epoch: a later one means that it goes on. */
  readonly progressAt?: number;
  /** It had not printed anything. */
  readonly silent?: boolean;
  /** Turns that had ended, with none under way. */
  readonly turns?: number;
}

export const DOG_NAMES = ['checkpoint', 'reaper', 'backup', 'main-test', 'doctor', 'compactor', 'pruner'] as const;
export type DogName = (typeof DOG_NAMES)[number];

/** What is known of the world outside the ledger. Absent is unknown, and unknown never drives anything destructive. */
export interface Observation {
  readonly host: { readonly reachable: boolean };
  /** The machine that the town works on, where that is another one: here nothing is dispatched, tested or landed. */
  readonly awayHost?: string;
  /** Number of the ledger's last change. */
  readonly ledgerSeq: number;
  /** By session id: every session that the terminal host knows. Meaningful only while the host is reachable. */
  readonly sessions: ReadonlyMap<string, SessionObservation>;
  /** By rig. */
  readonly rigs: ReadonlyMap<string, RigObservation>;
  /** The chains last built, by rig, all on one tip. */
  readonly chains: ReadonlyMap<string, readonly Chain[]>;
  /** The last forecast of conflicts among branches in flight, by rig. */
  readonly radar?: ReadonlyMap<string, RadarObservation>;
  readonly machine?: MachineObservation;
  /** Absent: nothing is metered. */
  readonly money?: MoneyObservation;
  /** Nobody is at the screen: what may happen then is `settings.unattended`. */
  readonly absence?: Absence;
  /** Wall time of each role loop's last tick. */
  readonly heartbeats: ReadonlyMap<RoleName, number>;
  readonly dogs: ReadonlyMap<DogName, DogObservation>;
  /** Effects that failed the last time they were tried, by the key of their action. */
  readonly failing: ReadonlyMap<string, FailingEffect>;
  /** When this process began to orchestrate. */
  readonly startedAt: number;
}

export interface SessionObservation {
  readonly alive: boolean;
  readonly startedAt: number;
  readonly exitCode?: number;
  /** Signal number; 0 or absent is none. */
  readonly signal?: number;
  readonly bytesOut: number;
  readonly lastOutputAt?: number;
  /** Latest of output, CPU used by its process group, input taken: the one clock of "progress". */
  readonly lastProgressAt: number;
  /** What its processes hold in memory. */
  readonly residentBytes?: number;
  /** A person has its terminal. */
  readonly attached?: boolean;
  /** A call to its model is under way, as the meter sees it. */
  readonly modelCall?: boolean;
  /** What the agent itself is known to do; absent where only its process is seen. */
  readonly agent?: AgentObservation;
}

/** An agent's state with what it is known from. `unknown` is honest, and never drives anything destructive. */
export interface AgentObservation {
  readonly state: 'starting' | 'working' | 'waiting' | 'idle' | 'limited' | 'failed' | 'unknown';
  /** When it was entered, ms since the epoch. */
  readonly since: number;
  /** The best of the layers that said anything. */
  readonly source: 'protocol' | 'osc' | 'hook' | 'title' | 'screen' | 'process';
  /** How far that can be trusted; absent: it is the agent's own word. */
  readonly confidence?: 'sure' | 'likely' | 'guess';
  /** One line for people. */
  readonly evidence: string;
  /** What it does just now in one line, in its own words: `runs npm test`. Foreign text. */
  readonly doing?: string;
  /** Turns that ended. */
  readonly turns: number;
  /** Open questions. */
  readonly asks: number;
  /** The model's service turns it away until then, ms since the epoch. */
  readonly limitedUntil?: number;
}

export interface RigObservation {
  /** Tip of the target branch at the origin. */
  readonly tip: string;
  readonly tipTree: string;
  readonly at: number;
  /** Why nothing can land just now though the gates are green, for people: dirty checkout, unreachable remote. */
  readonly blocked?: string;
  /** The last refresh failed: `tip` may be old. */
  readonly error?: string;
  /** Environment fingerprint and id of each gate's verdict on a tree: see `verdictId` in source/ledger/verdict.ts. */
  readonly environment: string;
}

/** Merge requests stacked on a tip. `links` keeps the order asked for. */
export interface Chain {
  readonly tip: string;
  /** `<id>@<head>` of each request asked for: identifies the chain together with `tip`. */
  readonly key: string;
  readonly links: readonly ChainLink[];
}

export type ChainLink =
  | {
      readonly merge: string;
      readonly outcome: 'stacked';
      /** The merge of this request alone, on the ones before it. */
      readonly commit: string;
      readonly tree: string;
      /** What would become the target if the chain ended here: first parent the tip, the same tree. */
      readonly candidate: string;
    }
  /** All that it changes is on the tip already, whether its commits are or not. */
  | { readonly merge: string; readonly outcome: 'contained' }
  | {
      readonly merge: string;
      readonly outcome: 'conflict';
      readonly against: 'target' | 'ahead';
      readonly files: readonly string[];
      /** What kinds of conflict, as far as Git said; each file once. */
      readonly conflicts?: readonly { readonly kind: string; readonly files: readonly string[] }[];
    }
  /** It adds nothing to what is ahead of it, the first of them after which that is so being `of`. */
  | { readonly merge: string; readonly outcome: 'duplicate'; readonly of: string }
  | { readonly merge: string; readonly outcome: 'missing'; readonly reason: string };

/** Branches by the id of their request, or of their session where it has none yet. Some may have ended since. */
export interface RadarObservation {
  /** Of the question that it answers. */
  readonly key: string;
  readonly at: number;
  readonly tip: string;
  readonly branches: readonly { readonly id: string; readonly head: string; readonly files: readonly string[] }[];
  readonly conflicts: readonly {
    readonly id: string;
    /** Absent: the target. */
    readonly other?: string;
    readonly files: readonly string[];
    readonly conflicts: readonly { readonly kind: string; readonly files: readonly string[] }[];
  }[];
  /** Branches that were too many to be looked at. */
  readonly left: number;
}

export interface MachineObservation {
  readonly freeDiskBytes: number;
  readonly freeMemoryBytes: number;
  readonly totalMemoryBytes: number;
  readonly loopLagMs: number;
  readonly load1: number;
  readonly cores: number;
  /** Terminals of the whole machine; absent where the system does not tell. */
  readonly ptys?: Share;
  /** File descriptors of this process. */
  readonly files?: Share;
  /** Those of the terminal host, which has one and more for each session; absent while none runs. */
  readonly hostFiles?: Share;
}

/** How many of how many there may be. */
export interface Share {
  readonly used: number;
  readonly max: number;
}

export interface MoneyObservation {
  /** The day where the town is, as in the records of cost. */
  readonly today: string;
  /** Agents whose model service turns calls away, by name. */
  readonly limits: ReadonlyMap<string, ServiceLimit>;
}

/** In ms since the epoch. */
export interface ServiceLimit {
  /** When it was learned. */
  readonly since: number;
  readonly until: number;
  readonly message: string;
}

export interface FailingEffect {
  readonly effect: Effect;
  /** Record that the action is about. */
  readonly subject: string;
  /** In a row. */
  readonly failures: number;
  /** When the first of them was. */
  readonly since: number;
  /** What the last one said, and what to do. */
  readonly error: string;
  /** It did not fail: it waits, for a person or for a service's own work. */
  readonly waitsOn?: 'person' | 'service';
}

export interface DogObservation {
  readonly lastRunAt: number;
  readonly ok: boolean;
  readonly note: string;
  /** How long it took. */
  readonly tookMs?: number;
  /** The ledger's last change when its last run that came off began. */
  readonly seq?: number;
  /** Its runs that failed since: how many in a row, and when the first of them was. */
  readonly failed?: { readonly times: number; readonly since: number };
}

export const chainKey = (merges: readonly { id: string; head: string }[]): string =>
  merges.map(merge => `${merge.id}@${merge.head}`).join(' ');
