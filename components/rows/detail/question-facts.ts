import { duration, plural } from '../../../source/common/text.ts';
import type { AttentionRow, TownView } from '../../../source/town/view.ts';
import { answerKeys } from '../../dialogs/decide-rows.ts';
import { type Fact, head, known } from './facts.ts';

export const questionFacts = (question: AttentionRow, { at }: TownView): readonly Fact[] => [
  head(question.title),
  { label: 'about', value: question.subject },
  { label: 'waits', value: `${duration(at - question.since)}, ${plural(question.behind, 'bead')} behind it` },
  { label: 'severity', value: question.severity },
  ...answerKeys(question).map(({ key, meaning }) => ({ label: key, value: meaning })),
  ...known('head', question.head),
  ...(question.detail ? [{ line: '' }, { line: question.detail }] : []),
];
