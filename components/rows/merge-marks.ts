import { plural } from '../../source/common/text.ts';
import type { MergeRow } from '../../source/town/view.ts';

/** What one should know of a request before deciding on it, beside its state: short for a narrow row, and in words. */
export interface Mark {
  readonly short: string;
  readonly words: string;
}

/** Only what is there: most requests have none. What asks for a person comes first. */
export const mergeMarks = (merge: MergeRow): readonly Mark[] => {
  const { findings = [], comments = [], forecast = [], approvedBefore, integrates, reverts, suspicion } = merge;
  const asking = findings.filter(({ kind }) => kind === 'ask').length;
  return [
    ...(findings.length > 0
      ? [{ short: `!${findings.length}`, words: `${plural(findings.length, 'guard finding')}${askingWords(asking)}` }]
      : []),
    ...(suspicion ? [{ short: '?', words: SUSPICIONS[suspicion] }] : []),
    ...(approvedBefore ? [{ short: 'new', words: approvedBefore.words }] : []),
    ...(forecast.length > 0 ? [{ short: 'x', words: 'will conflict' }] : []),
    ...(comments.length > 0 ? [{ short: `c${comments.length}`, words: plural(comments.length, 'line comment') }] : []),
    ...(integrates ? [{ short: 'int', words: `brings the integration branch of ${integrates} together` }] : []),
    ...(reverts ? [{ short: 'rev', words: `takes ${reverts} back` }] : []),
  ];
};

const askingWords = (asking: number): string => (asking > 0 ? `, ${asking} for a person to look at` : '');

const SUSPICIONS: Readonly<Record<NonNullable<MergeRow['suspicion']>, string>> = {
  suspect: 'suspected with others, of which one is bad',
  accused: 'suspected: tried alone',
};
