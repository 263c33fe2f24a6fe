import type { TranscriptLine } from '../wire/protocol.ts';
import { fieldOf, listAt, textAt } from './fields.ts';
import { resultText, toolTitle } from './tool-words.ts';

/** What an `assistant` line said and did, for people. */
export const assistantLines = (line: unknown): readonly TranscriptLine[] => {
  const from = depthMark(line);
  return listAt(line, 'message', 'content').flatMap((block): TranscriptLine[] => {
    switch (textAt(block, 'type')) {
      case 'text':
        return spoken('agent', from, textAt(block, 'text'));
      case 'tool_use':
        return spoken('tool', from, toolTitle(textAt(block, 'name'), fieldOf(block, 'input')));
      default:
        return [];
    }
  });
};

/** What a `user` line brought back: results of tools, and texts that Claude Code itself puts before the model. */
export const userLines = (line: unknown): readonly TranscriptLine[] => {
  const from = depthMark(line);
  const content = fieldOf(line, 'message', 'content');
  if (typeof content === 'string') return spoken('notice', from, content);
  return listAt(line, 'message', 'content').flatMap((block): TranscriptLine[] => {
    switch (textAt(block, 'type')) {
      case 'tool_result':
        return spoken('result', from, resultText(contentText(fieldOf(block, 'content'))));
      case 'text':
        return spoken('notice', from, textAt(block, 'text'));
      default:
        return [];
    }
  });
};

/** The last tool that an `assistant` line calls, in one line. */
export const calledTool = (line: unknown): string | undefined => {
  const calls = listAt(line, 'message', 'content').filter(block => textAt(block, 'type') === 'tool_use');
  const last = calls.at(-1);
  if (last === undefined) return undefined;
  const title = toolTitle(textAt(last, 'name'), fieldOf(last, 'input'));
  return title.startsWith('$ ') ? `runs ${title.slice(2)}` : title;
};

const contentText = (content: unknown): string => {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map(part => textAt(part, 'text') || `(${textAt(part, 'type')})`).join('\n');
};

/** Work of a subagent is set apart. */
const depthMark = (line: unknown): string => (textAt(line, 'parent_tool_use_id') === '' ? '' : '↳ ');

const spoken = (kind: TranscriptLine['kind'], from: string, text: string): TranscriptLine[] =>
  text.trim() === '' ? [] : [{ kind, text: `${from}${text.trimEnd()}` }];
