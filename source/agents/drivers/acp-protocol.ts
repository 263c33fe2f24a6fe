import type { Act, ConversationFacts, Protocol, Step, TranscriptLine, WireStart } from '../wire/protocol.ts';
import { type AcpAsk, contentText, permissionAsk } from './acp-asks.ts';
import { errorWords, isPassingError } from './acp-errors.ts';
import { fieldOf, firstLine, listAt, textAt } from './fields.ts';
import { resultText } from './tool-words.ts';

/** What is kept of a conversation over ACP. Plain data. */
export interface AcpMemory {
  readonly start: Pick<WireStart, 'cwd' | 'resume' | 'task'>;
  readonly state: ConversationFacts['state'];
  /** Its id at the agent; '' until it is open. */
  readonly session: string;
  /**
   * An earlier conversation is told again, which is nothing new: while it is loaded, or, as Gemini CLI does, afterwards, up
   * to the list of its commands.
   */
  readonly replays: 'no' | 'while loading' | 'until its commands';
  /** Said when the turn that runs ends: ACP knows no steering. */
  readonly queue: readonly string[];
  /** Turns that were begun, and that ended. */
  readonly begun: number;
  readonly turns: number;
  readonly asks: readonly AcpAsk[];
  /** What the agent says comes in pieces; a line of the transcript is made when something else follows. */
  readonly saying: string;
  /** Titles of tool calls under way, by their id. */
  readonly tools: Readonly<Record<string, string>>;
  /** Those of them that stand in the transcript. */
  readonly told: readonly string[];
}

type AcpStep = Step<AcpMemory>;
type Now = Partial<ConversationFacts>;

/**
 * The Agent Client Protocol, version 1: JSON-RPC in lines (https://agentclientprotocol.com). The agent works with its own
 * tools, so the town offers neither files nor terminals. What ACP says of usage means another thing with each agent and is
 * not counted (field notes of the metering proxy). MCP servers are in the agent's own settings.
 */
export const acpProtocol: Protocol<AcpMemory> = {
  open({ cwd, resume, prompt, task }) {
    const memory: AcpMemory = {
      start: { cwd, ...(resume !== undefined && { resume }), ...(task !== undefined && { task }) },
      state: 'starting',
      session: '',
      replays: 'no',
      queue: prompt === '' ? [] : [prompt],
      begun: 0,
      turns: 0,
      asks: [],
      saying: '',
      tools: {},
      told: [],
    };
    return { memory, send: [request('open', 'initialize', INITIALIZE)] };
  },
  receive(memory, line) {
    const method = textAt(line, 'method');
    if (method === '') return answered(memory, line);
    if (method === 'session/update') return updated(memory, line);
    if (method === 'session/request_permission') return asked(memory, line);
    const id = fieldOf(line, 'id');
    if (id === undefined) return { memory };
    return { memory, send: [{ jsonrpc: '2.0', id, error: { code: METHOD_NOT_FOUND, message: `No ${method} here.` } }] };
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

const INITIALIZE = {
  protocolVersion: 1,
  clientInfo: { name: 'gastown', title: 'Gas Town', version: '1' },
  clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
};
const METHOD_NOT_FOUND = -32_601;
const GEMINI = 'gemini-cli';

const request = (id: string, method: string, params: object) => ({ jsonrpc: '2.0', id, method, params });

// ------------------------------------------------------------------------------------------------------------ the town acts

const say = (memory: AcpMemory, text: string): AcpStep => {
  if (memory.state === 'failed') return { memory, refusal: 'The conversation cannot go on.' };
  const waiting = { ...memory, queue: [...memory.queue, text] };
  return memory.session === '' || isInTurn(memory) ? { memory: waiting } : next(waiting);
};

const isInTurn = ({ begun, turns }: AcpMemory): boolean => begun > turns;

/** Says all that waits, as one prompt, and begins a turn; nothing when nothing waits. */
const next = (memory: AcpMemory): AcpStep => {
  if (memory.queue.length === 0) return { memory };
  const begun = memory.begun + 1;
  const text = memory.queue.join('\n\n');
  const step = enter(memory, 'working', { evidence: 'session/prompt', limited: undefined, failure: '' });
  return {
    ...step,
    memory: { ...step.memory, queue: [], begun },
    send: [request(`turn-${begun}`, 'session/prompt', { sessionId: memory.session, prompt: [{ type: 'text', text }] })],
    transcript: [{ kind: 'town', text }],
  };
};

/** Open permissions are answered as cancelled, as the protocol demands of whoever cancels. */
const interrupt = (memory: AcpMemory): AcpStep => {
  if (!isInTurn(memory)) return { memory, refusal: 'No turn is running.' };
  const cancelled = memory.asks.map(ask => outcome(ask, { outcome: 'cancelled' }));
  const step = enter(memory, 'working', { asks: [], evidence: 'session/cancel' }, { asks: [] });
  return {
    ...step,
    send: [{ jsonrpc: '2.0', method: 'session/cancel', params: { sessionId: memory.session } }, ...cancelled],
    transcript: [{ kind: 'town', text: 'Interrupts the turn.' }],
  };
};

const outcome = ({ request: id }: AcpAsk, result: object) => ({ jsonrpc: '2.0', id, result: { outcome: result } });

/** Words that go with an answer are said when the turn ends: the protocol has no place for them. */
const answer = (memory: AcpMemory, act: Extract<Act, { type: 'answer' }>): AcpStep => {
  const ask = memory.asks.find(({ id }) => id === act.ask);
  if (!ask) return { memory, refusal: 'That question is no longer open.' };
  const option = ask.options.find(({ id }) => id === act.option);
  if (!option) return { memory, refusal: `"${ask.title}" has no option "${act.option}".` };
  const asks = memory.asks.filter(one => one !== ask);
  const words = act.text?.trim();
  const queue = words ? [...memory.queue, `About "${ask.title}": ${words}`] : memory.queue;
  const now = { asks: asks.map(shown), evidence: 'it was answered' };
  return {
    ...enter(memory, asks.length > 0 ? 'waiting' : 'working', now, { asks, queue }),
    send: [outcome(ask, { outcome: 'selected', optionId: option.id })],
    transcript: [{ kind: 'town', text: `${ask.title} — ${[option.label, words].filter(Boolean).join(': ')}` }],
  };
};

const shown = ({ request: _, ...ask }: AcpAsk) => ask;

// ----------------------------------------------------------------------------------------------------------- the agent says

const answered = (memory: AcpMemory, line: unknown): AcpStep => {
  const id = textAt(line, 'id');
  const error = fieldOf(line, 'error');
  const result = fieldOf(line, 'result');
  if (id === 'open') return error === undefined ? opened(memory, result) : broken(memory, error);
  if (id === 'again' && error !== undefined) return anew({ ...memory, replays: 'no' }, errorWords(error));
  if (id === 'new' || id === 'again') return error === undefined ? ready(memory, id, result) : broken(memory, error);
  if (id === `turn-${memory.begun}` && isInTurn(memory)) return turnEnded(memory, { error, result });
  return { memory };
};

const opened = (memory: AcpMemory, result: unknown): AcpStep => {
  const { resume, cwd } = memory.start;
  if (resume === undefined) return begin(memory);
  const params = { sessionId: resume, cwd, mcpServers: [] };
  // `session/resume` tells nothing again; older agents only load, which does.
  if (fieldOf(result, 'agentCapabilities', 'sessionCapabilities', 'resume') !== undefined)
    return { memory, send: [request('again', 'session/resume', params)] };
  if (fieldOf(result, 'agentCapabilities', 'loadSession') === true)
    return {
      memory: {
        ...memory,
        replays: textAt(result, 'agentInfo', 'name') === GEMINI ? 'until its commands' : 'while loading',
      },
      send: [request('again', 'session/load', params)],
    };
  return anew(memory, 'this agent cannot go on with an earlier one');
};

/** What is said to an agent that goes on does not tell one that begins what it is about. */
const anew = (memory: AcpMemory, why: string): AcpStep => {
  const [first, ...others] = memory.queue;
  const task = memory.start.task ?? first;
  return {
    ...begin({ ...memory, queue: [FORGOTTEN, ...(task === undefined ? [] : [task]), ...others] }),
    transcript: [{ kind: 'notice', text: `A new conversation: ${why}` }],
  };
};

const FORGOTTEN =
  'You began this earlier, and that conversation could not be loaded. What you did so far is in your checkout. `gt prime` says the task again.';

const begin = (memory: AcpMemory): AcpStep => ({
  memory,
  send: [request('new', 'session/new', { cwd: memory.start.cwd, mcpServers: [] })],
});

const ready = (before: AcpMemory, id: 'new' | 'again', result: unknown): AcpStep => {
  const session = textAt(result, 'sessionId') || (id === 'again' ? (before.start.resume ?? '') : '');
  if (session === '') return broken(before, { message: 'the agent opened no session' });
  const replays = before.replays === 'while loading' ? 'no' : before.replays;
  const memory: AcpMemory = { ...before, session, replays, saying: '', tools: {}, told: [] };
  const model = modelOf(result);
  const now: Now = { id: session, ...(model !== '' && { model }) };
  const first = next(memory);
  if (first.send) return { ...first, now: { ...now, ...first.now } };
  return enter(memory, 'idle', { ...now, evidence: `session/${id === 'new' ? 'new' : 'resume'}` });
};

const modelOf = (result: unknown): string => {
  const option = listAt(result, 'configOptions').find(one => textAt(one, 'category') === 'model');
  return textAt(result, 'models', 'currentModelId') || textAt(option, 'currentValue');
};

const broken = (memory: AcpMemory, error: unknown): AcpStep => {
  const words = errorWords(error);
  const step = enter(memory, 'failed', { failure: words, evidence: words }, { queue: [] });
  return { ...step, transcript: [{ kind: 'notice', text: `It cannot start: ${words}` }] };
};

/** Why a turn ended, where that is not its own wish. */
const STOPPED: Readonly<Record<string, string>> = {
  cancelled: 'it was interrupted',
  max_tokens: 'its answer grew too long',
  max_turn_requests: 'it made too many calls',
  refusal: 'the model refused to go on',
};

/** What an agent was still asking is withdrawn with its turn. */
const turnEnded = (before: AcpMemory, { error, result }: { error: unknown; result: unknown }): AcpStep => {
  const said = flush(before);
  const turns = before.begun;
  const reason = textAt(result, 'stopReason');
  const why = error === undefined ? STOPPED[reason] : errorWords(error);
  const isOver = error !== undefined && !isPassingError(error);
  const memory = { ...said.memory, turns, asks: [], tools: {}, told: [] };
  const transcript = [
    ...said.transcript,
    ...(why ? [{ kind: 'notice' as const, text: `The turn ended: ${why}` }] : []),
  ];
  const now = {
    turns,
    asks: [],
    doing: '',
    limited: undefined,
    evidence: error === undefined ? `stopReason ${reason || 'unknown'}` : `session/prompt: ${why}`,
    failure: isOver ? why! : '',
  };
  if (isOver) return { ...enter(memory, 'failed', now, { queue: [] }), transcript };
  const more = next(memory);
  if (!more.send) return { ...enter(memory, 'idle', now), transcript };
  return { ...more, now: { ...now, ...more.now }, transcript: [...transcript, ...(more.transcript ?? [])] };
};

const asked = (memory: AcpMemory, line: unknown): AcpStep => {
  const ask = permissionAsk(line);
  const id = fieldOf(line, 'id');
  if (!ask || !isInTurn(memory)) {
    return id === undefined
      ? { memory }
      : { memory, send: [{ jsonrpc: '2.0', id, result: { outcome: { outcome: 'cancelled' } } }] };
  }
  const said = flush(memory);
  const asks = [...memory.asks, ask];
  const now = { asks: asks.map(shown), evidence: `session/request_permission: ${ask.title}` };
  return { ...enter(said.memory, 'waiting', now, { asks }), transcript: said.transcript };
};

const updated = (memory: AcpMemory, line: unknown): AcpStep => {
  const update = fieldOf(line, 'params', 'update');
  const kind = textAt(update, 'sessionUpdate');
  if (memory.replays !== 'no') {
    const isOver = memory.replays === 'until its commands' && kind === 'available_commands_update';
    return { memory: isOver ? { ...memory, replays: 'no' } : memory };
  }
  if (textAt(line, 'params', 'sessionId') !== memory.session) return { memory };
  switch (kind) {
    case 'agent_message_chunk':
      return { memory: { ...memory, saying: memory.saying + textAt(update, 'content', 'text') } };
    case 'tool_call':
    case 'tool_call_update':
      return toolStep(memory, update);
    default:
      return { memory };
  }
};

/** A call is told when it begins: while it is pending some agents know no more of it than the tool's name. */
const toolStep = (before: AcpMemory, update: unknown): AcpStep => {
  const { memory, transcript } = flush(before);
  const [id, status] = [textAt(update, 'toolCallId'), textAt(update, 'status')];
  const command = textAt(update, 'rawInput', 'command');
  const named = command === '' ? textAt(update, 'title') : `$ ${command}`;
  const title = firstLine(named, TITLE_CHARS) || memory.tools[id] || 'a tool';
  const isEnded = status === 'completed' || status === 'failed';
  const { [id]: _, ...others } = memory.tools;
  const tools = isEnded ? others : { ...others, [id]: title };
  const isTold = memory.told.includes(id);
  const isNew = !isTold && (status !== 'pending' || command !== '');
  const result = isEnded ? resultText(resultOf(update)) : '';
  return {
    memory: { ...memory, tools, told: isEnded ? without(memory.told, id) : isNew ? [...memory.told, id] : memory.told },
    now: { doing: isEnded ? '' : title.startsWith('$ ') ? `runs ${title.slice(2)}` : title },
    transcript: [
      ...transcript,
      ...(isNew ? [{ kind: 'tool' as const, text: title }] : []),
      ...(result === '' ? [] : [{ kind: 'result' as const, text: result }]),
    ],
  };
};

const TITLE_CHARS = 300;

const without = (list: readonly string[], one: string): readonly string[] => list.filter(other => other !== one);

const resultOf = (update: unknown): string => {
  const said = listAt(update, 'content').map(contentText).filter(Boolean).join('\n');
  return said || textAt(update, 'rawOutput', 'output') || textAt(update, 'rawOutput', 'content');
};

const flush = (memory: AcpMemory): { memory: AcpMemory; transcript: readonly TranscriptLine[] } => {
  const text = memory.saying.trim();
  const transcript: readonly TranscriptLine[] = text === '' ? [] : [{ kind: 'agent', text }];
  return { memory: memory.saying === '' ? memory : { ...memory, saying: '' }, transcript };
};

const enter = (memory: AcpMemory, state: AcpMemory['state'], now: Now, kept: Partial<AcpMemory> = {}): AcpStep => ({
  memory: { ...memory, ...kept, state },
  now: { ...now, state },
});
