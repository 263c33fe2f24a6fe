import path from 'node:path';
import { type Invocation, invocationsOf } from './invocations.ts';
import type { Refusal, Rule, RuleContext } from './rules.ts';
import { cloudRules } from './rules-cloud.ts';
import { dataRules, sqlRefusal } from './rules-data.ts';
import { fileRules } from './rules-files.ts';
import { gitRules } from './rules-git.ts';
import { processRules } from './rules-processes.ts';

/** Where an agent works, as far as its hook can tell. */
export interface GuardPlace {
  /** The folder in which the CLI runs its tools, where the hook does not say it. */
  readonly cwd: string;
  /** The root of the checkout. */
  readonly root: string;
  readonly home: string;
  readonly temporary: readonly string[];
}

const RULES: readonly Rule[] = [gitRules, processRules, fileRules, dataRules, cloudRules];
/** Characters of a command that a refusal repeats. */
const QUOTED_CHARS = 160;

/**
 * Judges a tool call by the JSON that a CLI hands to its hook: a sentence that refuses, or undefined. It is a seat belt
 * against a slip, not a wall: it reads what a command says, and a script in a file says nothing to it. What an agent must
 * not reach is kept from it by the sandbox, by keys that it does not have, and by the town that alone lands.
 */
export const judgeToolCall = (hook: unknown, place: GuardPlace): string | undefined => {
  const call = readCall(hook);
  const context: RuleContext = { root: place.root, home: place.home, temporary: place.temporary };
  const cwd = path.posix.resolve(place.cwd, call.cwd ?? '.');
  const variables = new Map([
    ['HOME', place.home],
    ['PWD', cwd],
  ]);
  for (const script of call.scripts) {
    for (const invocation of invocationsOf(script, { cwd, variables })) {
      const refusal = judge(invocation, context);
      if (refusal) return sentence(refusal, [invocation.program, ...invocation.args].join(' '));
    }
  }
  for (const sql of call.queries) {
    const refusal = sqlRefusal(sql);
    if (refusal) return sentence(refusal, sql);
  }
  return undefined;
};

interface ToolCall {
  readonly cwd?: string;
  /** For a shell. */
  readonly scripts: readonly string[];
  /** For a database. */
  readonly queries: readonly string[];
}

const judge = (invocation: Invocation, context: RuleContext): Refusal | undefined => {
  for (const rule of RULES) {
    const refusal = rule(invocation, context);
    if (refusal) return refusal;
  }
  return undefined;
};

const sentence = ({ what, instead }: Refusal, command: string): string => {
  const quoted = command.replace(/\s+/g, ' ');
  const short = quoted.length > QUOTED_CHARS ? `${quoted.slice(0, QUOTED_CHARS)}…` : quoted;
  return `Refused: ${short}\n${what} ${instead}`;
};

/**
 * The call in the forms of all CLIs: Claude Code, Codex and Gemini say `tool_name` and `tool_input`, Copilot `toolName`
 * and `toolArgs` (JSON in a text), the plugins of opencode and pi are ours. A command may also be a list of words.
 */
const readCall = (hook: unknown): ToolCall => {
  const input = parsed(fieldOf(hook, 'tool_input') ?? fieldOf(hook, 'toolArgs') ?? fieldOf(hook, 'toolInput'));
  // What goes into a file is not run, and a patch is full of lines that look like commands.
  const isEdit = EDIT_TOOLS.test(toolName(hook));
  const commands = isEdit ? [] : [...SCRIPT_FIELDS.map(name => fieldOf(input, name)), input];
  const queries = QUERY_FIELDS.map(name => fieldOf(input, name)).filter(text => typeof text === 'string');
  const folders = [fieldOf(input, 'workdir'), fieldOf(input, 'dir_path'), fieldOf(input, 'cwd'), fieldOf(hook, 'cwd')];
  const cwd = folders.find(folder => typeof folder === 'string' && folder !== '');
  return {
    ...(typeof cwd === 'string' && { cwd }),
    scripts: commands.flatMap(scriptOf),
    queries: QUERY_TOOLS.test(toolName(hook)) ? queries : [],
  };
};

const SCRIPT_FIELDS = ['command', 'cmd', 'script', 'commandLine'] as const;
const QUERY_FIELDS = ['sql', 'query', 'statement', 'command'] as const;
const EDIT_TOOLS = /patch|edit|write|create|replace|notebook/i;
const QUERY_TOOLS = /sql|quer|postgres|mongo|redis|database|(^|_)db(_|$)/i;

const toolName = (hook: unknown): string => {
  const name = fieldOf(hook, 'tool_name') ?? fieldOf(hook, 'toolName');
  return typeof name === 'string' ? name : '';
};

const scriptOf = (command: unknown): string[] => {
  if (typeof command === 'string') return [command];
  const isWords = Array.isArray(command) && command.every(word => typeof word === 'string');
  return isWords ? [command.map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')] : [];
};

const parsed = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    // Not JSON: the text is the command itself.
    return value;
  }
};

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
