import { duration, fit, plural, safeText } from '../../source/common/text.ts';
import type { Cause, LineComment } from '../../source/ledger/schema.ts';
import type { AttentionRow, BeadRow, ConvoyRow, MergeRow, PolecatRow, TownView } from '../../source/town/view.ts';
import { answerKeys } from '../dialogs/decide-rows.ts';
import { wrapText } from '../dialogs/wrap.ts';
import type { Style, Theme } from '../theme.ts';
import { composeRow } from './compose.ts';
import { forecastWords } from './forecast.ts';
import { costWords } from './money.ts';
import { planTree } from './plan-tree.ts';
import {
  activityStatus,
  beadStatus,
  gateStatus,
  healthStatus,
  mergeStatus,
  polecatStatus,
  type Status,
} from './status.ts';
import { terminalLine } from './terminal-text.ts';

export interface DetailInput {
  readonly view: TownView;
  /** Of a bead, polecat, merge request, convoy, role, dog or rig, or the key of an attention row. */
  readonly id: string;
  /** Reasons and history from the town, oldest first; absent while they are being fetched. */
  readonly why?: readonly string[] | undefined;
  /** Every change, field by field, oldest first. */
  readonly history?: readonly string[];
  readonly width: number;
  readonly theme: Theme;
}

/** Everything known of one record as finished rows, as many as it takes: none wider than `width`. */
export const detailLines = (input: DetailInput): readonly string[] => {
  const { width, theme, why } = input;
  const known = factsOf(input);
  const facts = known ?? [{ line: `Nothing is known of ${input.id} here.`, look: 'dim' as const }];
  const reasons = known && why && why.length > 0 ? [head('Why'), ...why.map(line => ({ line }))] : [];
  return [...[...facts, ...reasons].flatMap(fact => rowsOf(fact, { width, theme })), ...historyRows(input)];
};

interface Drawn extends Pick<DetailInput, 'width' | 'theme'> {
  readonly rows: readonly string[];
}

/** A history may have thousands of lines, never changes, and is looked at page by page. */
const drawnHistories = new WeakMap<readonly string[], Drawn>();

const historyRows = ({ history, width, theme }: DetailInput): readonly string[] => {
  if (!history || history.length === 0) return [];
  const drawn = drawnHistories.get(history);
  if (drawn?.width === width && drawn.theme === theme) return drawn.rows;
  const facts: readonly Fact[] = [{ line: '' }, head('History, field by field'), ...history.map(line => ({ line }))];
  const rows = facts.flatMap(fact => rowsOf(fact, { width, theme }));
  drawnHistories.set(history, { width, theme, rows });
  return rows;
};

/** A labelled value, a status, or text that is broken into lines. */
type Fact =
  | { readonly label: string; readonly value: string }
  | { readonly label: string; readonly status: Status; readonly note: string }
  | { readonly line: string; readonly look?: 'strong' | 'dim' };

const LABEL_COLUMNS = 12;

const rowsOf = (fact: Fact, { width, theme }: { width: number; theme: Theme }): readonly string[] => {
  if ('line' in fact) return text(fact.line, width, fact.look ? theme[fact.look] : same);
  const label = { text: fact.label, width: Math.min(LABEL_COLUMNS, Math.floor(width / 3)), style: theme.dim };
  if ('status' in fact) {
    const { glyph, word, style } = fact.status;
    return [
      composeRow([label, { text: `${glyph} ${word}`, style }, { text: fact.note && `  ${fact.note}` }], { width }),
    ];
  }
  const indent = label.width;
  return text(fact.value, width - indent).map((row, index) =>
    index === 0 ? composeRow([label], { width: indent }) + row : ' '.repeat(indent) + row,
  );
};

const text = (value: string, width: number, style: Style = same): readonly string[] =>
  safeText(value)
    .split('\n')
    .flatMap(line => wrapText(terminalLine(line), width))
    .map(row => style(fit(row, width)));

const factsOf = ({ view, id, theme }: Pick<DetailInput, 'view' | 'id' | 'theme'>): readonly Fact[] | undefined => {
  const bead = view.beads.get(id);
  if (bead) return beadFacts(bead, theme);
  const polecat = view.polecats.find(row => row.id === id);
  if (polecat) return polecatFacts(polecat, { view, theme });
  const merge = view.merges.find(row => row.id === id);
  if (merge) return mergeFacts(merge, { view, theme });
  const convoy = view.convoys.find(row => row.id === id);
  if (convoy) return convoyFacts(convoy, { view, theme });
  const question = view.attention.find(row => row.key === id);
  return question ? questionFacts(question, view) : healthFacts({ view, id, theme });
};

const beadFacts = (bead: BeadRow, theme: Theme): readonly Fact[] => [
  head(`${bead.id}  ${bead.title}`),
  { label: 'state', status: beadStatus(bead.phase, theme), note: `P${bead.priority} ${bead.type}` },
  ...known('rig', bead.rig),
  ...known('convoy', bead.convoy),
  ...known('by', bead.assignee),
  ...known('agent', bead.agent),
  ...known('waits for', bead.blockedBy.join(', ')),
  ...known('needs', bead.needs?.join(', ')),
  ...known('touches', bead.touches?.join(', ')),
  ...known('done when', bead.acceptance),
  ...known('merge', bead.merge),
  ...known('landed as', bead.landedSha),
  ...known('parked', bead.parked),
  { label: 'tries', value: `${plural(bead.attempts, 'try', 'tries')}, came back ${plural(bead.reworks, 'time')}` },
  ...known('cost', costWords(bead)),
  ...known('changed', bead.updatedAt),
  ...causeFacts(bead.cause),
  ...(bead.description ? [{ line: '' }, { line: bead.description }] : []),
  ...textFacts(bead),
];

const textFacts = ({ design, notes }: Pick<BeadRow, 'design' | 'notes'>): readonly Fact[] => [
  ...(design ? [{ line: '' }, head('Design'), { line: design }] : []),
  ...(notes ? [{ line: '' }, head('Notes'), { line: notes }] : []),
];

interface Around {
  readonly view: TownView;
  readonly theme: Theme;
}

const polecatFacts = (polecat: PolecatRow, { view, theme }: Around): readonly Fact[] => [
  head(`${polecat.name}, a worker of ${polecat.rig}`),
  { label: 'state', status: polecatStatus(polecat, theme), note: `for ${duration(view.at - polecat.since)}` },
  { label: 'known from', value: polecat.evidence },
  ...activityFacts(polecat, { view, theme }),
  ...known('bead', polecat.bead && `${polecat.bead}  ${polecat.beadTitle ?? ''}`),
  ...known('doing', polecat.doing),
  ...known('last wrote', polecat.lastOutputAt === undefined ? '' : `${duration(view.at - polecat.lastOutputAt)} ago`),
  ...known('agent is', polecat.agent),
  ...known('session', polecat.session),
  ...known('cost', costWords(polecat)),
  ...known('no sandbox', polecat.unsandboxed),
  {
    label: 'record',
    value: `try ${polecat.attempt}; ${polecat.landed} landed, ${polecat.bounced} bounced, ${polecat.failed} failed`,
  },
];

const activityFacts = ({ activity, mode }: PolecatRow, { view, theme }: Around): readonly Fact[] => {
  if (!activity) return [];
  const sure = activity.confidence === 'sure' ? '' : ` (${activity.confidence})`;
  const limited = activity.limitedUntil === undefined ? '' : `, until ${new Date(activity.limitedUntil).toISOString()}`;
  return [
    {
      label: 'agent',
      status: activityStatus(activity, theme),
      note: `for ${duration(view.at - activity.since)}, by ${SOURCES[activity.source]}${sure}${limited}`,
    },
    { label: 'evidence', value: activity.evidence },
    ...known('driven by', mode && MODES[mode]),
  ];
};

const SOURCES: Readonly<Record<NonNullable<PolecatRow['activity']>['source'], string>> = {
  protocol: 'its protocol',
  osc: 'its own report to the terminal',
  hook: 'its hooks',
  title: 'the title of its window',
  screen: 'what its screen shows',
  process: 'its process',
};

const MODES: Readonly<Record<NonNullable<PolecatRow['mode']>, string>> = {
  wired: 'its protocol',
  terminal: 'its own screen in a terminal',
  attached: 'a person who is attached',
};

const mergeFacts = (merge: MergeRow, { view, theme }: Around): readonly Fact[] => [
  head(`${merge.id}  ${merge.title}`),
  { label: 'state', status: mergeStatus(merge, theme), note: `for ${duration(view.at - merge.since)}` },
  { label: 'why', value: merge.why },
  ...forecastWords(merge.forecast).map(value => ({ label: 'forecast', value })),
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
  ...merge.gates.map(({ name, outcome }) => ({ label: 'gate', status: gateStatus(outcome, theme), note: name })),
  ...(merge.findings ?? []).map(({ guard, summary, path, line }) => ({
    label: 'guard',
    value: `${guard}: ${summary}${path ? ` (${path}${line === undefined ? '' : `:${line}`})` : ''}`,
  })),
  ...beforeFacts(merge.approvedBefore, view),
  ...commentFacts(merge.cause?.comments ? undefined : merge.comments),
  ...causeFacts(merge.cause),
];

const beforeFacts = (before: MergeRow['approvedBefore'], { at }: TownView): readonly Fact[] =>
  before
    ? [
        {
          label: 'before',
          value: `${before.by} approved ${before.merge} at ${before.head.slice(0, 9)}, ${duration(at - before.at)} ago. ${before.reason}`,
        },
      ]
    : [];

const commentFacts = (comments: readonly LineComment[] = []): readonly Fact[] =>
  comments.map(({ path, line, text: said, by }) => ({ label: 'comment', value: `${path}:${line} ${by}: ${said}` }));

const convoyFacts = (convoy: ConvoyRow, { view, theme }: Around): readonly Fact[] => [
  head(`${convoy.id}  ${convoy.title}`),
  { label: 'state', value: convoy.status === 'proposed' ? 'proposed: waits for your approval' : convoy.status },
  { label: 'landed', value: `${convoy.closed} of ${convoy.beads.length}` },
  { label: 'rig', value: convoy.rig },
  ...known('cost', costWords(convoy)),
  ...known('goal', convoy.goal),
  { line: '' },
  ...(convoy.status === 'proposed'
    ? planTree(view, convoy).map(line => ({ line }))
    : convoy.beads.flatMap(id => {
        const bead = view.beads.get(id);
        return bead ? [{ label: bead.id, status: beadStatus(bead.phase, theme), note: bead.title }] : [];
      })),
  ...textFacts(convoy),
];

const questionFacts = (question: AttentionRow, { at }: TownView): readonly Fact[] => [
  head(question.title),
  { label: 'about', value: question.subject },
  { label: 'waits', value: `${duration(at - question.since)}, ${plural(question.behind, 'bead')} behind it` },
  { label: 'severity', value: question.severity },
  ...answerKeys(question).map(({ key, meaning }) => ({ label: key, value: meaning })),
  ...known('head', question.head),
  ...(question.detail ? [{ line: '' }, { line: question.detail }] : []),
];

const healthFacts = ({ view, id, theme }: Pick<DetailInput, 'view' | 'id' | 'theme'>): readonly Fact[] | undefined => {
  const role = view.health.roles.find(({ name }) => id === `role:${name}` || id === name);
  if (role)
    return [
      head(`${role.plain} (${role.name})`),
      { label: 'state', status: healthStatus(role.ok, theme), note: since(view.at, role.lastTickAt) },
      { label: 'last did', value: role.lastAction ?? 'nothing so far' },
      ...known('because', role.because),
    ];
  const dog = view.health.dogs.find(({ name }) => id === `dog:${name}` || id === name);
  if (dog)
    return [
      head(`${dog.plain} (${dog.name})`),
      { label: 'state', status: healthStatus(dog.ok, theme, 'failed'), note: since(view.at, dog.lastRunAt) },
      { label: 'every', value: dog.intervalMs > 0 ? duration(dog.intervalMs) : 'off: only when it is told to (r)' },
      ...known('took', dog.tookMs === undefined ? undefined : duration(dog.tookMs)),
      { label: 'note', value: dog.note },
    ];
  const rig = view.rigs.find(row => row.id === id);
  if (!rig) return undefined;
  return [
    head(`repository ${rig.id}`),
    { label: 'from', value: rig.origin },
    { label: 'branch', value: `${rig.branch}${rig.tip ? ` at ${rig.tip.slice(0, 9)}` : ''}` },
    { label: 'policy', value: `${rig.policy}${rig.paused ? ', merging is paused' : ''}` },
    { label: 'gates', value: rig.gates.join(', ') || 'none' },
    ...known('blocked', rig.blocked),
    ...known('failed', rig.error),
  ];
};

const head = (line: string): Fact => ({ line, look: 'strong' });

const known = (label: string, value: string | undefined): readonly Fact[] => (value ? [{ label, value }] : []);

const causeFacts = (cause: Cause | undefined): readonly Fact[] =>
  cause
    ? [
        { label: 'came back', value: cause.summary },
        ...known('gate', cause.gate),
        ...known('files', cause.files?.join(', ')),
        ...commentFacts(cause.comments),
        ...(cause.output ? [{ line: cause.output, look: 'dim' as const }] : []),
      ]
    : [];

const since = (at: number, then: number | undefined): string =>
  then === undefined ? 'not run yet' : `${duration(at - then)} ago`;

const same: Style = row => row;
