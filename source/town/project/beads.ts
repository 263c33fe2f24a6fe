import type { WorldView } from '../../../roles/role.ts';
import { whyUndispatched } from '../../../roles/undispatched.ts';
import { safeLine, safeText } from '../../common/text.ts';
import type { CostSum } from '../../ledger/costs.ts';
import { plannedNeeds } from '../../ledger/plan-version.ts';
import { openReadiness, type Readiness } from '../../ledger/ready.ts';
import type { Bead, Cause, Convoy, LedgerData, LineComment } from '../../ledger/schema.ts';
import type { BeadPhase, BeadRow, ConvoyRow, RowCost } from '../view.ts';
import { rowCost } from './money.ts';

/** Closed beads outside a shown convoy stay visible this long: what just landed is worth seeing. */
const CLOSED_SHOWN_MS = 24 * 3_600_000;
/** Ended convoys shown. */
const ENDED_CONVOYS_SHOWN = 10;

/** Beads in scheduling order: priority, then age, then id. */
export const beadRows = (
  view: WorldView,
  { costs, convoys }: { costs: ReadonlyMap<string, CostSum>; convoys: readonly ConvoyRow[] },
): BeadRow[] => {
  const { ledger, now } = view;
  const shownConvoys = new Set(convoys.map(({ id }) => id));
  const readiness = openReadiness(ledger, now);
  return [...ledger.beads.values()]
    .filter(bead => isShown(bead, shownConvoys, now))
    .sort((a, b) => a.priority - b.priority || compare(a.created_at, b.created_at) || a.id.localeCompare(b.id))
    .map(bead => beadRow(view, bead, { readiness, cost: costs.get(bead.id) }));
};

/** Times are plain text of one form: collation rules would cost most of the sort, and change nothing. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Open convoys first, newest first, then the last few that ended. */
export const convoyRows = (ledger: LedgerData): ConvoyRow[] => {
  const all = [...ledger.convoys.values()].sort(
    (a, b) => b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id),
  );
  const open = all.filter(convoy => convoy.status === 'proposed' || convoy.status === 'approved');
  const ended = all.filter(convoy => !open.includes(convoy)).slice(0, ENDED_CONVOYS_SHOWN);
  return [...open, ...ended].map(convoy => ({
    id: convoy.id,
    title: safeLine(convoy.title),
    status: convoy.status,
    rig: convoy.rig,
    beads: convoy.beads,
    createdAt: Date.parse(convoy.createdAt),
    closed: convoy.beads.filter(id => ledger.beads.get(id)?.status === 'closed').length,
    ...(convoy.goal && { goal: safeText(convoy.goal.slice(0, TEXT_CHARS)) }),
    ...textsOf(convoy),
  }));
};

/** Characters of a design or of notes in a row: a page of it; the command shows the whole. */
const TEXT_CHARS = 8_000;

const textsOf = ({ id, design, notes }: Bead | Convoy): { design?: string; notes?: string } => {
  const left = (text: string, command: string) =>
    text.length > TEXT_CHARS ? [`… ${text.length - TEXT_CHARS} characters more: gastown ${command} ${id}`] : [];
  return {
    ...(design && { design: [safeText(design.slice(0, TEXT_CHARS)), ...left(design, 'design')].join('\n') }),
    ...(notes && { notes: [...left(notes, 'note'), safeText(notes.slice(-TEXT_CHARS))].join('\n') }),
  };
};

export const safeCause = (cause: Cause): Cause => ({
  ...cause,
  summary: safeLine(cause.summary),
  ...(cause.files && { files: cause.files.map(safeLine) }),
  ...(cause.output && { output: safeText(cause.output) }),
  ...(cause.comments && { comments: cause.comments.map(safeComment) }),
});

export const safeComment = (comment: LineComment): LineComment => ({
  ...comment,
  path: safeLine(comment.path),
  text: safeText(comment.text),
  ...(comment.quote !== undefined && { quote: safeLine(comment.quote) }),
});

const isShown = (bead: Bead, convoys: ReadonlySet<string>, now: number): boolean => {
  if (bead.status === 'tombstone') return false;
  if (bead.status !== 'closed') return true;
  if (bead.town.convoy && convoys.has(bead.town.convoy)) return true;
  return bead.closed_at !== undefined && now - Date.parse(bead.closed_at) < CLOSED_SHOWN_MS;
};

/** Rows made before, by record: records are replaced, never changed, and a row says nothing beyond them but what is compared. */
const made = new WeakMap<Bead, BeadRow>();

const beadRow = (view: WorldView, bead: Bead, at: { readiness: Readiness; cost: CostSum | undefined }): BeadRow => {
  const { ledger, now } = view;
  const blockers = bead.status === 'open' || bead.status === 'in_progress' ? at.readiness.blockedBy(bead) : [];
  const phase = phaseOf(ledger, bead, { ...at, now, blockers });
  const waits = phase === 'queued' ? safeLine(whyUndispatched(view, bead, at.readiness)) : undefined;
  const before = made.get(bead);
  const cost = rowCost(at.cost);
  const isAsBefore = before?.phase === phase && before.waits === waits && isSameCost(before, cost);
  if (isAsBefore && isSame(before.blockedBy, blockers)) return before;
  const row = { ...newRow(bead, { phase, blockers }), ...(waits !== undefined && { waits }), ...cost };
  made.set(bead, row);
  return row;
};

const isSameCost = (a: RowCost, b: RowCost): boolean => a.costUsd === b.costUsd && a.unpriced === b.unpriced;

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, index) => id === b[index]);

const newRow = (bead: Bead, { phase, blockers }: { phase: BeadPhase; blockers: readonly string[] }): BeadRow => {
  const { town, acceptance_criteria: acceptance } = bead;
  const needs = plannedNeeds(bead);
  return {
    id: bead.id,
    title: safeLine(bead.title),
    status: safeLine(bead.status),
    phase,
    priority: bead.priority,
    type: safeLine(bead.issue_type),
    blockedBy: blockers,
    attempts: town.attempts,
    reworks: town.reworks,
    createdAt: bead.created_at,
    updatedAt: bead.updated_at,
    ...(town.role === 'mayor' && { plans: true as const }),
    ...(needs.length > 0 && { needs }),
    ...(town.touches?.length && { touches: town.touches.map(safeLine) }),
    ...(acceptance && { acceptance: safeText(acceptance.slice(0, TEXT_CHARS)) }),
    ...(town.rig && { rig: town.rig }),
    ...(town.convoy && { convoy: town.convoy }),
    ...(town.agent && { agent: safeLine(town.agent) }),
    ...(bead.assignee && { assignee: safeLine(bead.assignee) }),
    ...(town.merge && { merge: town.merge }),
    ...(bead.description && { description: safeText(bead.description) }),
    ...textsOf(bead),
    ...(town.cause && { cause: safeCause(town.cause) }),
    ...(town.parked && { parked: safeLine(town.parked.reason) }),
    ...(town.landed_sha && { landedSha: town.landed_sha }),
    ...(bead.started_at && { startedAt: bead.started_at }),
    ...(bead.closed_at && { closedAt: bead.closed_at }),
  };
};

const phaseOf = (
  ledger: LedgerData,
  bead: Bead,
  at: { readiness: Readiness; blockers: readonly string[]; now: number },
): BeadPhase => {
  if (bead.status === 'closed') return bead.town.landed_sha ? 'landed' : 'closed';
  if (bead.town.parked) return 'parked';
  if (bead.town.merge && ledger.merges.get(bead.town.merge)) return 'merging';
  if (bead.status === 'hooked' || bead.status === 'in_progress') return 'working';
  if (bead.status === 'deferred' || (bead.defer_until && Date.parse(bead.defer_until) > at.now)) return 'deferred';
  if (bead.status === 'blocked' || at.blockers.length > 0) return 'blocked';
  if (bead.town.dispatch) return 'queued';
  return at.readiness.isReady(bead) ? 'ready' : 'waiting';
};
