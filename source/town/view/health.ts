import type { MachineObservation } from '../../../roles/role.ts';

export interface HealthView {
  readonly roles: readonly RoleHealth[];
  readonly dogs: readonly DogHealth[];
  readonly machine?: MachineObservation;
  readonly host: { readonly reachable: boolean; readonly sessions: number };
  /** Agents whose model service turns calls away: no new session of theirs before then, ms since the epoch. */
  readonly limits?: readonly { readonly agent: string; readonly until: number; readonly message: string }[];
  /** What may be spent and what is, the town's and the day's first, then those nearest to their end; absent where there is no limit. */
  readonly budgets?: readonly BudgetGauge[];
  readonly ledger: {
    readonly seq: number;
    readonly committedSeq: number;
    readonly lastCommitAt?: number;
    /** Why Git did not take what is on disk. */
    readonly commitError?: string;
  };
}

export interface BudgetGauge {
  /** What it is set by: the id of a bead or convoy, `day:<date>`, `town`. */
  readonly key: string;
  /** `the budget of the town`. */
  readonly name: string;
  readonly limitUsd: number;
  readonly spentUsd: number;
  readonly unpriced: number;
  /** From this share on a person is asked, from `stopped` on nothing new begins. */
  readonly state: 'ok' | 'asks' | 'stopped';
}

export interface RoleHealth {
  readonly name: string;
  /** Plain word beside the Gas Town word: `dispatch`, `merge queue`, … */
  readonly plain: string;
  readonly lastTickAt?: number;
  readonly lastAction?: string;
  readonly because?: string;
  /** When that was, ms since the epoch. */
  readonly lastActionAt?: number;
  /** The repository that it watches, where each has one of its own. */
  readonly rig?: string;
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
  /** When it is due next, ms since the epoch; absent: not by itself. */
  readonly nextRunAt?: number;
  /** It runs at present. */
  readonly running?: true;
  /** Who switched it off, by a key or a command. */
  readonly offBy?: string;
}
