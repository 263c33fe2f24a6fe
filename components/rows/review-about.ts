import { duration, plural, safeText } from '../../source/common/text.ts';
import type { GateEvidence, Review } from '../../source/town/view.ts';
import { wrapText } from '../dialogs/wrap.ts';
import type { Look, ReviewInput, ReviewLine } from './review-document.ts';
import { terminalLine } from './terminal-text.ts';

/** Lines of what was asked for: the rest of a long text is behind `i`. */
const DESCRIPTION_LINES = 40;
const COMMITS_SHOWN = 10;

/** What a person should know before they read the files: what speaks against it, what was asked for, what is known of it. */
export const aboutLines = (input: ReviewInput): readonly ReviewLine[] => {
  const { merge, bead, review, scope, listed } = input;
  if (scope === 'since') return sinceLines(input);
  return [
    ...part('What guards found', findings(input)),
    ...part('Approved before', beforeLines(input)),
    ...part('Accepted when', wrapped(bead?.acceptance, input.width)),
    ...part('What was asked for', cutOff(wrapped(bead?.description, input.width))),
    ...part('Gates', gateLines(review, input)),
    ...part('Came back before', wrapped(merge.cause?.summary ?? bead?.cause?.summary, input.width)),
    ...part('Comments elsewhere', commentsElsewhere(input)),
    ...part(plural(review.commits.length, 'commit'), commitLines(review)),
    ...(listed ? [] : part(plural(review.files.length, 'file'), fileList(input))),
    ...(review.cut ? [line(review.cut, 'warn'), line('')] : []),
    ...(review.files.length === 0 ? [line('Nothing differs: it changes no file.', 'warn'), line('')] : []),
  ];
};

const line = (text: string, look?: Look): ReviewLine => ({ kind: 'text', text, ...(look && { look }) });

/** A heading with what belongs under it; nothing where there is nothing. */
const part = (heading: string, lines: readonly ReviewLine[]): readonly ReviewLine[] =>
  lines.length === 0 ? [] : [line(heading, 'strong'), ...lines, line('')];

const wrapped = (text: string | undefined, width: number, look?: Look): readonly ReviewLine[] =>
  text?.trim()
    ? safeText(text)
        .trimEnd()
        .split('\n')
        .flatMap(row => wrapText(terminalLine(row), width))
        .map(row => line(row, look))
    : [];

const cutOff = (lines: readonly ReviewLine[]): readonly ReviewLine[] => {
  const left = lines.length - DESCRIPTION_LINES;
  return left > 0
    ? [
        ...lines.slice(0, DESCRIPTION_LINES),
        { kind: 'text', text: `… ${plural(left, 'line')} more: {decide-explain} shows all.`, look: 'dim', isOwn: true },
      ]
    : lines;
};

const findings = ({ merge, width }: ReviewInput): readonly ReviewLine[] =>
  (merge.findings ?? []).flatMap(({ guard, kind, summary, path, line: at }) => {
    const where = path ? ` (${path}${at === undefined ? '' : `:${at}`})` : '';
    const verdict = kind === 'block' ? 'stops it' : 'asks you';
    return wrapped(`${guard} ${verdict}: ${summary}${where}`, width, kind === 'block' ? 'bad' : 'warn');
  });

const beforeLines = ({ merge: { id, approvedBefore: before }, view, width }: ReviewInput): readonly ReviewLine[] => {
  if (!before) return [];
  const which = before.merge === id ? 'this request' : before.merge;
  return [
    ...wrapped(
      `${before.by} approved ${which} at ${before.head.slice(0, 9)}, ${duration(view.at - before.at)} ago. ${before.reason}`,
      width,
    ),
    ...wrapped(capital(before.words), width, 'info'),
  ];
};

const capital = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;

/** What stands before the files when only what is new is shown. */
const sinceLines = ({
  review: { since },
  merge: { approvedBefore: before },
  width,
}: ReviewInput): readonly ReviewLine[] => {
  if (!since) return [];
  const head = before ? ` ${before.merge} at ${before.head.slice(0, 9)}` : '';
  return [
    ...part(`What is new since you approved${head}`, [
      ...wrapped(
        since.rewritten
          ? `It was done again, in ${plural(since.commits, 'commit')} of its own: this is how the two results differ, apart from what the target did.`
          : `${plural(since.commits, 'commit')} on top of what you approved.`,
        width,
      ),
      ...(since.conflicts
        ? wrapped(
            'What you approved no longer fits onto the target; where it does not, its conflicts show as lines that went.',
            width,
            'warn',
          )
        : []),
      ...(since.files.length === 0 ? wrapped('No file differs: it comes to the same.', width, 'good') : []),
    ]),
    ...(since.cut ? [line(since.cut, 'warn'), line('')] : []),
  ];
};

const gateLines = ({ gates }: Review, input: ReviewInput): readonly ReviewLine[] => {
  if (gates.length === 0) return wrapped('There are none: nothing but you speaks for this work.', input.width, 'warn');
  return gates.flatMap(gate => [
    line(gateFacts(gate, input), OUTCOME_LOOKS[gate.outcome] ?? 'dim'),
    ...(gate.outcome === 'pass' ? [] : (gate.output ?? [])).map(row => line(`  ${terminalLine(row)}`, 'dim')),
  ]);
};

const OUTCOME_LOOKS: Readonly<Record<string, Look>> = {
  pass: 'good',
  fail: 'bad',
  running: 'info',
  flaky_pass: 'warn',
  could_not_run: 'warn',
};

const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  pass: 'passed',
  fail: 'failed',
  running: 'runs now',
  flaky_pass: 'red and green on the same tree',
  could_not_run: 'could not run',
};

const gateFacts = (
  { name, outcome, durationMs, tree, at, reason }: GateEvidence,
  { merge, view }: ReviewInput,
): string => {
  if (outcome === 'unknown')
    return `${name}: not run yet${merge.needsApproval ? '; gates run once it is approved, and only green work lands' : ''}`;
  return [
    `${name}: ${OUTCOME_WORDS[outcome] ?? outcome}`,
    ...(durationMs === undefined
      ? []
      : [`in ${durationMs < 1_000 ? `${Math.round(durationMs)}ms` : duration(durationMs)}`]),
    ...(tree ? [`on tree ${tree.slice(0, 9)}`] : []),
    ...(at === undefined ? [] : [`${duration(view.at - at)} ago`]),
    ...(reason ? [`(${reason})`] : []),
  ].join(' ');
};

/** Comments on files that this request no longer changes. */
const commentsElsewhere = ({ merge, review, width }: ReviewInput): readonly ReviewLine[] => {
  const paths = new Set(review.files.flatMap(({ path, was }) => [path, was]));
  return (merge.comments ?? [])
    .filter(({ path }) => !paths.has(path))
    .flatMap(({ path, line: at, text }) => wrapped(`${path}:${at}  ${text}`, width, 'info'));
};

const commitLines = ({ commits }: Review): readonly ReviewLine[] => {
  const left = commits.length - COMMITS_SHOWN;
  return [
    ...commits.slice(0, COMMITS_SHOWN).map(({ sha, subject }) => line(`${sha.slice(0, 9)}  ${subject}`)),
    ...(left > 0 ? [line(`… ${left} more`, 'dim')] : []),
  ];
};

const fileList = ({ review, merge }: ReviewInput): readonly ReviewLine[] =>
  review.files.map(file => {
    const marks = marksOf(file.path, merge);
    return line(`${countsOf(file)}  ${marks ? `${marks} ` : ''}${file.path}`, marks.includes('!') ? 'warn' : undefined);
  });

/** `+12 -4`, or what it is where lines do not count. */
export const countsOf = ({ added, removed }: Review['files'][number]): string =>
  added === undefined ? 'binary' : `+${added} -${removed ?? 0}`;

/** `!` where a guard found something, `"` where somebody said something. */
export const marksOf = (path: string, { findings: found = [], comments = [] }: ReviewInput['merge']): string =>
  `${found.some(one => one.path === path) ? '!' : ''}${comments.some(one => one.path === path) ? '"' : ''}`;
