/** Stable machine-readable reasons. Public: printed in `--json` errors and tested; a code is never reused for another meaning. */
export type ErrorCode =
  | 'usage'
  | 'config_invalid'
  | 'town_not_found'
  | 'town_locked'
  | 'town_read_only'
  | 'town_schema_newer'
  | 'not_found'
  | 'already_exists'
  | 'conflict'
  | 'forbidden'
  | 'invalid'
  | 'disk'
  | 'ledger_corrupt'
  | 'git_missing'
  | 'git_too_old'
  | 'git_failed'
  /** Ready here, and the remote does not take it just now. */
  | 'push_pending'
  /** A pull request is open, and waits: for checks, a review, a person. */
  | 'pull_request_open'
  /** `gh` is not there, nobody is logged in, or GitHub turns it away. */
  | 'gh_failed'
  | 'repository_invalid'
  | 'branch_missing'
  | 'plan_invalid'
  | 'agent_unknown'
  | 'host_unreachable'
  | 'protocol'
  | 'timeout'
  | 'terminal'
  | 'needs_person'
  | 'internal';

/** Exit codes of every command: DESIGN §10. */
export const EXIT = { done: 0, failed: 1, usage: 2, needsPerson: 3 } as const;

/** Codes whose fault lies in what the caller typed or configured; they end a command with exit code 2. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'usage',
  'config_invalid',
  'plan_invalid',
  'agent_unknown',
  'terminal',
]);

export interface GastownErrorOptions {
  /** What to do next, in one sentence. To an agent it never names its own bypass. */
  hint?: string;
  /** Ids of the records concerned, by kind. */
  ids?: Record<string, string>;
  cause?: unknown;
  /** For what did not fail but only waits: when to look again, and whether for a person. */
  wait?: Wait;
}

export interface Wait {
  readonly forMs: number;
  readonly on: 'person' | 'service';
}

/** The one error family of operating errors. Programmer errors are plain `Error`s and crash loudly. */
export class GastownError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly ids: Record<string, string> | undefined;
  readonly wait: Wait | undefined;

  constructor(code: ErrorCode, message: string, options: GastownErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GastownError';
    this.code = code;
    this.hint = options.hint;
    this.ids = options.ids;
    this.wait = options.wait;
  }

  get exitCode(): number {
    if (USAGE_CODES.has(this.code)) return EXIT.usage;
    return this.code === 'needs_person' ? EXIT.needsPerson : EXIT.failed;
  }

  /** The public shape of an error: DESIGN §10. */
  toJSON(): { type: 'error'; code: ErrorCode; message: string; hint?: string; ids?: Record<string, string> } {
    return {
      type: 'error',
      code: this.code,
      message: this.message,
      ...(this.hint && { hint: this.hint }),
      ...(this.ids && { ids: this.ids }),
    };
  }
}

/** True for errors of our family with the given code (or any, when none is given). */
export const isGastownError = (error: unknown, code?: ErrorCode): error is GastownError =>
  error instanceof GastownError && (code === undefined || error.code === code);

/** Wraps anything thrown as one of ours, keeping ours as they are. */
export const toGastownError = (error: unknown, code: ErrorCode = 'internal'): GastownError =>
  error instanceof GastownError
    ? error
    : new GastownError(code, error instanceof Error ? error.message : String(error), { cause: error });

/** Exhaustiveness check for discriminated unions. */
export const unreachable = (value: never): never => {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
};
