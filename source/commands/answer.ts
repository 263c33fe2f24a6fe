import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import type { AttentionRow } from '../town/view.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown answer <question> [choice] [-m text]`: to a question or a wish of an agent, as `gastown attention` shows it. */
export const answer = (
  invocation: Invocation,
  [question, ...words]: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const row = rowOf((await town.view()).attention, question!);
    const { option, text } = chosen(row, words.join(' '), options.message as string | undefined);
    const { message } = await town.dispatch({
      type: 'attention.choose',
      payload: { key: row.key, option, ...(text !== undefined && { text }) },
    });
    invocation.output.record('answer', { key: row.key, subject: row.subject, option, ...(text && { text }) });
    invocation.output.say(message);
    return undefined;
  });

const rowOf = (rows: readonly AttentionRow[], named: string): AttentionRow => {
  const asking = rows.filter(({ options }) => options !== undefined);
  const found = asking.filter(({ key, subject }) => key === named || key.endsWith(`:${named}`) || subject === named);
  if (found.length === 1) return found[0]!;
  throw new GastownError(
    found.length === 0 ? 'not_found' : 'usage',
    found.length === 0
      ? `Nothing named ${safeLine(named)} waits for an answer.`
      : `${safeLine(named)} asks several things.`,
    { hint: asking.length > 0 ? `There are: ${asking.map(({ key }) => key).join(', ')}.` : 'gastown attention' },
  );
};

/** An option by its id, its words or its place; other words are an answer of the person's own where one is taken. */
const chosen = (
  { options = [], title }: AttentionRow,
  words: string,
  message: string | undefined,
): { option: string; text?: string } => {
  const option =
    options.find(({ id, label }) => id === words || label.toLowerCase() === words.toLowerCase()) ??
    (/^\d+$/.test(words) ? options[Number(words) - 1] : undefined);
  if (option) return { option: option.id, ...(message !== undefined && { text: message }) };
  const own = options.find(({ kind }) => kind === 'answer');
  const text = [words, message].filter(Boolean).join('\n\n');
  if (own && text !== '') return { option: own.id, text };
  throw new GastownError('usage', `"${safeLine(title)}" wants an answer.`, {
    hint: `One of: ${options.map(({ id, label }) => `${id} (${label})`).join(', ')}.`,
  });
};
