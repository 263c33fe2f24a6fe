import http from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A stand-in for the OpenAI Responses API on loopback. The script is in the prompt, so that one server answers any number of
 * agents: `[[sh: …]]` runs a command with the agent's own tool, `[[tool: name {json}]]` calls any tool (`namespace.name`
 * where it is not shown at once), `[[say: …]]` ends the
 * turn, `[[sleep: ms]]` waits before the next, `[[fail: 429 x2]]` refuses twice, `[[usage: in= out= cr= think=]]` sets what
 * was used by each answer of the script.
 */
export interface ResponsesModel {
  readonly url: string;
  /** What the model was shown in the last request: prompts and results of tools. */
  shown(): string;
  close(): Promise<void>;
}

export const startResponsesModel = async (): Promise<ResponsesModel> => {
  const failures = new Map<string, number>();
  const state = { shown: '' };
  const server = http.createServer((request, response) => {
    void readBody(request).then(async body => {
      if (!request.url?.endsWith('/responses')) {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"object":"list","data":[],"models":[]}');
        return;
      }
      if (body.tools?.length) state.shown = body.input.map(textOf).join('\n');
      await answer(response, body, failures);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shown: () => state.shown,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

interface Item {
  readonly type?: string;
  readonly role?: string;
  readonly content?: string | readonly { text?: string }[];
  readonly output?: unknown;
}
interface Tool {
  readonly type: string;
  readonly name?: string;
  readonly tools?: readonly Tool[];
  readonly namespace?: string;
}
interface Body {
  readonly model: string;
  readonly input: readonly Item[];
  readonly tools?: readonly Tool[];
}
interface Directive {
  readonly kind: string;
  readonly value: string;
}
type Usage = Record<'in' | 'out' | 'cr' | 'think', number>;

const readBody = async (request: http.IncomingMessage): Promise<Body> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text || '{"input":[]}') as Body;
};

const textOf = ({ content, output }: Item): string => {
  if (output !== undefined) return typeof output === 'string' ? output : JSON.stringify(output);
  return typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('\n');
};

/** The newest text of the user's with directives is the script; each result of a tool after it is one step further. */
const nextStep = ({ input }: Body): { step: Directive | undefined; before: Directive[]; usage: Usage } => {
  let script: Directive[] = [];
  let done = 0;
  for (const item of input) {
    const found = item.role === 'user' ? [...textOf(item).matchAll(DIRECTIVE)] : [];
    if (found.length > 0) [script, done] = [found.map(([, kind, value]) => ({ kind: kind!, value: value! })), 0];
    else if (item.type?.endsWith('_output')) done += 1;
  }
  const usage: Usage = { in: 1200, out: 50, cr: 0, think: 0 };
  let before: Directive[] = [];
  for (const step of script) {
    if (step.kind === 'usage') {
      for (const [, name, n] of step.value.matchAll(/(\w+)=(\d+)/g)) usage[name as keyof Usage] = Number(n);
    } else if (step.kind === 'sleep' || step.kind === 'fail') before.push(step);
    else if (step.kind !== 'say' && done > 0) [done, before] = [done - 1, []];
    else return { step, before, usage };
  }
  return { step: undefined, before, usage };
};

const DIRECTIVE = /\[\[(sh|tool|say|sleep|fail|usage):\s*([\s\S]*?)\s*\]\](?!\])/g;

const answer = async (response: http.ServerResponse, body: Body, failures: Map<string, number>): Promise<void> => {
  const { step, before, usage } = nextStep(body);
  for (const { kind, value } of before) {
    if (kind === 'sleep') await new Promise(resolve => setTimeout(resolve, Number(value)));
    const [, code = '500', times = '1'] = /^(\d+)(?:\s*x\s*(\d+))?/.exec(value) ?? [];
    const seen = failures.get(value) ?? 0;
    if (kind !== 'fail' || seen >= Number(times)) continue;
    failures.set(value, seen + 1);
    const error = { message: `scripted ${code}`, type: 'server_error', code: null };
    response.writeHead(Number(code), { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    return;
  }
  stream(response, { model: body.model, item: itemOf(step, body), usage });
};

const itemOf = (step: Directive | undefined, { tools = [] }: Body): object => {
  const call = step && callOf(step, tools);
  if (call) return call;
  const content = [{ type: 'output_text', text: step?.value ?? 'The script is over.', annotations: [] }];
  return { type: 'message', id: nextId('msg'), role: 'assistant', status: 'completed', content };
};

const callOf = ({ kind, value }: Directive, tools: readonly Tool[]): object | undefined => {
  if (kind === 'say') return undefined;
  const [, name = '', words = '{}'] = kind === 'sh' ? [] : (/^(\S+)\s*([\s\S]*)$/.exec(value) ?? []);
  const args = (kind === 'sh' ? { cmd: value } : JSON.parse(words)) as { input?: string };
  const known = tools.flatMap(tool => tool.tools?.map(one => ({ ...one, namespace: tool.name })) ?? [tool]);
  const tool = known.find(one => one.name === (kind === 'sh' ? 'exec_command' : name));
  const [first, second] = name.split('.');
  const named = { name: tool?.name ?? second ?? first, namespace: tool?.namespace ?? (second && first) };
  const ids = { id: nextId('call'), call_id: nextId('call'), ...named, status: 'completed' };
  if (tool?.type === 'custom') return { type: 'custom_tool_call', ...ids, input: args.input };
  return { type: 'function_call', ...ids, arguments: JSON.stringify(args) };
};

const counter = { last: 0 };
const nextId = (kind: string): string => `${kind}_${++counter.last}`;

const stream = (response: http.ServerResponse, made: { model: string; item: object; usage: Usage }): void => {
  const { model, item, usage } = made;
  const base = { id: nextId('resp'), object: 'response', model };
  const used = {
    input_tokens: usage.in + usage.cr,
    input_tokens_details: { cached_tokens: usage.cr },
    output_tokens: usage.out,
    output_tokens_details: { reasoning_tokens: usage.think },
    total_tokens: usage.in + usage.cr + usage.out,
  };
  const events = [
    { type: 'response.created', response: { ...base, status: 'in_progress', output: [] } },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: { ...base, status: 'completed', output: [item], usage: used } },
  ];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
};
