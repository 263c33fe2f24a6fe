import type { Ask, AskOption } from '../wire/protocol.ts';
import { fieldOf, firstLine, listAt, textAt } from './fields.ts';
import { toolDetail } from './tool-words.ts';

/** An open `session/request_permission`, with the id of the request that is to be answered. */
export interface AcpAsk extends Ask {
  readonly request: string | number;
}

/** ACP's kinds of options (https://agentclientprotocol.com/protocol/tool-calls#permission-options). */
const KINDS: Readonly<Record<string, AskOption['kind']>> = {
  allow_once: 'allow',
  allow_always: 'allow_always',
  reject_once: 'deny',
  reject_always: 'deny',
};

/** The order in which a person is offered them: the narrowest leave first. */
const ORDER: readonly AskOption['kind'][] = ['allow', 'allow_always', 'deny', 'choice', 'answer'];

/** What the agent asks. Undefined for a request that cannot be answered: it has no id or no options. */
export const permissionAsk = (line: unknown): AcpAsk | undefined => {
  const request = fieldOf(line, 'id');
  if (typeof request !== 'string' && typeof request !== 'number') return undefined;
  const call = fieldOf(line, 'params', 'toolCall');
  const options = listAt(line, 'params', 'options').flatMap(option => {
    const id = textAt(option, 'optionId');
    const kind = KINDS[textAt(option, 'kind')] ?? 'choice';
    return id === '' ? [] : [{ id, label: firstLine(textAt(option, 'name')) || id, kind }];
  });
  if (options.length === 0) return undefined;
  const title = firstLine(textAt(call, 'rawInput', 'command') || textAt(call, 'title')) || 'a tool call';
  const verb = VERBS[textAt(call, 'kind')] ?? 'Do';
  return {
    id: `permission-${request}`,
    request,
    kind: 'permission',
    title: `${verb}: ${title}`,
    detail: callDetail(call, title),
    options: options.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind)),
  };
};

const VERBS: Readonly<Record<string, string>> = {
  execute: 'Run',
  edit: 'Edit',
  delete: 'Delete',
  move: 'Move',
  read: 'Read',
  fetch: 'Fetch',
  search: 'Search',
};

/** All of a call: the command, the difference, or what the agent says of it. */
const callDetail = (call: unknown, title: string): string => {
  const input = fieldOf(call, 'rawInput');
  const command = textAt(input, 'command');
  const contents = listAt(call, 'content').map(contentText).filter(Boolean);
  const parts = [command || (contents.length === 0 ? toolDetail(title, input) : title), ...contents];
  return [...new Set(parts)].join('\n\n');
};

/** One content of a tool call as text: words, or a difference. */
export const contentText = (content: unknown): string => {
  if (textAt(content, 'type') !== 'diff') return textAt(content, 'content', 'text');
  const signed = (sign: string, text: string) => (text === '' ? [] : text.split('\n').map(line => `${sign} ${line}`));
  return [
    textAt(content, 'path'),
    ...signed('-', textAt(content, 'oldText')),
    ...signed('+', textAt(content, 'newText')),
  ].join('\n');
};
