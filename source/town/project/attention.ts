import { plural, safeLine, safeText } from '../../common/text.ts';
import { requestsOf } from '../../ledger/requests.ts';
import type { Convoy, Escalation, LedgerData } from '../../ledger/schema.ts';
import { likelyDuplicates } from '../plan/duplicates.ts';
import type { AttentionRow, MergeRow } from '../view.ts';
import { agentAsks, askKey } from './asks.ts';
import type { ProjectionInput } from './input.ts';
import { budgetRows } from './money.ts';
import { type Behind, byCostOfWaiting, countBehind } from './order.ts';

/**
 * All that waits for a person, in one queue, ordered by what it costs to let it wait.
 * A row's key changes with what it asks (a new head is a new question), so that an answer can never meet another one.
 */
export const attentionRows = (input: ProjectionInput, merges: readonly MergeRow[]): AttentionRow[] => {
  const { data } = input.ledger;
  const behind = countBehind(data);
  return [
    ...approvals(merges, behind),
    ...heldMerges(merges, behind),
    ...proposedPlans(data),
    ...parkedBeads(data, behind),
    ...escalations(data, behind),
    ...questions(data, behind),
    ...agentAsks(input, behind),
    ...blockedRigs(input),
    ...budgetRows(input),
  ].sort(byCostOfWaiting);
};

const approvals = (merges: readonly MergeRow[], behind: Behind): AttentionRow[] =>
  merges
    .filter(merge => merge.position !== undefined && merge.needsApproval && !merge.held)
    .map(merge => ({
      key: `approval:${merge.id}:${merge.head}`,
      kind: 'approval',
      subject: merge.id,
      title: `Land "${merge.title}" on ${merge.target}?`,
      yes: 'approve: it lands when its turn comes',
      no: 'send it back with a note',
      severity: 'medium',
      since: merge.since,
      behind: behind.get(merge.bead) ?? 0,
      head: merge.head,
      detail: `${merge.files === undefined ? 'work' : plural(merge.files, 'file')} by ${merge.polecat}, bead ${merge.bead}; ${merge.why}`,
    }));

const heldMerges = (merges: readonly MergeRow[], behind: Behind): AttentionRow[] =>
  merges
    .filter(merge => merge.position !== undefined && merge.held)
    .map(merge => ({
      key: `held:${merge.id}:${merge.head}:${merge.since}`,
      kind: 'held',
      subject: merge.id,
      title: `"${merge.title}" is held`,
      yes: 'release it to be tested again',
      no: 'reject it',
      severity: 'high',
      since: merge.since,
      behind: behind.get(merge.bead) ?? 0,
      head: merge.head,
      detail: merge.why,
    }));

const proposedPlans = (data: LedgerData): AttentionRow[] =>
  [...data.convoys.values()]
    .filter(convoy => convoy.status === 'proposed')
    .map(convoy => ({
      key: `plan:${convoy.id}:${convoy.rev}`,
      kind: 'plan',
      subject: convoy.id,
      title: `Start the plan "${safeLine(convoy.title)}" (${convoy.beads.length} beads)?`,
      yes: 'approve: its beads are dispatched as they become ready',
      no: 'cancel the plan',
      severity: 'medium',
      since: Date.parse(convoy.createdAt),
      behind: convoy.beads.length,
      ...planDetail(data, convoy),
    }));

/** What a person should know of a plan before they look at its beads. */
const planDetail = (data: LedgerData, convoy: Convoy): { detail?: string } => {
  const alike = likelyDuplicates(data, convoy).map(
    ({ bead, like }) => `${bead.id} "${bead.title}" may be the same as ${like.id} "${like.title}" (${like.status}).`,
  );
  const parts = [convoy.goal, convoy.design, alike.join('\n')].filter(Boolean);
  return parts.length > 0 ? { detail: safeText(parts.join('\n\n')) } : {};
};

const parkedBeads = (data: LedgerData, behind: Behind): AttentionRow[] =>
  [...data.beads.values()].flatMap(bead => {
    if (!bead.town.parked || bead.status === 'closed' || bead.status === 'tombstone') return [];
    return {
      key: `parked:${bead.id}:${bead.town.parked.at}`,
      kind: 'parked' as const,
      subject: bead.id,
      title: `"${safeLine(bead.title)}" was given up`,
      yes: 'try it again from the start',
      no: 'close it undone',
      severity: 'high' as const,
      since: Date.parse(bead.town.parked.at),
      behind: behind.get(bead.id) ?? 0,
      detail: safeText([bead.town.parked.reason, bead.town.cause?.output].filter(Boolean).join('\n\n')),
    };
  });

const escalations = (data: LedgerData, behind: Behind): AttentionRow[] =>
  [...data.escalations.values()]
    .filter(escalation => !escalation.closedAt && !escalation.acknowledgedAt && !escalation.question)
    // A parked bead already stands here with its own answers.
    .filter(escalation => !(escalation.subject && data.beads.get(escalation.subject)?.town.parked))
    .map(escalation => ({
      key: `escalation:${escalation.id}${escalation.remindedAt ? `:${escalation.remindedAt}` : ''}`,
      kind: 'escalation',
      subject: escalation.id,
      title: safeLine(escalation.title),
      yes: 'acknowledge: seen, no more climbing',
      severity: escalation.severity,
      since: Date.parse(escalation.at),
      behind: behindSubject(data, behind, escalation.subject),
      climbs: escalation.climbs,
      detail: safeText([...escalationNotes(escalation), escalation.body].filter(Boolean).join('\n\n')),
    }));

/** Beads behind the one that it is about, or that the worker it is about works on. */
const behindSubject = (data: LedgerData, behind: Behind, subject: string | undefined): number => {
  const bead = data.polecats.get(subject ?? '')?.hook ?? subject;
  return bead !== undefined && data.beads.has(bead) ? behind.get(bead) : 0;
};

/** Its key names the session that waits for the answer, as those of other questions do. */
const questions = (data: LedgerData, behind: Behind): AttentionRow[] =>
  [...data.escalations.values()].flatMap(({ id, question, closedAt, ...asked }) => {
    if (!question || closedAt) return [];
    const choices = question.choices.map((choice, index) => ({
      id: String(index + 1),
      label: safeLine(choice),
      kind: 'choice' as const,
    }));
    return {
      key: askKey(question.session, id),
      kind: 'question' as const,
      subject: asked.subject ?? id,
      title: safeLine(asked.title),
      severity: asked.severity,
      since: Date.parse(asked.at),
      behind: behindSubject(data, behind, asked.subject),
      climbs: asked.climbs,
      detail: safeText([`Asked by ${asked.by}.`, asked.body].filter(Boolean).join('\n\n')),
      options: [...choices, { id: 'answer', label: 'answer in your own words', kind: 'answer' as const }],
    };
  });

/** What happened to it since it was opened. Ages stand beside the row: they would make it another one every minute. */
const escalationNotes = ({ by, category, climbs, remindedAt }: Escalation): string[] => [
  `By ${by}${category ? `, who asks for: ${category.replaceAll('_', ' ')}` : ''}.`,
  ...(climbs > 0 ? [`Raised ${plural(climbs, 'level')}, because nobody acknowledged it.`] : []),
  ...(remindedAt ? ['Shown again: it was acknowledged once and never closed.'] : []),
];

const blockedRigs = ({ ledger, world }: ProjectionInput): AttentionRow[] =>
  [...world.rigs].flatMap(([rig, seen]) => {
    const waiting = requestsOf(ledger.data).open(rig);
    if (!seen.blocked || waiting.length === 0) return [];
    return {
      key: `blocked:${rig}:${seen.blocked}`,
      kind: 'blocked' as const,
      subject: rig,
      title: `Nothing can land on ${rig}`,
      severity: 'high' as const,
      since: Math.min(...waiting.map(merge => Date.parse(merge.since))),
      behind: waiting.length,
      detail: safeText(seen.blocked),
    };
  });
