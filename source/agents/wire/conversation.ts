import type { Act, ConversationFacts, Step, TranscriptLine } from './protocol.ts';

/** A conversation as the town knows it, with ages. */
export interface Conversation extends ConversationFacts {
  /** When the state was entered, ms since the epoch. */
  readonly since: number;
  /** When the CLI last wrote a line, ms since the epoch. */
  readonly heardAt: number;
  /** Lines that it wrote. */
  readonly heardLines: number;
  /** When each open ask was first seen, by its id. */
  readonly askedAt: ReadonlyMap<string, number>;
}

/** A live conversation. Made by `openWire`. */
export interface Wire {
  readonly conversation: Conversation;
  /** Does it or throws `conflict` with what the protocol said against it. */
  act(act: Act): Promise<void>;
  /** Last lines of the transcript, oldest first. */
  transcript(lines: number): readonly TranscriptLine[];
  /** Stops listening; the CLI goes on. */
  close(): Promise<void>;
}

export const newConversation = (at: number): Conversation => ({
  id: '',
  model: '',
  state: 'starting',
  evidence: 'it has not said anything yet',
  doing: '',
  asks: [],
  turns: 0,
  limited: undefined,
  failure: '',
  since: at,
  heardAt: at,
  heardLines: 0,
  askedAt: new Map(),
});

/** The conversation after a step that happened at `at`. The same object when nothing changed. */
export const advance = (before: Conversation, now: Step<unknown>['now'], at: number): Conversation => {
  if (!now) return before;
  const after = { ...before, ...now };
  const since = after.state === before.state ? before.since : at;
  const askedAt = now.asks ? new Map(now.asks.map(ask => [ask.id, before.askedAt.get(ask.id) ?? at])) : before.askedAt;
  return { ...after, since, askedAt };
};
