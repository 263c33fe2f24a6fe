import type { TranscriptLine } from '../wire/protocol.ts';
import { isTurnedAway, limitResetsAt, saidBy, turnFailure } from './codex-errors.ts';
import { BETWEEN_TURNS, type CodexMemory, type CodexStep, enter, type Now, notice, openAsks } from './codex-memory.ts';
import { flush, turnBegan } from './codex-turns.ts';
import { usageOfUpdate } from './codex-usage.ts';
import { begunItem, endedItem } from './codex-words.ts';
import { fieldOf, firstLine, listAt, numberAt, textAt } from './fields.ts';

type Notified = (memory: CodexMemory, params: unknown) => CodexStep;

/** What Codex says on its own account, by its method. Others are passed over. */
export const NOTIFIED: Readonly<Record<string, Notified>> = {
  'turn/started': (memory, params) => {
    const thread = textAt(params, 'threadId');
    const begun = memory.begun.includes(thread) ? memory.begun : [...memory.begun, thread];
    if (thread !== memory.thread) return { memory: { ...memory, begun } };
    const running = { ...memory, begun, state: 'working' as const };
    const now: Now = { state: 'working', evidence: 'turn/started', limited: undefined, failure: '' };
    return { ...turnBegan(running, textAt(params, 'turn', 'id')), now };
  },
  'turn/completed': (memory, params) =>
    textAt(params, 'threadId') === memory.thread ? turnEnded(memory, fieldOf(params, 'turn')) : { memory },
  'thread/status/changed': (memory, params) => {
    if (textAt(params, 'threadId') !== memory.thread || textAt(params, 'status', 'type') !== 'active')
      return { memory };
    const flags = listAt(params, 'status', 'activeFlags').filter(flag => typeof flag === 'string');
    if (flags.length > 0) return enter(memory, 'waiting', { evidence: `thread/status/changed: ${flags.join(', ')}` });
    if (memory.state !== 'waiting' || memory.pending.length > 0) return { memory };
    return enter(memory, 'working', { evidence: 'thread/status/changed: active' });
  },
  'item/started': (memory, params) => {
    const item = fieldOf(params, 'item');
    const { said, doing } = begunItem(item);
    const known = ofSubagent(withChange(memory, item), item);
    return heard(known, { said: marked(memory, params, said), now: doing === '' ? {} : { doing } });
  },
  'item/completed': (memory, params) => {
    const item = fieldOf(params, 'item');
    const { [textAt(item, 'id')]: _done, ...changes } = memory.changes;
    return heard({ ...memory, changes }, { said: marked(memory, params, endedItem(item)), now: { doing: '' } });
  },
  error: (memory, params) => {
    const [error, tries] = [fieldOf(params, 'error'), fieldOf(params, 'willRetry') === true];
    // How a turn that failed for good leaves the conversation is said when it ends.
    if (!tries && textAt(params, 'threadId') === memory.thread) return { memory };
    if (!tries || !isTurnedAway(error)) return notice(memory, saidBy(error));
    const message = saidBy(error);
    return {
      ...enter(memory, 'limited', { evidence: `error: ${message}`, limited: { message } }),
      transcript: [{ kind: 'notice', text: message }],
    };
  },
  'thread/tokenUsage/updated': (memory, params) => {
    const thread = textAt(params, 'threadId');
    const { reports, totals } = usageOfUpdate(params, {
      totals: memory.totals,
      isOldTurn: !memory.begun.includes(thread),
      model: memory.models[thread] ?? memory.model,
    });
    return { memory: { ...memory, totals }, usage: reports };
  },
  'serverRequest/resolved': (memory, params) => {
    const pending = memory.pending.filter(({ id }) => id !== fieldOf(params, 'requestId'));
    if (pending.length === memory.pending.length) return { memory };
    return { memory: { ...memory, pending }, now: { asks: openAsks(pending) } };
  },
  'account/rateLimits/updated': (memory, params) => ({ memory: { ...memory, resetsAt: limitResetsAt(params) } }),
  'model/rerouted': (memory, params) => {
    const [thread, model] = [textAt(params, 'threadId'), textAt(params, 'toModel')];
    const said = `The service goes on with ${model} instead of ${textAt(params, 'fromModel')}.`;
    if (thread !== memory.thread) return notice({ ...memory, models: { ...memory.models, [thread]: model } }, said);
    return { ...notice({ ...memory, model }, said), now: { model } };
  },
  'mcpServer/startupStatus/updated': (memory, params) => {
    if (textAt(params, 'status') !== 'failed') return { memory };
    return notice(
      memory,
      `The MCP server ${textAt(params, 'name')} did not start: ${firstLine(textAt(params, 'error'))}`,
    );
  },
  'hook/completed': (memory, params) => {
    const status = textAt(params, 'run', 'status');
    const words = listAt(params, 'run', 'entries').map(entry => textAt(entry, 'text'));
    if (status === 'blocked') return notice(memory, words.join('\n'));
    if (status !== 'failed') return { memory };
    return notice(memory, `The hook ${textAt(params, 'run', 'eventName')} failed: ${firstLine(words.join(' '))}`);
  },
  warning: (memory, params) => notice(memory, textAt(params, 'message')),
};

const turnEnded = (before: CodexMemory, turn: unknown): CodexStep => {
  const turns = before.turns + 1;
  const memory = { ...before, turns, turn: '', isStarting: false, isInterrupted: false, pending: [], changes: {} };
  const status = textAt(turn, 'status');
  const now: Now = { ...BETWEEN_TURNS, turns, evidence: `turn/completed: ${status}`, failure: '' };
  if (status === 'failed') return turnFailed(memory, turn, now);
  const next = flush(memory);
  const said: TranscriptLine[] =
    status === 'interrupted' ? [{ kind: 'notice', text: 'The turn was interrupted.' }] : [];
  return { ...next, ...enter(next.memory, next.send ? 'working' : 'idle', now), transcript: said };
};

const turnFailed = (memory: CodexMemory, turn: unknown, now: Now): CodexStep => {
  const at = numberAt(turn, 'completedAt') * 1000;
  const { state, said, until } = turnFailure(fieldOf(turn, 'error'), { at, resetsAt: memory.resetsAt });
  return {
    ...enter(memory, state, {
      ...now,
      evidence: `turn/completed: ${said}`,
      ...(state === 'limited' && { limited: { message: said, ...(until !== undefined && { until }) } }),
      ...(state === 'failed' && { failure: said }),
    }),
    transcript: [{ kind: 'notice', text: `The turn ended: ${said}` }],
  };
};

/** A line of a turn shows that it runs: a model that turned it away answers again. */
const heard = (memory: CodexMemory, { said, now }: { said: readonly TranscriptLine[]; now: Now }): CodexStep => {
  const isBack = memory.state === 'limited' && memory.turn !== '';
  const step = isBack
    ? enter(memory, 'working', { ...now, evidence: 'it answers again', limited: undefined })
    : { memory, now };
  return { ...step, transcript: said };
};

/** Work of a subagent is set apart. */
const marked = (
  { thread }: CodexMemory,
  params: unknown,
  said: readonly TranscriptLine[],
): readonly TranscriptLine[] =>
  textAt(params, 'threadId') === thread ? said : said.map(line => ({ ...line, text: `↳ ${line.text}` }));

const withChange = (memory: CodexMemory, item: unknown): CodexMemory =>
  textAt(item, 'type') === 'fileChange'
    ? { ...memory, changes: { ...memory.changes, [textAt(item, 'id')]: item } }
    : memory;

/** An item of the parent says which model a subagent has. */
const ofSubagent = (memory: CodexMemory, item: unknown): CodexMemory => {
  const model = textAt(item, 'model');
  if (model === '') return memory;
  const threads = [...listAt(item, 'receiverThreadIds'), textAt(item, 'agentThreadId')];
  const named = threads.filter((id): id is string => typeof id === 'string' && id !== '');
  return { ...memory, models: { ...memory.models, ...Object.fromEntries(named.map(id => [id, model])) } };
};
