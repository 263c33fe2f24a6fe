import type { Act, Ask, ConversationFacts, Protocol, Step, TranscriptLine } from '../wire/protocol.ts';
import { answerRequest, type PendingRequest, pendingRequest } from './claude-asks.ts';
import { type ModelTotals, usageOfResult } from './claude-usage.ts';
import { assistantLines, calledTool, userLines } from './claude-words.ts';
import { fieldOf, firstLine, listAt, numberAt, textAt } from './fields.ts';

/** What is kept of a conversation with Claude Code. Plain data. */
export interface ClaudeMemory {
  /** Goes on with an earlier conversation: its totals are in the first result. */
  readonly resumed: boolean;
  readonly model: string;
  readonly state: ConversationFacts['state'];
  readonly pending: readonly PendingRequest[];
  readonly turns: number;
  readonly prompts: number;
  readonly interrupts: number;
  /** An interrupt was sent in this turn: however it ends now, it ends because of that. */
  readonly interrupted: boolean;
  readonly results: number;
  readonly totals: ModelTotals;
  /** The account's own limit, which the end of the turn does not lift. */
  readonly rejected: ConversationFacts['limited'];
}

type Now = Partial<ConversationFacts>;
type ClaudeStep = Step<ClaudeMemory>;

/**
 * Claude Code over `--input-format stream-json --output-format stream-json`: messages and control requests both ways.
 * States are its own `session_state_changed`, which it says when CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS is set.
 */
export const claudeProtocol: Protocol<ClaudeMemory> = {
  open({ prompt, resume, model = '' }) {
    const memory: ClaudeMemory = {
      resumed: resume !== undefined,
      model,
      state: 'starting',
      pending: [],
      turns: 0,
      prompts: 0,
      interrupts: 0,
      interrupted: false,
      results: 0,
      totals: {},
      rejected: undefined,
    };
    const hello = { type: 'control_request', request_id: 'open', request: { subtype: 'initialize' } };
    const first = prompt === '' ? { memory } : say(memory, prompt);
    return { ...first, send: [hello, ...(first.send ?? [])] };
  },
  receive(memory, line) {
    const receive = RECEIVE[textAt(line, 'type')];
    return receive ? receive(memory, line) : { memory };
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

/** While a turn runs Claude Code hears it after the next tool call, else it begins a turn. */
const say = (memory: ClaudeMemory, text: string): ClaudeStep => ({
  memory: { ...memory, prompts: memory.prompts + 1 },
  send: [{ type: 'user', message: { role: 'user', content: text } }],
  transcript: [{ kind: 'town', text }],
});

const interrupt = (memory: ClaudeMemory): ClaudeStep => {
  if (memory.state === 'idle' || memory.state === 'failed') return { memory, refusal: 'No turn is running.' };
  const interrupts = memory.interrupts + 1;
  return {
    memory: { ...memory, interrupts, interrupted: true },
    send: [{ type: 'control_request', request_id: `interrupt-${interrupts}`, request: { subtype: 'interrupt' } }],
    transcript: [{ kind: 'town', text: 'Interrupts the turn.' }],
  };
};

const answer = (memory: ClaudeMemory, act: Extract<Act, { type: 'answer' }>): ClaudeStep => {
  const request = memory.pending.find(({ asks }) => asks.some(({ id }) => id === act.ask));
  const ask = request?.asks.find(({ id }) => id === act.ask);
  if (!request || !ask) return { memory, refusal: 'That question is no longer open.' };
  const option = ask.options.find(({ id }) => id === act.option);
  if (!option) return { memory, refusal: `"${ask.title}" has no option "${act.option}".` };
  if (option.kind === 'answer' && !act.text?.trim()) return { memory, refusal: 'An answer needs a text.' };
  const answered = answerRequest(request, { act, ask, option });
  const rest = memory.pending.filter(one => one !== request);
  const pending = 'open' in answered ? [...rest, answered.open] : rest;
  const words = [option.label, act.text?.trim()].filter(Boolean).join(': ');
  return {
    memory: { ...memory, pending },
    ...('response' in answered && { send: [answered.response] }),
    now: { asks: openAsks(pending) },
    transcript: [{ kind: 'town', text: `${ask.title} — ${words}` }],
  };
};

type Receive = (memory: ClaudeMemory, line: unknown) => ClaudeStep;

const RECEIVE: Readonly<Record<string, Receive>> = {
  system: (memory, line) => SYSTEM[textAt(line, 'subtype')]?.(memory, line) ?? { memory },
  assistant: (memory, line) => {
    const isError = fieldOf(line, 'is_api_error_message') === true;
    const doing = calledTool(line);
    const said = assistantLines(line);
    return working(memory, doing === undefined ? {} : { doing }, {
      transcript: isError ? said.map(({ text }) => ({ kind: 'notice', text })) : said,
      evidence: doing === undefined ? 'it answers' : 'it calls a tool',
    });
  },
  user: (memory, line) => working(memory, { doing: '' }, { transcript: userLines(line), evidence: 'a tool answered' }),
  control_request: (memory, line) => {
    const [id, request] = [textAt(line, 'request_id'), fieldOf(line, 'request')];
    if (textAt(request, 'subtype') !== 'can_use_tool') return { memory, send: [notKnown(id, request)] };
    const pending = [...memory.pending, pendingRequest(id, request)];
    return enter(
      memory,
      'waiting',
      { evidence: 'control_request: can_use_tool', asks: openAsks(pending) },
      { pending },
    );
  },
  control_cancel_request: (memory, line) => {
    const pending = memory.pending.filter(({ id }) => id !== textAt(line, 'request_id'));
    return { memory: { ...memory, pending }, now: { asks: openAsks(pending) } };
  },
  control_response: (memory, line) => {
    const [id, error] = [textAt(line, 'response', 'request_id'), textAt(line, 'response', 'error')];
    if (textAt(line, 'response', 'subtype') !== 'error') return { memory };
    const said = notice(`Claude Code refused a request of the town: ${error}`);
    return id === 'open' ? { ...fail(memory, `it did not begin: ${firstLine(error)}`), ...said } : { memory, ...said };
  },
  rate_limit_event: (memory, line) => {
    const info = fieldOf(line, 'rate_limit_info');
    if (textAt(info, 'status') !== 'rejected') return { memory };
    const resetsAt = numberAt(info, 'resetsAt');
    const message = `the limit of the account is reached (${textAt(info, 'rateLimitType') || 'rate limit'})`;
    const limited = { message, ...(resetsAt > 0 && { until: resetsAt * 1000 }) };
    return enter(memory, 'limited', { evidence: 'rate_limit_event: rejected', limited }, { rejected: limited });
  },
  result: (memory, line) => resultStep(memory, line),
};

const SYSTEM: Readonly<Record<string, Receive>> = {
  init: (memory, line) => {
    const [id, model] = [textAt(line, 'session_id'), textAt(line, 'model') || memory.model];
    return { memory: { ...memory, model }, now: { id, model } };
  },
  session_state_changed: (memory, line) => {
    const state = textAt(line, 'state');
    const evidence = `session_state_changed: ${state}`;
    switch (state) {
      case 'running':
        return enter(memory, 'working', { evidence, limited: undefined, failure: '' }, { rejected: undefined });
      case 'requires_action':
        return enter(memory, 'waiting', { evidence });
      case 'idle':
        // A turn that failed or was turned away says so in its result, which came before.
        if (memory.state === 'failed' || memory.state === 'limited') return { memory };
        if (memory.state === 'idle') return { memory };
        return enter(memory, 'idle', { evidence, ...BETWEEN_TURNS }, { pending: [] });
      default:
        return { memory };
    }
  },
  api_retry: (memory, line) => {
    const status = numberAt(line, 'error_status');
    const what = [status || undefined, textAt(line, 'error').replaceAll('_', ' ')].filter(Boolean).join(' ');
    const message = `${what || 'no answer'}, try ${numberAt(line, 'attempt')} of ${numberAt(line, 'max_retries')}`;
    return {
      ...enter(memory, 'limited', { evidence: `api_retry: ${message}`, limited: { message } }),
      ...notice(message),
    };
  },
  compact_boundary: memory => ({ memory, ...notice('The conversation was shortened to a summary.') }),
  model_refusal_fallback: (memory, line) => ({
    memory,
    ...notice(textAt(line, 'content') || 'Another model goes on.'),
  }),
};

const resultStep = (before: ClaudeMemory, line: unknown): ClaudeStep => {
  const { reports, totals } = usageOfResult(line, {
    totals: before.totals,
    isFirst: before.results === 0,
    resumed: before.resumed,
    model: before.model,
  });
  const turns = before.turns + 1;
  const memory = { ...before, totals, turns, results: before.results + 1, pending: [], interrupted: false };
  const end = endOf(line, before.interrupted);
  const now = { ...BETWEEN_TURNS, evidence: end.evidence, turns, failure: end.failure, limited: before.rejected };
  const state = end.failure !== '' ? 'failed' : before.rejected ? 'limited' : 'idle';
  return {
    ...enter(memory, state, now),
    usage: reports,
    ...(end.notice !== undefined && notice(end.notice)),
  };
};

/** Answers of the model's service after which trying again may help; Claude Code tried some times itself. */
const isPassing = (status: number): boolean => status === 0 || status === 408 || status === 429 || status >= 500;

/** How a turn ended, and whether that is the end of the conversation. */
const endOf = (line: unknown, interrupted: boolean): { evidence: string; failure: string; notice?: string } => {
  const subtype = textAt(line, 'subtype');
  const errors = listAt(line, 'errors').filter(error => typeof error === 'string');
  if (interrupted && subtype !== 'success') {
    return { evidence: 'result: interrupted', failure: '', notice: 'The turn was interrupted.' };
  }
  if (subtype === 'success' && fieldOf(line, 'is_error') !== true) return { evidence: 'result: success', failure: '' };
  if (subtype === 'success') {
    const said = firstLine(textAt(line, 'result'), 200) || 'the model’s service refused';
    const failure = isPassing(numberAt(line, 'api_error_status')) ? '' : said;
    return { evidence: `result: ${said}`, failure };
  }
  const said = firstLine(errors.join('; '), 200) || subtype.replaceAll('_', ' ');
  const failure = subtype === 'error_during_execution' ? '' : said;
  return { evidence: `result: ${subtype}`, failure, notice: `The turn ended: ${said}` };
};

const BETWEEN_TURNS = { doing: '', limited: undefined, asks: [] } as const;

/** A line of a turn shows that it runs: a model that was limited answers again, and old versions say nothing else. */
const working = (
  memory: ClaudeMemory,
  now: Now,
  said: { transcript: readonly TranscriptLine[]; evidence: string },
): ClaudeStep => {
  const { transcript, evidence } = said;
  const goesOn = memory.state === 'limited' || (memory.state === 'starting' && memory.turns === 0);
  if (!goesOn) return { memory, now, transcript };
  return { ...enter(memory, 'working', { ...now, evidence, limited: undefined }), transcript };
};

const enter = (memory: ClaudeMemory, state: ClaudeMemory['state'], now: Now, kept: Partial<ClaudeMemory> = {}) => ({
  memory: { ...memory, ...kept, state },
  now: { ...now, state },
});

const fail = (memory: ClaudeMemory, failure: string): ClaudeStep =>
  enter(memory, 'failed', { ...BETWEEN_TURNS, failure, evidence: failure }, { pending: [] });

const notice = (text: string): { transcript: readonly TranscriptLine[] } => ({
  transcript: [{ kind: 'notice', text }],
});

const openAsks = (pending: readonly PendingRequest[]): readonly Ask[] => pending.flatMap(({ asks }) => asks);

/** Every control request waits for an answer, also those that mean nothing here. */
const notKnown = (id: string, request: unknown): unknown => ({
  type: 'control_response',
  response: {
    subtype: 'error',
    request_id: id,
    error: `This host does not answer ${textAt(request, 'subtype') || 'such requests'}.`,
  },
});
