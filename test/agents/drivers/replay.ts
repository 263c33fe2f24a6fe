import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { advance, type Conversation, newConversation } from '../../../source/agents/wire/conversation.ts';
import type { Act, Protocol, Step, TranscriptLine, UsageReport } from '../../../source/agents/wire/protocol.ts';

/** What a protocol made of a recorded stream. */
export interface Replayed {
  readonly conversation: Conversation;
  /** Every conversation on the way, oldest first. */
  readonly history: readonly Conversation[];
  readonly transcript: readonly TranscriptLine[];
  readonly usage: readonly UsageReport[];
}

export type ActOf = Act | ((conversation: Conversation) => Act);

const FIXTURES = path.join(import.meta.dirname, '../fixtures');
/** Of the recording: a replay has no clock. */
const AT = 1_800_000_000_000;

/**
 * Folds a stream that a real CLI wrote (`fixtures/<name>.jsonl`) and checks that the protocol says to it exactly what was
 * said then. What the town did is given as `acts`: each is done where the recording has a line that follows from no other.
 * `resume` is the id of the conversation that the recorded one goes on with.
 */
export const replay = (
  protocol: Protocol,
  name: string,
  { acts = [], resume }: { acts?: readonly ActOf[]; resume?: string } = {},
): Replayed => {
  const lines = readFileSync(path.join(FIXTURES, `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  const left = [...acts];
  const transcript: TranscriptLine[] = [];
  const usage: UsageReport[] = [];
  const history: Conversation[] = [newConversation(AT)];
  const unsent: unknown[] = [];
  let memory: unknown;
  const apply = (step: Step<unknown>) => {
    expect(step.refusal).toBeUndefined();
    memory = step.memory;
    history.push(advance(history.at(-1)!, step.now, AT));
    transcript.push(...(step.transcript ?? []));
    usage.push(...(step.usage ?? []));
    unsent.push(...(step.send ?? []));
  };
  apply(protocol.open({ ...startOf(lines), ...(resume !== undefined && { resume }) }));
  for (const line of lines) {
    const value: unknown = JSON.parse(line.slice(2));
    if (line.startsWith('< ')) {
      apply(protocol.receive(memory, value));
      continue;
    }
    while (unsent.length === 0) {
      const act = left.shift();
      if (!act) throw new Error(`${name}: nothing that was done led to ${line.slice(0, 300)}`);
      apply(protocol.act(memory, typeof act === 'function' ? act(history.at(-1)!) : act));
    }
    expect(unsent.shift()).toEqual(value);
  }
  expect({ unsent, left }).toEqual({ unsent: [], left: [] });
  // A restarted town knows a conversation only from what was kept of it as JSON.
  expect(JSON.parse(JSON.stringify(memory))).toEqual(memory);
  return { conversation: history.at(-1)!, history, transcript, usage };
};

/** Session and first prompt, as the recording has them. */
const startOf = (lines: readonly string[]) => {
  const sent = lines.filter(line => line.startsWith('> ')).map(line => JSON.parse(line.slice(2)) as Said);
  const prompt = sent.map(({ message }) => (typeof message === 'string' ? message : message?.content)).find(Boolean);
  return { session: 's-recorded', cwd: '/work/checkout', prompt: prompt ?? '' };
};

interface Said {
  readonly message?: string | { readonly content?: string };
}

/** States on the way, each once. */
export const statesOf = ({ history }: Replayed): string[] =>
  history.map(({ state }) => state).filter((state, at, all) => state !== all[at - 1]);
