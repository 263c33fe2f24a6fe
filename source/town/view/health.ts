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
    /** Of the terminal host. */
    readonly hostFiles?: { readonly used: number; readonly max: number };
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
