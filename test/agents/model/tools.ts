import type { JsonSchema, ModelAnswer, ModelRequest, ModelTool } from './request.ts';
import type { Move } from './script.ts';

/** What a move is for this CLI: its own tool with its own names of fields, or words where it has no such tool. */
export const saidBy = (move: Move, request: ModelRequest): ModelAnswer['said'] => {
  const { tools } = request;
  if ('say' in move) return { text: move.say };
  if ('run' in move) return run(move.run, tools);
  if ('write' in move) return write(move, tools);
  if ('ask' in move) return ask(move, tools);
  return call(move.call, (move.with ?? {}) as Readonly<Record<string, unknown>>, request);
};

const SHELLS = ['Bash', 'bash', 'exec_command', 'shell_command', 'run_shell_command', 'shell', 'run_in_terminal'];
const WRITERS = ['Write', 'write', 'write_file', 'create', 'create_file'];
const ASKERS = ['AskUserQuestion', 'ask_user', 'question', 'request_user_input'];

const pick = (tools: readonly ModelTool[], names: readonly string[]): ModelTool | undefined =>
  names.flatMap(name => tools.find(tool => tool.name === name) ?? [])[0];

const run = (command: string, tools: readonly ModelTool[]): ModelAnswer['said'] => {
  const tool = pick(tools, SHELLS);
  if (!tool) return { text: `There is no shell among ${tools.map(({ name }) => name).join(', ')}.` };
  const field = fieldFor(tool, ['command', 'cmd', 'script']);
  const isList = tool.schema.properties?.[field]?.type === 'array';
  return { tool, input: filled(tool, { [field]: isList ? ['bash', '-lc', command] : command }) };
};

const write = ({ write: file, text }: { write: string; text: string }, tools: readonly ModelTool[]) => {
  const tool = pick(tools, WRITERS);
  if (!tool) return run(`cat > '${file}' <<'END_OF_FILE'\n${text}END_OF_FILE`, tools);
  const names = [
    fieldFor(tool, ['file_path', 'filePath', 'path', 'filename']),
    fieldFor(tool, ['content', 'contents', 'file_text', 'text']),
  ];
  return { tool, input: filled(tool, { [names[0]!]: file, [names[1]!]: text }) };
};

const ask = (move: { ask: string; choices: readonly string[] }, tools: readonly ModelTool[]): ModelAnswer['said'] => {
  const tool = pick(tools, ASKERS);
  if (!tool) return { text: move.ask };
  const options = move.choices.map(label => ({ label, description: `${label}, and nothing else` }));
  if (!tool.schema.properties?.questions) {
    return { tool, input: filled(tool, { question: move.ask, choices: move.choices }) };
  }
  const question = { question: move.ask, header: 'Choice', id: 'choice', type: 'choice', multiSelect: false, options };
  const known = tool.schema.properties.questions.items?.properties;
  const fields = Object.entries(question).filter(([name]) => known === undefined || name in known);
  return { tool, input: { questions: [Object.fromEntries(fields)] } };
};

/** `gastown.done` is `mcp__gastown__done`, `mcp_gastown_done`, `gastown_done` or `gastown-done`, or `done` in a namespace. */
const call = (wanted: string, input: Readonly<Record<string, unknown>>, { api, tools }: ModelRequest) => {
  const words = wanted.split(/[^A-Za-z0-9]+/).join('_');
  const full = ({ name, namespace }: ModelTool) =>
    [namespace, name]
      .filter(Boolean)
      .join('_')
      .replace(/[^A-Za-z0-9]+/g, '_');
  const tool = tools.find(one => one.name === wanted) ?? tools.find(one => `_${full(one)}`.endsWith(`_${words}`));
  return tool ? { tool, input: filled(tool, input) } : { tool: unseen(wanted, api), input };
};

/** Claude Code and Codex show tools of MCP only to a model that searches for them, and take a call all the same. */
const unseen = (wanted: string, api: ModelRequest['api']): ModelTool => {
  const [server = '', name] = wanted.replace(/^mcp__/, '').split('.');
  if (name === undefined) return { name: wanted, schema: {} };
  const namespace = `mcp__${server}`;
  return api === 'responses' ? { name, namespace, schema: {} } : { name: `${namespace}__${name}`, schema: {} };
};

const fieldFor = ({ schema }: ModelTool, names: readonly string[]): string =>
  names.find(name => schema.properties?.[name]) ?? names[0]!;

/** With what the tool requires beside. */
const filled = ({ schema }: ModelTool, given: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
  ...Object.fromEntries((schema.required ?? []).map(name => [name, smallest(schema.properties?.[name] ?? {})])),
  ...given,
});

/** The least that a schema allows. */
export const smallest = (schema: JsonSchema): unknown => {
  if (schema.enum?.length) return schema.enum[0];
  const either = [...(schema.anyOf ?? []), ...(Array.isArray(schema.type) ? schema.type.map(type => ({ type })) : [])];
  if (either.length > 0) return smallest(either.find(({ type }) => type === 'null') ?? either[0]!);
  switch (schema.type) {
    case 'null':
      return null;
    case 'number':
    case 'integer':
      return 60;
    case 'boolean':
      return false;
    case 'array':
      return [];
    case 'object':
      return Object.fromEntries((schema.required ?? []).map(name => [name, smallest(schema.properties?.[name] ?? {})]));
    default:
      return 'as the script says';
  }
};
