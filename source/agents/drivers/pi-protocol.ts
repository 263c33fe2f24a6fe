import { PI_ENTRY } from '../hooks/formats.ts';
import type { Act, Ask, ConversationFacts, Protocol, Step, TranscriptLine, UsageReport } from '../wire/protocol.ts';
import { fieldOf, firstLine, listAt, numberAt, textAt } from './fields.ts';
import { answerUiRequest, uiRequest } from './pi-asks.ts';
import { resultText, toolTitle } from './tool-words.ts';

/** What is kept of a conversation with pi. Plain data. */
export interface PiMemory {
  readonly state: ConversationFacts['state'];
  readonly asks: readonly Ask[];
  readonly turns: number;
  readonly prompts: number;
  readonly interrupts: number;
  /** What the last answer of the model's service was, where it was an error. */
  readonly error: string;
}

type PiStep = Step<PiMemory>;
type Now = Partial<ConversationFacts>;

/** pi over `--mode rpc`: commands and events as lines of JSON. A turn ends with `agent_settled`, after its own retries. */
export const piProtocol: Protocol<PiMemory> = {
  open({ prompt }) {
    const memory: PiMemory = { state: 'starting', asks: [], turns: 0, prompts: 0, interrupts: 0, error: '' };
    const first = prompt === '' ? { memory } : say(memory, prompt);
    return { ...first, send: [{ id: 'open', type: 'get_state' }, ...(first.send ?? [])] };
  },
  receive(memory, line) {
    const type = textAt(line, 'type');
    return Object.hasOwn(RECEIVE, type) ? RECEIVE[type]!(memory, line) : { memory };
  },
  act(memory, act) {
    switch (act.type) {
      case 'prompt':
        return say(memory, act.text);
      case 'interrupt':
        return interrupt(memory);
      case 'answer':
        return answer(memory, act);
    }
  },
};

/** `streamingBehavior` counts only while a turn runs: the text is then heard after the next tool calls. */
const say = (memory: PiMemory, text: string): PiStep => {
  const prompts = memory.prompts + 1;
  return {
    memory: { ...memory, prompts },
    send: [{ id: `turn-${prompts}`, type: 'prompt', message: text, streamingBehavior: 'steer' }],
    transcript: [{ kind: 'town', text }],
  };
};

const interrupt = (memory: PiMemory): PiStep => {
  if (memory.state === 'idle' || memory.state === 'failed') return { memory, refusal: 'No turn is running.' };
  const interrupts = memory.interrupts + 1;
  return {
    memory: { ...memory, interrupts },
    send: [{ id: `interrupt-${interrupts}`, type: 'abort' }],
    transcript: [{ kind: 'town', text: 'Interrupts the turn.' }],
  };
};

const answer = (memory: PiMemory, act: Extract<Act, { type: 'answer' }>): PiStep => {
  const ask = memory.asks.find(({ id }) => id === act.ask);
  if (!ask) return { memory, refusal: 'That question is no longer open.' };
  const option = ask.options.find(({ id }) => id === act.option);
  if (!option) return { memory, refusal: `"${ask.title}" has no option "${act.option}".` };
  if (option.kind === 'answer' && !act.text?.trim()) return { memory, refusal: 'An answer needs a text.' };
  const asks = memory.asks.filter(one => one !== ask);
  const words = [option.label, act.text?.trim()].filter(Boolean).join(': ');
  return {
    ...enter(memory, asks.length > 0 ? 'waiting' : 'working', { asks, evidence: 'it was answered' }, { asks }),
    send: [answerUiRequest(ask, option, act.text)],
    transcript: [{ kind: 'town', text: `${ask.title} — ${words}` }],
  };
};

type Receive = (memory: PiMemory, line: unknown) => PiStep;

const RECEIVE: Readonly<Record<string, Receive>> = {
  response: (memory, line) => responseStep(memory, line),
  agent_start: memory =>
    enter(memory, 'working', { evidence: 'agent_start', limited: undefined, failure: '' }, { error: '' }),
  agent_settled: memory => settled(memory),
  message_end: (memory, line) => messageStep(memory, fieldOf(line, 'message')),
  tool_execution_start: (memory, line) => {
    const title = toolTitle(textAt(line, 'toolName'), fieldOf(line, 'args'));
    return { memory, now: { doing: title.startsWith('$ ') ? `runs ${title.slice(2)}` : title } };
  },
  tool_execution_end: (memory, line) => {
    const text = resultText(contentText(fieldOf(line, 'result', 'content')));
    return { memory, now: { doing: '' }, ...(text !== '' && { transcript: [{ kind: 'result', text }] }) };
  },
  // What the extension says at the end of a turn is an entry of the session, and not a message that ends.
  entry_appended: (memory, line) => {
    const entry = fieldOf(line, 'entry');
    return textAt(entry, 'customType') === PI_ENTRY ? notes(memory, entry) : { memory };
  },
  auto_retry_start: (memory, line) => {
    const said = errorWords(textAt(line, 'errorMessage'));
    const message = `${said}, try ${numberAt(line, 'attempt')} of ${numberAt(line, 'maxAttempts')}`;
    const step = enter(memory, 'limited', { evidence: `auto_retry_start: ${message}`, limited: { message } });
    return { ...step, ...notice(message) };
  },
  compaction_end: (memory, line) => {
    const usage = fieldOf(line, 'result', 'usage');
    const said = textAt(line, 'errorMessage') || 'The conversation was shortened to a summary.';
    return { memory, ...notice(said), usage: usage === undefined ? [] : reportOf(usage, '') };
  },
  extension_error: (memory, line) => ({ memory, ...notice(`An extension failed: ${textAt(line, 'error')}`) }),
  extension_ui_request: (memory, line) => {
    const ask = uiRequest(line);
    if (!ask) {
      return textAt(line, 'method') === 'notify' ? { memory, ...notice(textAt(line, 'message')) } : { memory };
    }
    const asks = [...memory.asks, ask];
    return enter(memory, 'waiting', { asks, evidence: `extension_ui_request: ${textAt(line, 'method')}` }, { asks });
  },
};

const responseStep: Receive = (memory, line) => {
  const [id, command] = [textAt(line, 'id'), textAt(line, 'command')];
  if (fieldOf(line, 'success') === true) {
    if (command !== 'get_state') return { memory };
    const model = textAt(line, 'data', 'model', 'id');
    return { memory, now: { id: textAt(line, 'data', 'sessionId'), ...(model !== '' && { model }) } };
  }
  const error = firstLine(textAt(line, 'error')) || `${command} was refused`;
  const said = notice(`pi refused: ${error}`);
  // A first prompt that is refused (no key, no such model) leaves nothing to wait for.
  const isOver = id.startsWith('turn-') && memory.turns === 0 && memory.state === 'starting';
  return isOver ? { ...enter(memory, 'failed', { failure: error, evidence: error }), ...said } : { memory, ...said };
};

const messageStep = (memory: PiMemory, message: unknown): PiStep => {
  const role = textAt(message, 'role');
  if (role === 'custom') return textAt(message, 'customType') === PI_ENTRY ? { memory } : notes(memory, message);
  if (role !== 'assistant') return { memory };
  const model = textAt(message, 'responseModel') || textAt(message, 'model');
  const stopped = textAt(message, 'stopReason');
  const error = stopped === 'error' ? errorWords(textAt(message, 'errorMessage')) : '';
  const usage = reportOf(fieldOf(message, 'usage'), model);
  const transcript = assistantLines(message);
  const answered = error === '' && memory.state === 'limited';
  const step = answered
    ? enter(memory, 'working', { evidence: 'it answers', limited: undefined })
    : { memory, now: undefined };
  return {
    memory: { ...step.memory, error },
    now: { ...step.now, ...(model !== '' && { model }) },
    transcript,
    usage,
  };
};

const notes = (memory: PiMemory, said: unknown): PiStep => ({
  memory,
  ...notice(contentText(fieldOf(said, 'content'))),
});

const settled = (before: PiMemory): PiStep => {
  const turns = before.turns + 1;
  const isOver = before.error !== '' && !isPassing(before.error);
  const evidence = before.error === '' ? 'agent_settled' : `agent_settled: ${before.error}`;
  const now = { evidence, turns, doing: '', limited: undefined, asks: [], failure: isOver ? before.error : '' };
  const step = enter(before, isOver ? 'failed' : 'idle', now, { asks: [], turns });
  return before.error === '' ? step : { ...step, ...notice(`The turn ended: ${before.error}`) };
};

/** Of an answer in JSON, as `529 {"type":"error",…}`, only the words. */
const errorWords = (text: string): string => {
  const said = /^(\d{3}) .*"message":\s*"((?:[^"\\]|\\.)*)"/s.exec(text);
  return firstLine(said ? `${said[1]} ${said[2]}` : text, 200) || 'an error without words';
};

/** Errors after which trying again may help; pi tried some times itself. */
const isPassing = (error: string): boolean =>
  /\b(408|409|425|429|5\d\d)\b|overloaded|rate.?limit|time(d.?)?.?out|ECONN|socket|network|fetch failed|terminated|aborted/i.test(
    error,
  );

const assistantLines = (message: unknown): TranscriptLine[] =>
  listAt(message, 'content').flatMap((block): TranscriptLine[] => {
    if (textAt(block, 'type') === 'toolCall') {
      return [{ kind: 'tool', text: toolTitle(textAt(block, 'name'), fieldOf(block, 'arguments')) }];
    }
    const text = textAt(block, 'type') === 'text' ? textAt(block, 'text').trimEnd() : '';
    return text === '' ? [] : [{ kind: 'agent', text }];
  });

const contentText = (content: unknown): string => {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map(part => textAt(part, 'text') || `(${textAt(part, 'type')})`).join('\n');
};

/**
 * Each message says what it used, without what is cached. Its price is left out: pi takes that of another model for one that
 * it does not know.
 */
const reportOf = (usage: unknown, model: string): UsageReport[] => {
  const used = {
    uncachedIn: numberAt(usage, 'input'),
    cacheRead: numberAt(usage, 'cacheRead'),
    cacheWrite: numberAt(usage, 'cacheWrite'),
    out: numberAt(usage, 'output'),
    reasoning: numberAt(usage, 'reasoning'),
  };
  if (used.uncachedIn + used.cacheRead + used.cacheWrite + used.out === 0) return [];
  const long = numberAt(usage, 'cacheWrite1h');
  return [{ model, usage: { ...used, ...(long > 0 && { cacheWrite1h: long }) } }];
};

const enter = (memory: PiMemory, state: PiMemory['state'], now: Now, kept: Partial<PiMemory> = {}) => ({
  memory: { ...memory, ...kept, state },
  now: { ...now, state },
});

const notice = (text: string): { transcript: readonly TranscriptLine[] } => ({
  transcript: [{ kind: 'notice', text }],
});
