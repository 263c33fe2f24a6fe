import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import type { Landing } from '../git/landing.ts';
import type { CommandInput } from '../ledger/commands.ts';
import type { Merge } from '../ledger/schema.ts';
import { OPERATOR, type TownContext } from './context.ts';
import type { Outcome } from './view.ts';

/** Characters of a quoted line: what the schema holds. */
const QUOTE_CHARS = 500;

/**
 * Keeps a person's remark on a line, with the line itself: a checkout of later work no longer has it. Rejects with
 * `not_found` where the request has no such line.
 */
export const commentOn = async (context: TownContext, comment: CommandInput<'merge.comment'>): Promise<Outcome> => {
  const { id, head, path, line } = comment;
  const merge = context.ledger.data.merges.get(id);
  if (!merge) throw new GastownError('not_found', `There is no merge request ${safeLine(id)}.`);
  // Whoever looked at another head is told so by the ledger.
  const quote = merge.head === head ? await lineOf(await context.landing(merge.rig), merge, comment) : undefined;
  await context.execute(
    OPERATOR,
    { type: 'merge.comment', payload: { ...comment, ...(quote !== undefined && { quote }) } },
    'The operator commented on a line.',
  );
  return { ok: true, message: `Said of ${safeLine(path)}:${line}; it goes back with the work.`, subject: id };
};

const lineOf = async (
  landing: Landing,
  merge: Merge,
  { path, line, side = 'new' }: CommandInput<'merge.comment'>,
): Promise<string> => {
  const { base, head } = merge;
  const commit = side === 'new' ? head : ((await landing.mergeBase(base, head)) ?? base);
  const text = await landing.fileAt(commit, path);
  const found = text?.replace(/\n$/, '').split('\n')[line - 1];
  if (found !== undefined) return safeLine(found).slice(0, QUOTE_CHARS);
  const where = side === 'new' ? 'in this work' : 'before it';
  throw new GastownError('not_found', `There is no line ${line} of ${safeLine(path)} ${where}.`, {
    hint: `gastown diff ${merge.id} shows its files and lines.`,
  });
};
