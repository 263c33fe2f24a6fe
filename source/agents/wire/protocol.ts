import type { Usage } from '../../ledger/schema.ts';

/**
 * How the town talks with an agent CLI over lines of JSON. A protocol is pure: a fold over the lines that the CLI wrote and
 * the acts of the town, from which state, questions, usage and transcript follow. The lines lie in a file and outlive the
 * town, so that a restarted one folds them again and knows as much as before.
 *
 * A line that a protocol does not know is passed over; one that is not JSON never reaches it.
 */
export interface Protocol<M = unknown> {
  /** What to say first: handshake, a new conversation or an earlier one again, the first prompt. Plain data in `memory`. */
  open(start: WireStart): Step<M>;
  /** What a line from the CLI means, and what is answered to it at once. */
  receive(memory: M, line: unknown): Step<M>;
  /** What the town wants: see `Act`. An act that cannot be done now answers with `refusal`. */
  act(memory: M, act: Act): Step<M>;
}

export interface WireStart {
  /** The town's session id. */
  readonly session: string;
  readonly cwd: string;
  readonly prompt: string;
  readonly model?: string;
  /** The CLI's own id of an earlier conversation to go on with. */
  readonly resume?: string;
  /** The whole task: said instead of `prompt` where the CLI no longer has that conversation. */
  readonly task?: string;
  /** The town's MCP server, with the token of this session. */
  readonly mcp?: McpAccess;
}

export interface McpAccess {
  /** `http://127.0.0.1:<port>/mcp`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer <token>`. */
  readonly token: string;
}

export type Act =
  /** A line or a text for the agent; while a turn runs it is steered where the CLI can, else said when the turn ends. */
  | { readonly type: 'prompt'; readonly text: string }
  | { readonly type: 'interrupt' }
  /** Answers an open ask; refused when it is no longer open. `text` goes with an option of kind `answer`, or with a refusal. */
  | { readonly type: 'answer'; readonly ask: string; readonly option: string; readonly text?: string };

/** What follows from a line or an act. Only what changed is named. */
export interface Step<M> {
  readonly memory: M;
  /** Lines to write to the CLI, each a JSON value. */
  readonly send?: readonly unknown[];
  /** Fields of the conversation that are new. `asks` is replaced as a whole. */
  readonly now?: Partial<ConversationFacts>;
  /** For people, oldest first: what the agent said and did, as raw text (made safe by whoever shows it). */
  readonly transcript?: readonly TranscriptLine[];
  /** Tokens used since the last report: deltas, never totals (totals differ in meaning by CLI, field/agents.md §6). */
  readonly usage?: readonly UsageReport[];
  /** Why an act was not done, in one sentence. */
  readonly refusal?: string;
}

/** What a conversation is known to be, from its own protocol. */
export interface ConversationFacts {
  /** The CLI's own id: resumes it later. */
  readonly id: string;
  readonly model: string;
  readonly state: ConversationState;
  /** What that is known from, in one line: `thread/status/changed: waitingOnApproval`. */
  readonly evidence: string;
  /** What it does just now in one line: `runs npm test`. Empty when nothing is under way. */
  readonly doing: string;
  /** Open questions, oldest first. */
  readonly asks: readonly Ask[];
  /** Turns that ended. */
  readonly turns: number;
  /** Set while the model refuses it: until when, ms since the epoch, where that is said. */
  readonly limited: { readonly message: string; readonly until?: number } | undefined;
  /** Why it cannot go on (login, budget, a broken start), in one line. */
  readonly failure: string;
}

/**
 * `starting` until the first turn runs; `working` in a turn; `waiting` for an answer to an ask; `idle` between turns;
 * `limited` while the model's service turns it away; `failed` when it cannot go on.
 */
export type ConversationState = 'starting' | 'working' | 'waiting' | 'idle' | 'limited' | 'failed';

/** Something that the agent asks before it goes on. */
export interface Ask {
  /** Unique in the conversation. */
  readonly id: string;
  readonly kind: 'permission' | 'question';
  /** One line: `Run: git push origin main`. */
  readonly title: string;
  /** All of it: the command, the diff, the question with its choices. */
  readonly detail: string;
  readonly options: readonly AskOption[];
}

export interface AskOption {
  readonly id: string;
  readonly label: string;
  /** `answer` takes a text of the person's own. */
  readonly kind: 'allow' | 'allow_always' | 'deny' | 'answer' | 'choice';
}

export interface TranscriptLine {
  readonly kind: 'agent' | 'tool' | 'result' | 'town' | 'notice';
  readonly text: string;
}

/** Tokens of one or more model calls. `costUsd` where the CLI said it; what it costs is decided elsewhere. */
export interface UsageReport {
  readonly model: string;
  readonly usage: Usage;
  readonly costUsd?: number;
}
