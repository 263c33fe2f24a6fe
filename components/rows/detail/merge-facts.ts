import { duration, plural } from '../../../source/common/text.ts';
import type { MergeRow, TownView } from '../../../source/town/view.ts';
import { forecastWords } from '../forecast.ts';
import { mergeMarks } from '../merge-marks.ts';
import { gateProgress, progressWords, trialWords } from '../round-rows.ts';
import { gateStatus, mergeStatus } from '../status.ts';
import { type Around, causeFacts, commentFacts, type Fact, head, known, meaning } from './facts.ts';

/** How long it has been so; of what has ended, how long ago that was. */
export const sinceWords = ({ position, since }: Pick<MergeRow, 'position' | 'since'>, at: number): string =>
  position === undefined ? `${duration(at - since)} ago` : `for ${duration(at - since)}`;

export const mergeFacts = (merge: MergeRow, { view, theme }: Around): readonly Fact[] => [
  head(`${merge.id}  ${merge.title}`),
  { label: 'state', status: mergeStatus(merge, theme), note: sinceWords(merge, view.at) },
  { label: 'why', value: merge.why },
  ...forecastWords(merge.forecast).map(value => ({ label: 'forecast', value })),
  ...mergeMarks(merge).map(({ short, words }) => ({ label: `mark ${short}`, value: words })),
  ...known('place', merge.position === undefined ? '' : `${merge.position} in the queue, P${merge.priority}`),
  { label: 'approval', value: merge.needsApproval ? 'needs yours' : merge.approved ? 'given' : 'not needed' },
  {
    label: 'work',
    value: `${merge.bead} by ${merge.polecat}${merge.files === undefined ? '' : `, ${plural(merge.files, 'file')}`}`,
  },
  { label: 'commits', value: `${merge.base.slice(0, 9)}…${merge.head.slice(0, 9)} to ${merge.target}` },
  ...known('pull request', merge.pr && `#${merge.pr.number}  ${merge.pr.url}`),
  ...known('batch', merge.group),
  ...known('landed as', merge.landedSha),
  ...merge.gates.map(gate => ({
    label: 'gate',
    status: gateStatus(gate.outcome, theme),
    note: gate.outcome === 'running' ? gateProgress(gate, view.at) : gate.name,
  })),
  ...trialFacts(merge, view),
  ...(merge.findings ?? []).map(({ guard, summary, path, line }) => ({
    label: 'guard',
    value: `${guard}: ${summary}${path ? ` (${path}${line === undefined ? '' : `:${line}`})` : ''}`,
  })),
  ...beforeFacts(merge.approvedBefore, view),
  ...commentFacts(merge.cause?.comments ? undefined : merge.comments),
  ...causeFacts(merge.cause),
  { line: '' },
  meaning('refinery'),
  meaning('gate'),
];

/** The stacks under test that it is part of. */
const trialFacts = ({ id, rig }: MergeRow, { rounds = [], merges, at }: TownView): readonly Fact[] => {
  const places = new Map(merges.flatMap(row => (row.position === undefined ? [] : [[row.id, row.position] as const])));
  const trials = rounds.filter(round => round.rig === rig).flatMap(round => round.trials);
  return [
    ...trials
      .filter(({ ids }) => ids.includes(id))
      .map(trial => ({ label: 'tested', value: `${trialWords(trial, places)}:${progressWords(trial, at)}` })),
  ];
};

const beforeFacts = (before: MergeRow['approvedBefore'], { at }: TownView): readonly Fact[] =>
  before
    ? [
        {
          label: 'before',
          value: `${before.by} approved ${before.merge} at ${before.head.slice(0, 9)}, ${duration(at - before.at)} ago. ${before.reason}`,
        },
      ]
    : [];
