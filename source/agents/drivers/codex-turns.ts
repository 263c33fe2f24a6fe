import { BETWEEN_TURNS, type CodexMemory, type CodexStep, enter, fail, notice } from './codex-memory.ts';
import { request } from './codex-rpc.ts';
import { firstLine, textAt } from './fields.ts';

/**
 * Says what is to be said, if it can be said now: into the turn that runs, or as a new one. While a turn is asked for and
 * has no id yet it waits.
 */
export const flush = (memory: CodexMemory): CodexStep => {
  if (memory.queue.length === 0 || memory.thread === '' || memory.isStarting) return { memory };
  const text = memory.queue.join('\n\n');
  const prompts = memory.prompts + 1;
  const said = { threadId: memory.thread, input: [{ type: 'text', text, text_elements: [] }] };
  const after = { ...memory, queue: [], prompts };
  if (memory.turn === '') {
    return { memory: { ...after, isStarting: true }, send: [request(`turn-${prompts}`, 'turn/start', said)] };
  }
  const id = `steer-${prompts}`;
  return {
    memory: { ...after, steered: { ...memory.steered, [id]: text } },
    send: [request(id, 'turn/steer', { ...said, expectedTurnId: memory.turn })],
  };
};

/** Interrupts the turn, at once or as soon as it has an id. */
export const interruptTurn = (memory: CodexMemory): CodexStep => {
  if (memory.turn === '') return { memory: { ...memory, isInterrupted: true } };
  const interrupts = memory.interrupts + 1;
  return {
    memory: { ...memory, interrupts, isInterrupted: false },
    send: [request(`interrupt-${interrupts}`, 'turn/interrupt', { threadId: memory.thread, turnId: memory.turn })],
  };
};

/** A turn of the conversation itself has its id. */
export const turnBegan = (memory: CodexMemory, turn: string): CodexStep => {
  const running = { ...memory, turn, isStarting: false };
  if (memory.isInterrupted) return interruptTurn(running);
  return flush(running);
};

/** What came of `turn-…`, `steer-…` and `interrupt-…`. */
export const turnAnswered = (
  memory: CodexMemory,
  id: string,
  { result, error }: { result: unknown; error: string },
): CodexStep => {
  if (id.startsWith('turn-')) return error === '' ? { memory } : refusedTurn(memory, error);
  if (!id.startsWith('steer-')) return { memory };
  const { [id]: text, ...steered } = memory.steered;
  const after = { ...memory, steered };
  if (error === '' || text === undefined) return { memory: after };
  // The turn ended in between, which Codex has said by now, or it is of a kind that cannot be steered: said when it ends.
  const kept = { ...after, queue: [text, ...after.queue] };
  return memory.turn === '' || textAt(result, 'turnId') !== '' ? flush(kept) : { memory: kept };
};

const refusedTurn = (memory: CodexMemory, error: string): CodexStep => {
  const said = `Codex did not begin the turn: ${firstLine(error)}`;
  if (memory.turns === 0 && memory.turn === '') return fail({ ...memory, isStarting: false }, said);
  const after = { ...memory, isStarting: false, isInterrupted: false };
  if (memory.turn !== '') return notice(after, said);
  return { ...notice(after, said), ...enter(after, 'idle', { ...BETWEEN_TURNS, evidence: said }) };
};
