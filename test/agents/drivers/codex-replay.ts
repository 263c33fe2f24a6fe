import fs from 'node:fs';
import path from 'node:path';
import { codexProtocol } from '../../../source/agents/drivers/codex-protocol.ts';
import { fieldOf, listAt, textAt } from '../../../source/agents/drivers/fields.ts';
import { advance, type Conversation, newConversation } from '../../../source/agents/wire/conversation.ts';
import type { Act, Step, TranscriptLine, UsageReport } from '../../../source/agents/wire/protocol.ts';

const FIXTURES = path.join(import.meta.dirname, '../fixtures/codex');

/** What is done once the conversation is like this. Each is done once, in their order. */
export interface Cue {
  when(conversation: Conversation): boolean;
  act(conversation: Conversation): Act;
}

export interface Replay {
  readonly conversation: Conversation;
  readonly history: readonly Conversation[];
  readonly transcript: readonly TranscriptLine[];
  readonly usage: readonly UsageReport[];
  /** What the protocol said, and what was said when the stream was recorded. */
  readonly sent: readonly unknown[];
  readonly recorded: readonly unknown[];
}

/** A recorded stream of the real Codex, as lines: `> ` was sent, `< ` received. */
export const recordedLines = (name: string): readonly { sent: boolean; value: unknown }[] =>
  fs
    .readFileSync(path.join(FIXTURES, `${name}.jsonl`), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => ({ sent: line.startsWith('> '), value: JSON.parse(line.slice(2)) as unknown }));

/** Folds what Codex said in a recorded stream, changed by `change` where that is given. */
export const replay = (
  name: string,
  { cues = [], change = value => value }: { cues?: readonly Cue[]; change?: (value: unknown) => unknown } = {},
): Replay => {
  const lines = recordedLines(name);
  const recorded = lines.filter(({ sent }) => sent).map(({ value }) => value);
  const [open, resumed, begun] = ['hooks', 'resume', 'turn-1'].map(id =>
    recorded.find(one => fieldOf(one, 'id') === id),
  );
  const resume = textAt(resumed, 'params', 'threadId');
  const state = {
    memory: undefined as unknown,
    conversation: newConversation(0),
    history: [] as Conversation[],
    transcript: [] as TranscriptLine[],
    usage: [] as UsageReport[],
    sent: [] as unknown[],
  };
  const waiting = [...cues];
  const apply = (step: Step<unknown>): void => {
    if (step.refusal !== undefined) throw new Error(step.refusal);
    // The town keeps no more of a memory than what JSON can say.
    state.memory = JSON.parse(JSON.stringify(step.memory));
    const before = state.conversation;
    state.conversation = advance(before, step.now, state.history.length);
    if (state.conversation !== before) state.history.push(state.conversation);
    state.transcript.push(...(step.transcript ?? []));
    state.usage.push(...(step.usage ?? []));
    state.sent.push(...(step.send ?? []));
    const cue = waiting[0];
    if (!cue?.when(state.conversation)) return;
    waiting.shift();
    apply(codexProtocol.act(state.memory as never, cue.act(state.conversation)));
  };
  apply(
    codexProtocol.open({
      session: 's-1',
      cwd: String(listAt(open, 'params', 'cwds')[0]),
      prompt: textAt(listAt(begun, 'params', 'input')[0], 'text'),
      model: 'gpt-5.5',
      ...(resume !== '' && { resume }),
    }),
  );
  for (const { sent, value } of lines) if (!sent) apply(codexProtocol.receive(state.memory as never, change(value)));
  if (waiting.length > 0) throw new Error(`${waiting.length} acts were never due`);
  return { ...state, recorded };
};
