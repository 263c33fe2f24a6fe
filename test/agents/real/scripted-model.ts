import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A stand-in for the Anthropic Messages API on loopback. The script is in the prompt, so that one server answers any number
 * of agents: `[[sh: …]]` and `[[write: path :: text]]` call the CLI's own tools, `[[tool: name {json}]]` any tool, `[[say: …]]`
 * ends the turn, `[[sleep: ms]]` waits, `[[fail: 529 x2]]` refuses twice, `[[usage: in= out= cr= cw=]]` sets what was used.
 */
export interface ScriptedModel {
  readonly url: string;
  /** Texts that the model was shown in the last request: results of tools among them. */
  readonly shown: () => string;
  close(): Promise<void>;
}

export const startScriptedModel = async (): Promise<ScriptedModel> => {
  const failures = new Map<string, number>();
  const state = { shown: '' };
  const server = http.createServer((request, response) => {
    void readBody(request).then(async body => {
      if (!request.url?.includes('/messages') || request.url.includes('count_tokens')) {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"input_tokens":100,"data":[]}');
        return;
      }
      if (body.tools?.length) state.shown = textsOf(body.messages).join('\n');
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

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly content?: unknown;
}
interface Message {
  readonly role: string;
  readonly content: string | readonly Block[];
}
interface Body {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly tools?: readonly { name: string; input_schema?: { required?: string[]; properties?: object } }[];
}
interface Directive {
  readonly kind: string;
  readonly value: string;
}

const readBody = async (request: http.IncomingMessage): Promise<Body> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text || '{}') as Body;
};

const blocksOf = ({ role, content }: Message): readonly Block[] =>
  role === 'user' ? (typeof content === 'string' ? [{ type: 'text', text: content }] : content) : [];

const textsOf = (messages: readonly Message[]): string[] =>
  messages.flatMap(blocksOf).map(({ text, content }) => text ?? JSON.stringify(content));

/** The newest text with directives is the script; each result of a tool after it is one step further. */
const nextStep = (body: Body): { step: Directive | undefined; before: Directive[]; usage: Record<string, number> } => {
  let script: Directive[] = [];
  let done = 0;
  for (const block of body.messages.flatMap(blocksOf)) {
    const found = [
      ...(block.text ?? '').matchAll(/\[\[(sh|write|tool|say|sleep|fail|usage):\s*([\s\S]*?)\s*\]\](?!\])/g),
    ];
    if (found.length > 0) [script, done] = [found.map(([, kind, value]) => ({ kind: kind!, value: value! })), 0];
    else if (block.type === 'tool_result') done += 1;
  }
  const usage: Record<string, number> = { in: 1200, out: 50, cr: 0, cw: 0 };
  let before: Directive[] = [];
  for (const step of script) {
    if (step.kind === 'usage') for (const [, name, n] of step.value.matchAll(/(\w+)=(\d+)/g)) usage[name!] = Number(n);
    else if (step.kind === 'sleep' || step.kind === 'fail') before.push(step);
    else if (step.kind !== 'say' && done > 0) [done, before] = [done - 1, []];
    else return { step, before, usage };
  }
  return { step: undefined, before, usage };
};

const answer = async (response: http.ServerResponse, body: Body, failures: Map<string, number>): Promise<void> => {
  const { step, before, usage } = body.tools?.length ? nextStep(body) : { step: undefined, before: [], usage: {} };
  for (const { kind, value } of before) {
    if (kind === 'sleep') await new Promise(resolve => setTimeout(resolve, Number(value)));
    const [, code = '500', times = '1'] = /^(\d+)(?:\s*x\s*(\d+))?/.exec(value) ?? [];
    const seen = failures.get(value) ?? 0;
    if (kind !== 'fail' || seen >= Number(times)) continue;
    failures.set(value, seen + 1);
    const error = { type: code === '529' ? 'overloaded_error' : 'api_error', message: `scripted ${code}` };
    response
      .writeHead(Number(code), { 'content-type': 'application/json' })
      .end(JSON.stringify({ type: 'error', error }));
    return;
  }
  const call = step && callOf(step, body);
  const block = call ?? { type: 'text', text: step?.value ?? 'The script is over.' };
  stream(response, { model: body.model, block, usage });
};

const callOf = ({ kind, value }: Directive, { tools = [] }: Body): object | undefined => {
  const named = (pattern: RegExp) => tools.find(({ name }) => pattern.test(name));
  const use = (name: string, input: object) => ({ type: 'tool_use', id: `toolu_${nextId()}`, name, input });
  const [head = '', ...rest] = value.split(kind === 'tool' ? ' ' : '::');
  switch (kind) {
    case 'sh':
      return use(named(/^bash$/i)?.name ?? 'bash', { command: value });
    case 'write': {
      const tool = named(/^write$/i);
      const file = tool?.input_schema?.required?.find(name => /path/.test(name)) ?? 'path';
      return use(tool?.name ?? 'write', { [file]: head.trim(), content: `${rest.join('::').trim()}\n` });
    }
    case 'tool':
      return use(named(new RegExp(`${head}$`))?.name ?? head, JSON.parse(rest.join(' ') || '{}') as object);
    default:
      return undefined;
  }
};

const nextId = (): string => randomUUID().slice(0, 8);

const stream = (
  response: http.ServerResponse,
  { model, block, usage }: { model: string; block: object & { type?: string }; usage: Record<string, number> },
): void => {
  const used = {
    input_tokens: usage.in ?? 10,
    cache_read_input_tokens: usage.cr ?? 0,
    cache_creation_input_tokens: usage.cw ?? 0,
    cache_creation: { ephemeral_5m_input_tokens: usage.cw ?? 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: 1,
  };
  const isCall = block.type === 'tool_use';
  const { input, ...started } = block as { input?: object; text?: string };
  const message = { id: `msg_${nextId()}`, type: 'message', role: 'assistant', model, content: [], usage: used };
  const delta = isCall
    ? { type: 'input_json_delta', partial_json: JSON.stringify(input) }
    : { type: 'text_delta', text: started.text };
  const events = [
    { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null } },
    {
      type: 'content_block_start',
      index: 0,
      content_block: isCall ? { ...started, input: {} } : { ...started, text: '' },
    },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: isCall ? 'tool_use' : 'end_turn', stop_sequence: null },
      usage: { output_tokens: usage.out ?? 5 },
    },
    { type: 'message_stop' },
  ];
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': `req_${nextId()}` });
  for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
};
