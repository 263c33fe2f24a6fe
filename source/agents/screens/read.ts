import { createHash } from 'node:crypto';
import { safeLine } from '../../common/text.ts';
import type { Ask } from '../wire/protocol.ts';
import { type AnswerRule, allPrompts, type PromptRule, type ScreenRules } from './rules.ts';

/** What a screen shows, as far as the rules can tell. */
export interface ScreenReading {
  /** A question that holds it up, and what to type for each answer, by the option's id. */
  readonly prompt?: { readonly ask: Ask; readonly keys: ReadonlyMap<string, string>; readonly rule: string };
  readonly isWorking: boolean;
  /** Its composer is there and empty. */
  readonly isReady: boolean;
}

/** Rows from the end in which the state is looked for; above them stands what was said before. */
const STATE_ROWS = 12;
/** Rows of a question at most. */
const PROMPT_ROWS = 60;
const TITLE_CHARS = 200;

/** Reads a screen given as plain rows. */
export const readScreen = (rows: readonly string[], rules: ScreenRules): ScreenReading => {
  const lines = screenLines(rows);
  const end = lines.slice(-STATE_ROWS).join('\n');
  const prompt = promptOn(lines.slice(-PROMPT_ROWS).map(withoutPointer).join('\n'), rules.prompts);
  return {
    ...(prompt && { prompt }),
    isWorking: rules.working.some(rule => rule.test(end)),
    isReady: rules.ready.some(rule => rule.test(end)),
  };
};

/** Whether a screen shows a question of any CLI that is known: what is typed now would answer it. */
export const showsQuestion = (rows: readonly string[]): boolean =>
  readScreen(rows, { titles: [], working: [], ready: [], prompts: allPrompts() }).prompt !== undefined;

/** Rows without borders and blanks: corners of a box as `╭` and `╰`, rules across it as `───` or `╌╌╌`. */
export const screenLines = (rows: readonly string[]): readonly string[] =>
  rows.flatMap(row => {
    const line = row.replace(/^[\s│┃]+|[\s│┃]+$/g, '');
    if (/^[▀▄╹]+$/.test(line) || line === '') return [];
    if (/^[─━]{10,}$/.test(line)) return '───';
    if (/^[╌┄]{10,}$/.test(line)) return '╌╌╌';
    if (/^[╭┌][─━]{10,}[╮┐]$/.test(line)) return '╭';
    return /^[╰└][─━]{10,}[╯┘]$/.test(line) ? '╰' : line;
  });

/** Which answer the pointer stands on makes no other question of it. */
const withoutPointer = (line: string): string => line.replace(/^[❯›●▶>]\s+(?=\d\. )/, '');

const promptOn = (text: string, rules: readonly PromptRule[]): ScreenReading['prompt'] => {
  for (const rule of rules) {
    const match = rule.when.exec(text);
    // Only what reaches the last row still waits: the same words further up are history.
    if (match && text.slice(match.index + match[0].length).trim() === '') return promptOf(rule, match[0]);
  }
  return undefined;
};

const promptOf = (rule: PromptRule, block: string): NonNullable<ScreenReading['prompt']> => {
  const keys = new Map<string, string>();
  const options = rule.answers
    .flatMap(answer => answersOf(answer, block))
    .map((answer, index) => {
      const id = `${answer.kind}-${index + 1}`;
      keys.set(id, answer.keys);
      return { id, label: safeLine(answer.label), kind: answer.kind };
    });
  const ask: Ask = {
    id: `screen-${createHash('sha256').update(`${rule.name}\n${block}`).digest('hex').slice(0, 12)}`,
    kind: rule.kind,
    title: titleOf(rule, block),
    detail: block
      .split('\n')
      .filter(line => !/^[─╌╭╰]+$/.test(line))
      .join('\n'),
    options,
  };
  return { ask, keys, rule: rule.name };
};

const answersOf = (
  { kind, when, label, keys }: AnswerRule,
  block: string,
): { kind: AnswerRule['kind']; label: string; keys: string }[] => {
  if (!when) return [{ kind, label, keys }];
  return [...block.matchAll(new RegExp(when, 'gmu'))].map(({ groups }) => ({
    kind,
    label: groups?.label ?? label,
    keys: keys.replace('{key}', groups?.key ?? ''),
  }));
};

const titleOf = ({ title, kind, name }: PromptRule, block: string): string => {
  const found = title.map(rule => rule.exec(block)?.slice(1).find(Boolean)).find(Boolean);
  const words = safeLine(found ?? name)
    .slice(0, TITLE_CHARS)
    .trim();
  return kind === 'permission' ? `Allow: ${words}` : words;
};
