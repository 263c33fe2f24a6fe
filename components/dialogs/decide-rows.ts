import type { AttentionRow, TownView } from '../../source/town/view.ts';
import { planTree } from '../rows/plan-tree.ts';

/** The question with this key; undefined once it was settled or has become another one. */
export const attentionRow = (view: TownView, key: string): AttentionRow | undefined =>
  view.attention.find(row => row.key === key);

/** What is asked of the person about a request as it is shown: a head that moved is another question. */
export const questionOf = (view: TownView, shown: { merge: string; head: string }): AttentionRow | undefined =>
  view.attention.find(row => row.subject === shown.merge && row.head === shown.head);

/** Lines of evidence under the question; of a plan all that it would have done. */
export const decideLines = (view: TownView, key: string): readonly string[] => {
  const row = attentionRow(view, key);
  const detail = row?.detail?.split('\n') ?? [];
  const convoy = row?.kind === 'plan' ? view.convoys.find(({ id }) => id === row.subject) : undefined;
  if (!convoy) return detail;
  return [...detail, ...(detail.length > 0 ? [''] : []), ...planTree(view, convoy)];
};

/** One answer that a question takes: the key that gives it, and what it means. */
export interface AnswerKey {
  readonly key: string;
  readonly meaning: string;
  /** Absent: the plain yes or no of a question without options. */
  readonly option?: NonNullable<AttentionRow['options']>[number];
}

/** Every answer with its key: `y` and `n` for a plain yes and no, digits for the others as far as they go. */
export const answerKeys = ({ yes, no, options }: AttentionRow): readonly AnswerKey[] => {
  if (!options) {
    return [
      ...(yes === undefined ? [] : [{ key: 'y', meaning: yes }]),
      ...(no === undefined ? [] : [{ key: 'n', meaning: no }]),
    ];
  }
  const allow = options.find(({ kind }) => kind === 'allow');
  const deny = options.find(({ kind }) => kind === 'deny');
  let digit = 0;
  return options.flatMap(option => {
    if (option === allow || option === deny)
      return { key: option === allow ? 'y' : 'n', meaning: option.label, option };
    digit += 1;
    return digit > DIGITS ? [] : { key: String(digit), meaning: option.label, option };
  });
};

/** Digit keys that answer: the others have no key, and are given in words or at the command line. */
const DIGITS = 9;

/** The answer in the person's own words, where the question takes one: an option of its own, or words with a refusal. */
export const ownWords = ({ options = [] }: AttentionRow): AnswerKey['option'] =>
  options.find(({ kind }) => kind === 'answer') ?? options.find(({ kind }) => kind === 'deny');
