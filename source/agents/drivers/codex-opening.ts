import { type CodexMemory, type CodexStep, enter, fail } from './codex-memory.ts';
import { checkHooks, hooksRequest, threadRequest, trustRequest } from './codex-start.ts';
import { flush } from './codex-turns.ts';
import { fieldOf, firstLine, textAt } from './fields.ts';

/** What was answered to a request: one of both. */
export interface RpcAnswer {
  readonly result: unknown;
  /** In words, or ''. */
  readonly error: string;
}

type Answered = (memory: CodexMemory, answer: RpcAnswer) => CodexStep;

/**
 * How a conversation begins, by the id of what was asked: hello, are the hooks trusted, trust them, are they now, begin or
 * go on with a thread. Codex passes over a hook that it does not trust without a word, so no step may be left out.
 */
export const ANSWERED: Readonly<Record<string, Answered>> = {
  open: (memory, { result, error }) => {
    const home = textAt(result, 'codexHome');
    if (error !== '' || home === '') return fail(memory, `it did not begin: ${firstLine(error) || 'it named no home'}`);
    return {
      memory: { ...memory, hooksFile: `${home}/hooks.json` },
      send: [{ method: 'initialized' }, hooksRequest('hooks', memory.start.cwd)],
    };
  },
  hooks: (memory, answer) => {
    const check = checkHooks(answer.result, memory.hooksFile);
    if (answer.error !== '' || check.missing !== '') return unguarded(memory, answer.error || check.missing);
    if (Object.keys(check.untrusted).length === 0) return begin(memory);
    return { memory, send: [trustRequest(check.untrusted)] };
  },
  trust: (memory, { error }) => {
    if (error !== '') return unguarded(memory, error);
    return { memory, send: [hooksRequest('hooks-again', memory.start.cwd)] };
  },
  'hooks-again': (memory, answer) => {
    const check = checkHooks(answer.result, memory.hooksFile);
    const isUntrusted = Object.keys(check.untrusted).length > 0;
    if (answer.error !== '' || check.missing !== '') return unguarded(memory, answer.error || check.missing);
    return isUntrusted ? unguarded(memory, 'Codex does not trust its hook, and would pass over it') : begin(memory);
  },
  thread: (memory, answer) => begun(memory, answer),
  resume: (memory, answer) => begun(memory, answer),
};

/** Better no agent than one that nothing keeps from a forced push. */
const unguarded = (memory: CodexMemory, why: string): CodexStep =>
  fail(memory, `the guard does not run, so nothing is said to it: ${firstLine(why)}`);

const begin = (memory: CodexMemory): CodexStep => ({ memory, send: [threadRequest(memory.start)] });

const begun = (memory: CodexMemory, { result, error }: RpcAnswer): CodexStep => {
  const thread = textAt(result, 'thread', 'id');
  if (error !== '' || thread === '')
    return fail(memory, `it did not begin: ${firstLine(error) || 'it named no thread'}`);
  const model = textAt(result, 'model') || memory.model;
  const ready = { ...memory, thread, model };
  const status = textAt(fieldOf(result, 'thread'), 'status', 'type');
  const evidence = `thread: ${status || 'ready'}, the guard is trusted`;
  if (memory.queue.length === 0) return enter(ready, 'idle', { id: thread, model, evidence });
  return { ...flush(ready), now: { id: thread, model, evidence } };
};
