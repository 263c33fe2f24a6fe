import type { Ask, ConversationFacts, Step, WireStart } from '../wire/protocol.ts';
import type { PendingRequest } from './codex-asks.ts';
import type { ThreadTotals } from './codex-usage.ts';

/** What is kept of a conversation with Codex. Plain data. */
export interface CodexMemory {
  readonly start: Pick<WireStart, 'cwd' | 'model' | 'resume'>;
  /** The private home's hooks.json, as Codex names it. */
  readonly hooksFile: string;
  /** The conversation itself; others are its subagents. '' until its hooks are known to run. */
  readonly thread: string;
  readonly model: string;
  /** Models of subagents, by thread, where they are known. */
  readonly models: Readonly<Record<string, string>>;
  readonly state: ConversationFacts['state'];
  /** The turn that runs, or ''. */
  readonly turn: string;
  /** A turn was asked for that Codex has not begun yet. */
  readonly isStarting: boolean;
  /** The turn is to be interrupted as soon as its id is known. */
  readonly isInterrupted: boolean;
  readonly turns: number;
  /** What is still to be said to it, oldest first. */
  readonly queue: readonly string[];
  /** What was said into a running turn and is not confirmed, by the id of the request. */
  readonly steered: Readonly<Record<string, string>>;
  readonly prompts: number;
  readonly interrupts: number;
  readonly pending: readonly PendingRequest[];
  /** File changes under way, by their id: a request to allow one does not repeat it. */
  readonly changes: Readonly<Record<string, unknown>>;
  readonly totals: ThreadTotals;
  /** Threads of which a turn began here. What others used is from before a resume. */
  readonly begun: readonly string[];
  /** When the account's limit is over, ms since the epoch; 0 when none is reached. */
  readonly resetsAt: number;
}

export type CodexStep = Step<CodexMemory>;
export type Now = Partial<ConversationFacts>;

export const newMemory = ({ cwd, model, resume, prompt }: WireStart): CodexMemory => ({
  start: { cwd, ...(model !== undefined && { model }), ...(resume !== undefined && { resume }) },
  hooksFile: '',
  thread: '',
  model: model ?? '',
  models: {},
  state: 'starting',
  turn: '',
  isStarting: false,
  isInterrupted: false,
  turns: 0,
  queue: prompt === '' ? [] : [prompt],
  steered: {},
  prompts: 0,
  interrupts: 0,
  pending: [],
  changes: {},
  totals: {},
  begun: [],
  resetsAt: 0,
});

export const enter = (memory: CodexMemory, state: CodexMemory['state'], now: Now): CodexStep => ({
  memory: { ...memory, state },
  now: { ...now, state },
});

/** It cannot go on, and nothing that it was to be told will be. */
export const fail = (memory: CodexMemory, failure: string): CodexStep => ({
  ...enter({ ...memory, pending: [], queue: [], turn: '', isStarting: false }, 'failed', {
    ...BETWEEN_TURNS,
    failure,
    evidence: failure,
  }),
  transcript: [{ kind: 'notice', text: failure }],
});

export const notice = (memory: CodexMemory, text: string): CodexStep => ({
  memory,
  ...(text !== '' && { transcript: [{ kind: 'notice', text }] }),
});

export const openAsks = (pending: readonly PendingRequest[]): readonly Ask[] => pending.flatMap(({ asks }) => asks);

export const BETWEEN_TURNS = { doing: '', limited: undefined, asks: [] } as const;
