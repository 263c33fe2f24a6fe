import { simpleCommands, UNKNOWN } from '../hooks/shell-words.ts';
import type { TranscriptLine } from '../wire/protocol.ts';
import { fieldOf, firstLine, listAt, numberAt, textAt } from './fields.ts';
import { resultText, toolTitle } from './tool-words.ts';

/** What an item that began says for people, and what the agent does by it. */
export const begunItem = (item: unknown): { said: readonly TranscriptLine[]; doing: string } => {
  const title = itemTitle(item);
  if (title === undefined) return { said: [], doing: '' };
  return { said: [{ kind: 'tool', text: title }], doing: title.startsWith('$ ') ? `runs ${title.slice(2)}` : title };
};

/** What an item that ended says for people. Tools were named when they began. */
export const endedItem = (item: unknown): readonly TranscriptLine[] => {
  switch (textAt(item, 'type')) {
    case 'agentMessage':
    case 'plan':
      return line('agent', textAt(item, 'text'));
    case 'commandExecution':
      return line('result', commandResult(item));
    case 'fileChange':
      return line('result', textAt(item, 'status') === 'completed' ? changesText(item) : textAt(item, 'status'));
    case 'mcpToolCall':
      return line('result', textAt(item, 'error', 'message') || contentText(listAt(item, 'result', 'content')));
    case 'hookPrompt':
      return line(
        'notice',
        listAt(item, 'fragments')
          .map(part => textAt(part, 'text'))
          .join('\n'),
      );
    case 'contextCompaction':
      return line('notice', 'The conversation was shortened to a summary.');
    default:
      return [];
  }
};

/** The script within `bash -lc '…'`, as which Codex hands on every command; what cannot be read for certain stays whole. */
export const scriptOf = (command: string): string => {
  const found = simpleCommands(command);
  const { words = [], assignments = [] } = found[0] ?? {};
  const [shell = '', flag = '', script = ''] = words;
  const isWrapped = /(^|\/)(ba|z|da)?sh$/.test(shell) && (flag === '-lc' || flag === '-c') && words.length === 3;
  if (found.length !== 1 || assignments.length > 0 || !isWrapped || script.includes(UNKNOWN)) return command;
  return script;
};

/** Files and diffs of a change, as a person is to judge it. */
export const changesText = (item: unknown): string =>
  listAt(item, 'changes')
    .map(
      change =>
        `${textAt(change, 'kind', 'type') || 'change'} ${textAt(change, 'path')}\n${textAt(change, 'diff').trimEnd()}`,
    )
    .join('\n');

/** What a file change is about, in one line. */
export const changesTitle = (item: unknown): string => {
  const files = listAt(item, 'changes').map(change => textAt(change, 'path'));
  return firstLine(files.join(', '), TITLE_CHARS);
};

const TITLE_CHARS = 300;

const itemTitle = (item: unknown): string | undefined => {
  switch (textAt(item, 'type')) {
    case 'commandExecution':
      return toolTitle('exec', { command: scriptOf(textAt(item, 'command')) });
    case 'fileChange':
      return `Edit ${changesTitle(item)}`;
    case 'mcpToolCall':
      return toolTitle(`${textAt(item, 'server')} ${textAt(item, 'tool')}`, fieldOf(item, 'arguments'));
    case 'dynamicToolCall':
      return toolTitle(textAt(item, 'tool'), fieldOf(item, 'arguments'));
    case 'collabAgentToolCall':
      return toolTitle(`subagent ${textAt(item, 'tool')}`, { prompt: textAt(item, 'prompt') });
    case 'webSearch':
      return toolTitle('Search', { query: textAt(item, 'query') });
    case 'imageView':
      return `View ${textAt(item, 'path')}`;
    default:
      return undefined;
  }
};

const commandResult = (item: unknown): string => {
  const status = textAt(item, 'status');
  if (status === 'declined') return 'not run: it was refused';
  const exitCode = numberAt(item, 'exitCode');
  const end = exitCode === 0 ? [] : [`exit code ${exitCode}`];
  return [resultText(textAt(item, 'aggregatedOutput')), ...end].filter(text => text !== '').join('\n');
};

const contentText = (content: readonly unknown[]): string =>
  resultText(content.map(part => textAt(part, 'text') || `(${textAt(part, 'type')})`).join('\n'));

const line = (kind: TranscriptLine['kind'], text: string): TranscriptLine[] =>
  text.trim() === '' ? [] : [{ kind, text: text.trimEnd() }];
