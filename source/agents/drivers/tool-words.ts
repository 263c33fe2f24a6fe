import { entriesAt, firstLine, listAt, textAt } from './fields.ts';

/** Characters of a tool's result that a transcript keeps from its beginning, and from its end. */
const RESULT_HEAD_CHARS = 3_000;
const RESULT_TAIL_CHARS = 1_000;
/** Characters of an input that has no words of its own here. */
const INPUT_CHARS = 300;

/** A call of a coding tool in one line for people, as `$ npm test` or `Edit src/main.ts`. Names are those of Claude Code and pi. */
export const toolTitle = (name: string, input: unknown): string => {
  const command = textAt(input, 'command') || textAt(input, 'cmd');
  if (command !== '') return `$ ${firstLine(command, INPUT_CHARS)}${command.trim().includes('\n') ? ' …' : ''}`;
  const questions = listAt(input, 'questions').map(question => textAt(question, 'question'));
  if (questions.length > 0) return `Asks: ${firstLine(questions.join(' '), INPUT_CHARS)}`;
  const subject = SUBJECTS.map(key => textAt(input, key)).find(text => text !== '');
  if (subject !== undefined) return `${name} ${firstLine(subject, INPUT_CHARS)}`;
  const given = entriesAt(input);
  return given.length === 0 ? name : `${name} ${JSON.stringify(Object.fromEntries(given)).slice(0, INPUT_CHARS)}`;
};

/** All of a call, for a person who is to allow it. */
export const toolDetail = (name: string, input: unknown): string => {
  const command = textAt(input, 'command') || textAt(input, 'cmd');
  if (command !== '') return command;
  const file = textAt(input, 'file_path') || textAt(input, 'path');
  const [old, next] = [textAt(input, 'old_string'), textAt(input, 'new_string')];
  if (old !== '' || next !== '') return [file, ...signed('-', old), ...signed('+', next)].join('\n');
  const content = textAt(input, 'content') || textAt(input, 'plan');
  if (content !== '') return file === '' ? content : [file, ...signed('+', content)].join('\n');
  return entriesAt(input).length === 0 ? name : `${name}\n${JSON.stringify(input, null, 2)}`;
};

/** A tool's result for a transcript: its beginning and its end. */
export const resultText = (text: string): string => {
  const said = text.trimEnd();
  if (said.length <= RESULT_HEAD_CHARS + RESULT_TAIL_CHARS) return said;
  const left = said.length - RESULT_HEAD_CHARS - RESULT_TAIL_CHARS;
  return `${said.slice(0, RESULT_HEAD_CHARS)}\n… ${left} characters more …\n${said.slice(-RESULT_TAIL_CHARS)}`;
};

/** What a tool is about, the most telling first. */
const SUBJECTS = [
  'file_path',
  'path',
  'notebook_path',
  'pattern',
  'query',
  'url',
  'description',
  'skill',
  'prompt',
] as const;

const signed = (sign: string, text: string): string[] =>
  text === '' ? [] : text.split('\n').map(line => `${sign} ${line}`);
