import type { ModelRequest } from './request.ts';

/**
 * What the scripted model does, as data. A move is one answer of the model: words end the agent's turn, a call of a tool
 * makes it come back with the result. What stands before a move happens before the model answers with it.
 */
export type Step = Move | Trouble | { readonly usage: Partial<ScriptUsage> };

export type Move =
  | { readonly say: string }
  /** A command for the CLI's own shell tool, whatever that is called. */
  | { readonly run: string }
  /** A file by the CLI's own tool for writing; by its shell where it has none. */
  | { readonly write: string; readonly text: string }
  /** Any tool: one of MCP as `gastown.done`, however the CLI puts the two together. */
  | { readonly call: string; readonly with?: object }
  /** A question by the CLI's own tool for questions. */
  | { readonly ask: string; readonly choices: readonly string[] };

export type Trouble =
  | { readonly delayMs: number }
  /** Refused with this status, so often, before it goes on. */
  | { readonly fail: number; readonly times?: number; readonly retryAfterS?: number }
  /** The answer breaks off in its middle, so often. */
  | { readonly cut: number }
  /** No answer before so many conversations have come to such a place. */
  | { readonly gather: number }
  /** No answer, ever. */
  | { readonly hang: true };

/** Tokens of each answer from here on. `in` is what came from no cache. */
export interface ScriptUsage {
  readonly in: number;
  readonly out: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
}

export type Script = readonly Step[] | ((request: ModelRequest) => readonly Step[]);

/** Where a conversation is in its script. */
export interface Place {
  /** What tells this run of the script from others: the text that named it. */
  readonly key: string;
  /** By what its troubles are counted: the script's name, or that text where the script stands in it. */
  readonly series: string;
  readonly move: Move;
  /** What happens before the move, with a name that is the same each time that it is reached. */
  readonly troubles: readonly { readonly name: string; readonly trouble: Trouble }[];
  readonly usage: ScriptUsage;
}

const USUAL: ScriptUsage = { in: 1200, out: 50, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
const OVER: Move = { say: 'The script is over.' };

/**
 * The script of a request and how far it is. The newest text of the user's that names a script (`SCRIPT:name`) or holds one
 * (`[[run: …]] [[say: …]]`) decides; each result of a tool after it is one move further. Without any: `otherwise`.
 */
export const placeOf = (request: ModelRequest, scripts: ReadonlyMap<string, Script>, otherwise: Script = []): Place => {
  let found: { script: Script; series: string; key: string } = { script: otherwise, series: '', key: '' };
  let done = 0;
  for (const { type, text } of request.heard) {
    const script = type === 'user' ? scriptIn(text, scripts) : undefined;
    if (script) [found, done] = [{ ...script, key: text }, 0];
    else if (type === 'result') done += 1;
  }
  const steps = typeof found.script === 'function' ? found.script(request) : found.script;
  return { key: found.key, series: found.series, ...walk(steps, done) };
};

const walk = (steps: readonly Step[], done: number): Omit<Place, 'key' | 'series'> => {
  let usage = USUAL;
  let troubles: Place['troubles'][number][] = [];
  let left = done;
  for (const [index, step] of steps.entries()) {
    if ('usage' in step) usage = { ...usage, ...step.usage };
    else if (isTrouble(step)) troubles.push({ name: `${index}`, trouble: step });
    else if (left > 0 && !('say' in step)) [left, troubles] = [left - 1, []];
    else return { move: step, troubles, usage };
  }
  return { move: OVER, troubles, usage };
};

const isTrouble = (step: Move | Trouble): step is Trouble =>
  'delayMs' in step || 'gather' in step || 'fail' in step || 'cut' in step || 'hang' in step;

const scriptIn = (
  text: string,
  scripts: ReadonlyMap<string, Script>,
): { script: Script; series: string } | undefined => {
  const name = [...text.matchAll(/\bSCRIPT:([\w-]+)/g)].map(([, name]) => name!).findLast(name => scripts.has(name));
  if (name !== undefined) return { script: scripts.get(name)!, series: name };
  const written = [...text.matchAll(WRITTEN)].map(([, kind, value = '']) => stepOf(kind!, value));
  return written.length > 0 ? { script: written, series: text } : undefined;
};

const WRITTEN = /\[\[(run|sh|write|tool|say|delay|sleep|gather|fail|cut|hang|usage)(?::\s*([\s\S]*?))?\s*\]\](?!\])/g;

/** `[[run: npm test]] [[write: a.txt :: hello]] [[tool: gastown.done {…}]] [[fail: 529 x2]] [[usage: in=1 cr=2]] [[say: …]]`. */
const stepOf = (kind: string, value: string): Step => {
  switch (kind) {
    case 'run':
    case 'sh':
      return { run: value };
    case 'write': {
      const [file = '', ...text] = value.split('::');
      return { write: file.trim(), text: `${text.join('::').trim()}\n` };
    }
    case 'tool': {
      const [, name = '', input = ''] = /^(\S+)\s*([\s\S]*)$/.exec(value) ?? [];
      return { call: name, with: input === '' ? {} : (JSON.parse(input) as object) };
    }
    case 'delay':
    case 'sleep':
      return { delayMs: Number(value) };
    case 'fail': {
      const [, status = '500', times = '1'] = /^(\d+)(?:\s*x\s*(\d+))?/.exec(value) ?? [];
      return { fail: Number(status), times: Number(times) };
    }
    case 'gather':
      return { gather: Number(value) };
    case 'cut':
      return { cut: Number(value || 1) };
    case 'hang':
      return { hang: true };
    case 'usage':
      return {
        usage: Object.fromEntries(
          [...value.matchAll(/(\w+)=(\d+)/g)].map(([, name, n]) => [SHORT[name!] ?? name, Number(n)]),
        ),
      };
    default:
      return { say: value };
  }
};

const SHORT: Readonly<Record<string, keyof ScriptUsage>> = { cr: 'cacheRead', cw: 'cacheWrite', think: 'reasoning' };
