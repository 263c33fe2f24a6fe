/**
 * What a scripted model says and does. The script stands in the prompt, so that one server answers any number of agents
 * and keeps nothing of them: the newest text of the user's that holds directives is the script, and each result of a tool
 * after it is one step further.
 *
 * `[[sh: …]]` runs a command with the agent's own tool; `[[tool: name {json}]]` calls any tool, by its name or by how it
 * ends; `[[say: …]]` ends the turn; `[[sleep: ms]]`, `[[hang]]`, `[[cut]]` and `[[fail: 429 x2]]` come before the step that
 * follows them: wait, never answer, break off in the middle, refuse so often; `[[usage: in= out= cr= cw= think=]]` sets the
 * tokens of each answer of the script.
 */
export interface Step {
  readonly kind: 'sh' | 'tool' | 'say';
  readonly value: string;
  readonly waitMs: number;
  readonly hangs: boolean;
  readonly cuts: boolean;
  /** `key` counts how often it was refused already. */
  readonly fails?: { readonly status: number; readonly times: number; readonly key: string };
  readonly usage: ScriptedUsage;
}

/** Tokens of one answer: `in` without what comes from the cache. */
export type ScriptedUsage = Record<'in' | 'out' | 'cr' | 'cw' | 'think', number>;

/** What a request tells of the conversation so far, oldest first. */
export type Heard =
  | { readonly type: 'user'; readonly text: string }
  | { readonly type: 'result'; readonly text: string };

/** A call of one of the agent's tools. */
export interface ToolCall {
  readonly name: string;
  readonly args: Record<string, unknown>;
  readonly tool: OfferedTool | undefined;
}

export interface OfferedTool {
  readonly name: string;
  readonly schema: Schema | undefined;
  /** Of the Responses API. */
  readonly kind?: string;
  readonly namespace?: string;
}

export interface Schema {
  readonly properties?: Readonly<Record<string, { readonly type?: unknown; readonly enum?: readonly unknown[] }>>;
  readonly required?: readonly string[];
}

const DIRECTIVE = /\[\[\s*(sh|tool|say|sleep|fail|usage|hang|cut)\s*(?::\s*([\s\S]*?))?\s*\]\](?!\])/g;
const USAGE: ScriptedUsage = { in: 1200, out: 50, cr: 0, cw: 0, think: 0 };

/** What is to be said now. Without a script, a word. */
export const stepOf = (heard: readonly Heard[]): Step => {
  let script: { kind: string; value: string }[] = [];
  let done = 0;
  for (const { type, text } of heard) {
    const found = [...text.matchAll(DIRECTIVE)].map(([, kind, value = '']) => ({ kind: kind!, value }));
    if (type === 'user' && found.length > 0) [script, done] = [found, 0];
    else if (type === 'result') done += 1;
  }
  const usage = { ...USAGE };
  let before = { waitMs: 0, hangs: false, cuts: false, fails: undefined as Step['fails'] };
  const fresh = { ...before };
  for (const [index, { kind, value }] of script.entries()) {
    if (kind === 'usage') {
      for (const [, name, count] of value.matchAll(/(\w+)=(\d+)/g)) usage[name as keyof ScriptedUsage] = Number(count);
    } else if (kind === 'sleep') before.waitMs += Number(value);
    else if (kind === 'hang') before.hangs = true;
    else if (kind === 'cut') before.cuts = true;
    else if (kind === 'fail') {
      const [, status = '500', times = '1'] = /^(\d+)(?:\s*x\s*(\d+))?/.exec(value) ?? [];
      const key = JSON.stringify([script, index]);
      before.fails = { status: Number(status), times: Number(times), key };
    } else if (kind !== 'say' && done > 0) {
      done -= 1;
      before = { ...fresh };
    } else return { ...withoutFails(before), kind: kind as Step['kind'], value, usage };
  }
  return { ...withoutFails(before), kind: 'say', value: script.length > 0 ? 'The script is over.' : 'Hello.', usage };
};

const withoutFails = ({
  fails,
  ...rest
}: Omit<Step, 'kind' | 'value' | 'usage' | 'fails'> & { fails: Step['fails'] }) => ({
  ...rest,
  ...(fails && { fails }),
});

/** The call that a step means, among the tools that the agent offered. Undefined for words. */
export const callOf = ({ kind, value }: Step, tools: readonly OfferedTool[]): ToolCall | undefined => {
  if (kind === 'say') return undefined;
  if (kind === 'sh') return shellCall(value, tools);
  const [, name = '', words = ''] = /^(\S+)\s*([\s\S]*)$/.exec(value) ?? [];
  const tool = tools.find(one => one.name === name) ?? tools.find(one => one.name.endsWith(name));
  const args = words === '' ? {} : (JSON.parse(words) as Record<string, unknown>);
  return { name: tool?.name ?? name, args: filled(args, tool?.schema), tool };
};

/** Names under which CLIs offer a shell, the more usual first. */
const SHELLS = ['Bash', 'bash', 'exec_command', 'shell_command', 'run_shell_command', 'shell', 'local_shell'];

const shellCall = (command: string, tools: readonly OfferedTool[]): ToolCall => {
  const tool = SHELLS.map(name => tools.find(one => one.name === name)).find(one => one !== undefined);
  const properties = tool?.schema?.properties ?? {};
  const key = 'cmd' in properties ? 'cmd' : 'command';
  const value = properties[key]?.type === 'array' ? ['bash', '-lc', command] : command;
  const said = 'description' in properties ? { description: command.slice(0, 60) } : {};
  return { name: tool?.name ?? 'bash', args: filled({ [key]: value, ...said }, tool?.schema), tool };
};

/** What a schema demands beside what was given. */
const filled = (given: Record<string, unknown>, schema: Schema | undefined): Record<string, unknown> => {
  const missing = (schema?.required ?? []).filter(name => !(name in given));
  return { ...given, ...Object.fromEntries(missing.map(name => [name, sample(schema?.properties?.[name])])) };
};

const sample = (property: { type?: unknown; enum?: readonly unknown[] } | undefined): unknown => {
  if (property?.enum) return property.enum[0];
  const type = String(property?.type ?? 'string').toLowerCase();
  if (type === 'number' || type === 'integer') return 60;
  if (type === 'boolean') return false;
  if (type === 'array') return [];
  return type === 'object' ? {} : 'scripted';
};
