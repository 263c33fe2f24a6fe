import type { Act, Protocol } from '../wire/protocol.ts';
import { answerRequest, isSecret, pendingRequest } from './codex-asks.ts';
import { type CodexMemory, type CodexStep, enter, type Now, newMemory, openAsks } from './codex-memory.ts';
import { NOTIFIED } from './codex-notified.ts';
import { ANSWERED } from './codex-opening.ts';
import { type RpcId, refuseRequest } from './codex-rpc.ts';
import { helloRequest } from './codex-start.ts';
import { flush, interruptTurn, turnAnswered } from './codex-turns.ts';
import { fieldOf, textAt } from './fields.ts';

/**
 * Codex over the JSON-RPC of `codex app-server`: requests both ways, and notifications of what goes on. Nothing is said to
 * the model before Codex has confirmed that it runs the guard.
 */
export const codexProtocol: Protocol<CodexMemory> = {
  open: start => ({
    memory: newMemory(start),
    send: [helloRequest()],
    ...(start.prompt !== '' && { transcript: [{ kind: 'town', text: start.prompt }] }),
  }),
  receive(memory, line) {
    const [id, method] = [fieldOf(line, 'id'), textAt(line, 'method')];
    if (method === '') return typeof id === 'string' ? answered(memory, id, line) : { memory };
    if (isRpcId(id)) return asked(memory, { id, method, params: fieldOf(line, 'params') });
    return Object.hasOwn(NOTIFIED, method) ? NOTIFIED[method]!(memory, fieldOf(line, 'params')) : { memory };
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

const isRpcId = (id: unknown): id is RpcId => typeof id === 'string' || typeof id === 'number';

const say = (memory: CodexMemory, text: string): CodexStep => {
  if (memory.thread === '' && memory.state === 'failed') return { memory, refusal: 'This conversation did not begin.' };
  const said = flush({ ...memory, queue: [...memory.queue, text] });
  const isTurn = said.send !== undefined && memory.turn === '';
  // From now on it works: who looks at it before Codex has answered must not take it for idle, and tell it again.
  const step = isTurn ? { ...said, ...enter(said.memory, 'working', ASKED_FOR) } : said;
  return { ...step, transcript: [{ kind: 'town', text }] };
};

const ASKED_FOR: Now = { evidence: 'turn/start', limited: undefined, failure: '' };

const interrupt = (memory: CodexMemory): CodexStep => {
  if (memory.turn === '' && !memory.isStarting) return { memory, refusal: 'No turn is running.' };
  return { ...interruptTurn(memory), transcript: [{ kind: 'town', text: 'Interrupts the turn.' }] };
};

const answer = (memory: CodexMemory, act: Extract<Act, { type: 'answer' }>): CodexStep => {
  const request = memory.pending.find(({ asks }) => asks.some(({ id }) => id === act.ask));
  const ask = request?.asks.find(({ id }) => id === act.ask);
  if (!request || !ask) return { memory, refusal: 'That question is no longer open.' };
  const option = ask.options.find(({ id }) => id === act.option);
  if (!option) return { memory, refusal: `"${ask.title}" has no option "${act.option}".` };
  if (option.kind === 'answer' && !act.text?.trim()) return { memory, refusal: 'An answer needs a text.' };
  const done = answerRequest(request, { act, ask, option });
  const rest = memory.pending.filter(one => one !== request);
  const pending = 'open' in done ? [...rest, done.open] : rest;
  const words = [option.label, isSecret(request, ask) ? '' : act.text?.trim()].filter(Boolean).join(': ');
  const said = { transcript: [{ kind: 'town' as const, text: `${ask.title} — ${words}` }] };
  const after = { ...memory, pending };
  if ('open' in done) return { memory: after, now: { asks: openAsks(pending) }, ...said };
  const why = option.kind === 'deny' && ask.kind === 'permission' ? act.text?.trim() : undefined;
  // A refusal has no place for a reason: it is said into the turn.
  const told = why ? flush({ ...after, queue: [...after.queue, why] }) : { memory: after };
  const state = pending.length > 0 ? 'waiting' : 'working';
  return {
    ...enter(told.memory, state, { asks: openAsks(pending), evidence: 'it was answered' }),
    send: [done.response, ...(told.send ?? [])],
    ...said,
  };
};

/** Something that Codex asks for. */
const asked = (memory: CodexMemory, request: { id: RpcId; method: string; params: unknown }): CodexStep => {
  const open = pendingRequest(request, memory.changes[textAt(request.params, 'itemId')]);
  if (!open || open.asks.length === 0) return { memory, send: [refuseRequest(request.id, request.method)] };
  const pending = [...memory.pending, open];
  return enter({ ...memory, pending }, 'waiting', { evidence: request.method, asks: openAsks(pending) });
};

/** What came of a request of the town. */
const answered = (memory: CodexMemory, id: string, line: unknown): CodexStep => {
  const answer = { result: fieldOf(line, 'result'), error: textAt(line, 'error', 'message') };
  if (Object.hasOwn(ANSWERED, id)) return memory.state === 'failed' ? { memory } : ANSWERED[id]!(memory, answer);
  return turnAnswered(memory, id, answer);
};
