import { duration, plural } from '../../../source/common/text.ts';
import type { AttentionRow, TownView } from '../../../source/town/view.ts';
import { answerKeys } from '../../dialogs/decide-rows.ts';
import type { KeyWords } from '../pane.ts';
import { type Fact, head, known } from './facts.ts';

export const questionFacts = (
  question: AttentionRow,
  { view: { at }, keys }: { view: Pick<TownView, 'at'>; keys: KeyWords },
): readonly Fact[] => [
  head(question.title),
  { label: 'about', value: question.subject },
  { label: 'waits', value: `${duration(at - question.since)}, ${plural(question.behind, 'bead')} behind it` },
  { label: 'severity', value: question.severity },
  ...answerKeys(question).map(({ key, meaning }) => ({ label: keys(ANSWERS[key] ?? key), value: meaning })),
  ...known('head', question.head),
  ...(question.detail ? [{ line: '' }, { line: question.detail }] : []),
];

/** The commands of a plain yes and no; the others are digits, as they stand in the question. */
const ANSWERS: Readonly<Record<string, string>> = { y: '{yes}', n: '{no}' };
