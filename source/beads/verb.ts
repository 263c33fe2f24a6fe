import type { Command, Receipt } from '../ledger/commands.ts';
import type { LedgerData } from '../ledger/schema.ts';
import type { Args, Flag } from './arguments.ts';

/** A command without its envelope: who acts is settled before a verb runs. */
export type CommandBody = Command extends infer C ? (C extends Command ? Pick<C, 'type' | 'payload'> : never) : never;

/** One command of `bd`, as its file declares it: everything the parser, the help and the dispatcher know of it. */
export interface Verb {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line for the list of `bd help`. */
  readonly summary: string;
  /** What follows the name: `<id...> [flags]`. */
  readonly usage: string;
  readonly flags: readonly Flag[];
  /** Paragraphs for `bd <verb> --help`. */
  readonly details?: string;
  /** It may change something: refused under `--readonly`, its messages are left out under `--quiet`. */
  readonly writes?: boolean;
  /** A family: `bd config set`. The first word picks one; `run` answers where none is given, else the help does. */
  readonly verbs?: readonly Verb[];
  /**
   * Does it. Throws a `GastownError` for what is refused. What it needs from outside (`call.file`, `call.stdin`) it asks
   * for before its first command.
   */
  readonly run?: (call: Call) => Output | Promise<Output>;
}

/** What a verb prints. Foreign text may be in it as it is: it is made safe for a terminal in one place, after the verb. */
export interface Output {
  /** For people; a final line break is added where there is none. Empty prints nothing. */
  readonly text: string | (() => string);
  /** Under `--json`, in place of `text`; absent where a verb prints the same either way. Like it, made only when it is printed. */
  readonly json?: unknown;
  /** Beside the result: what went wrong with some of the ids, or a warning. */
  readonly stderr?: string;
  /** 0 when absent. */
  readonly exitCode?: number;
  /** Printed under `--quiet` too: an id that a script waits for. */
  readonly essential?: boolean;
  /** Written by the caller's own process. */
  readonly files?: readonly OutputFile[];
}

export interface OutputFile {
  /** As the caller gave it; relative to the folder it stands in. */
  readonly path: string;
  readonly content: string;
}

/** One call of a verb, with everything it may use. */
export interface Call {
  readonly args: Args;
  readonly data: LedgerData;
  /** Wall clock, ms since the epoch. */
  readonly now: number;
  /** Under which name work is claimed: `--actor`, the caller's `BEADS_ACTOR`, a polecat's id, or `operator`. */
  readonly name: string;
  /** True for an agent: refusals to it never name a way around them. */
  readonly isAgent: boolean;
  /** The caller's agent session, if it says one. */
  readonly session: string | undefined;
  /** Facts of the town around the ledger. */
  readonly town: TownFacts;
  /** Executes a command as the caller; durable when it resolves. Rejects with what the ledger refuses. */
  execute(body: CommandBody, because?: string): Promise<Receipt>;
  /** Text of a file of the caller's. The first asking ends the run; the verb runs again when the caller has read it. */
  file(path: string): string;
  /** The caller's standard input, likewise. */
  stdin(): string;
  /** Keeps a file of issues up to date from now on (undefined: none any more); absent where that is not the caller's to say. */
  keepExport?(path: string | undefined): Promise<{ file: string | undefined }>;
  /** Every change of a bead, oldest first. */
  history(id: string): Promise<readonly Change[]>;
}

export interface TownFacts {
  /** Absolute path. */
  readonly dir: string;
  readonly name: string;
  /** It was made a moment ago, for this very command. */
  readonly isNew?: boolean;
}

/** One change of one bead. */
export interface Change {
  readonly rev: number;
  /** ISO time; absent where the history does not say. */
  readonly at?: string;
  readonly by?: string;
  readonly command?: string;
  readonly because?: string;
  readonly commit: string;
  readonly changes: readonly { readonly field: string; readonly before?: unknown; readonly after?: unknown }[];
  /** The same for people. */
  readonly lines: readonly string[];
}
