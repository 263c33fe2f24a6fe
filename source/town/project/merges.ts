import { approvalNeeded, hasApproval } from '../../../roles/refinery/approval.ts';
import { queueOrder } from '../../../roles/refinery/order.ts';
import { safeLine } from '../../common/text.ts';
import { confirmWord, isGuarded } from '../../ledger/guards.ts';
import { recentRunsOf } from '../../ledger/recent-runs.ts';
import { requestsOf } from '../../ledger/requests.ts';
import type { GuardFinding, LedgerData, Merge, Rig } from '../../ledger/schema.ts';
import { outcomeOf, verdictId } from '../../ledger/verdict.ts';
import type { ApprovedBefore, MergeRow, RigRow } from '../view.ts';
import { gatesRunningKey } from '../world.ts';
import { approvedBefore } from './approved-before.ts';
import { safeCause, safeComment } from './beads.ts';
import type { createGateRecords } from './gate-records.ts';
import type { ProjectionInput } from './input.ts';
import { forecastOf } from './radar.ts';

/** Ended requests kept on screen, newest first. */
const ENDED_SHOWN = 50;

/** The queue in the Refinery's own order, then what ended last. */
export const mergeRows = (input: ProjectionInput, why: (merge: Merge) => string): MergeRow[] => {
  const { ledger, config, now } = input;
  const requests = requestsOf(ledger.data);
  const open = queueOrder(requests.open(), { now, priorityAgeMs: config.settings.refinery.priorityAgeMs });
  const places = new Map(open.map(({ id }, index) => [id, index + 1]));
  return [
    ...open.map((merge, index) => {
      const forecast = forecastOf(input, merge, id => places.get(id));
      const at = {
        position: index + 1,
        ...waits(input, { merge, requests: requests.ofBead(merge.bead), why: why(merge) }),
      };
      const row = mergeRow(input, merge, at);
      return forecast.length > 0 ? { ...row, forecast } : row;
    }),
    ...requests.ended(ENDED_SHOWN).map(merge => mergeRow(input, merge, { why: endedWhy(merge) })),
  ];
};

export const rigRows = (
  { ledger, world, now }: ProjectionInput,
  gateRecords: ReturnType<typeof createGateRecords>,
): RigRow[] =>
  [...ledger.data.rigs.values()]
    .filter(rig => !rig.removedAt)
    .sort((a, b) => a.id.localeCompare(b.id))
    .map(rig => {
      const seen = world.rigs.get(rig.id);
      const records = gateRecords(ledger.data, { rig, now });
      return {
        id: rig.id,
        origin: safeLine(rig.origin),
        branch: safeLine(rig.branch),
        gates: rig.gates.map(gate => gate.name),
        policy: rig.policy,
        paused: ledger.data.town.get('town')?.mergePaused[rig.id] !== undefined,
        ...(seen && { tip: seen.tip }),
        ...(seen?.blocked && { blocked: safeLine(seen.blocked) }),
        ...(seen?.error && { error: safeLine(seen.error) }),
        ...(rig.of && { of: rig.of }),
        ...(rig.epic && { epic: rig.epic }),
        ...(records && { gateRecords: records }),
      };
    });

/** Why it waits: where a person approved the same work before, that what they approved is not what is asked for now. */
const waits = (
  input: ProjectionInput,
  { merge, requests, why }: { merge: Merge; requests: readonly Merge[]; why: string },
): { why: string; before?: ApprovedBefore } => {
  const rig = input.ledger.data.rigs.get(merge.rig)!;
  const before = approvedBefore(input, { merge, rig, requests });
  if (!before) return { why };
  return { why: approvalNeeded(merge, rig) && !merge.held ? before.words : why, before };
};

/** Nobody is at the screen, and then only what a person approved lands: whoever is told of it may do so from where they are. */
const approvedOnly = ({ world, config }: ProjectionInput, merge: Merge): boolean =>
  world.absence !== undefined && config.settings.unattended.land === 'approved' && merge.reverts === undefined;

const mergeRow = (
  input: ProjectionInput,
  merge: Merge,
  at: { position?: number; why: string; before?: ApprovedBefore },
): MergeRow => {
  const { ledger } = input;
  const rig = ledger.data.rigs.get(merge.rig)!;
  const approved = hasApproval(ledger.data, merge, rig);
  const needs = approvalNeeded(merge, rig);
  const asks = needs || approvedOnly(input, merge);
  const word = needs && !approved ? confirmWord(merge, rig) : undefined;
  return {
    id: merge.id,
    rig: merge.rig,
    bead: merge.bead,
    title: safeLine(merge.title),
    polecat: merge.polecat,
    state: merge.state,
    since: Date.parse(merge.since),
    priority: merge.priority,
    base: merge.base,
    head: merge.head,
    target: safeLine(merge.target),
    why: safeLine(at.why),
    // Not asked before the guards have looked: what they see is part of the question.
    needsApproval: asks && !approved && isGuarded(merge, rig),
    approved,
    held: merge.held !== undefined,
    gates: gateOutcomes(input, merge, rig),
    ...(at.position !== undefined && { position: at.position }),
    ...(merge.order !== undefined && { order: merge.order }),
    ...(merge.files !== undefined && { files: merge.files }),
    ...(merge.group && { group: merge.group }),
    ...(merge.pr && { pr: { number: merge.pr.number, url: safeLine(merge.pr.url) } }),
    ...(merge.comments?.length && { comments: merge.comments.map(safeComment) }),
    ...(at.before && { approvedBefore: at.before }),
    ...(merge.guards && { findings: merge.guards.findings.map(safeFinding) }),
    ...(word !== undefined && { confirmWord: word }),
    ...(merge.cause && { cause: safeCause(merge.cause) }),
    ...(merge.landedSha && { landedSha: merge.landedSha }),
    ...(merge.reverts && { reverts: merge.reverts }),
    ...(merge.integrates && { integrates: merge.integrates }),
    ...suspicionOf(ledger.data, merge),
    ...(merge.revertedBy && { revertedBy: merge.revertedBy }),
  };
};

/** Alone in its run it is accused; with others one of them seems bad. */
const suspicionOf = (data: LedgerData, { id, rig, state, suspicion }: Merge): Pick<MergeRow, 'suspicion'> => {
  if (!suspicion || state !== 'testing') return {};
  const isShared = requestsOf(data)
    .open(rig)
    .some(one => one.id !== id && one.suspicion?.run === suspicion.run);
  return { suspicion: isShared ? 'suspect' : 'accused' };
};

const safeFinding = (finding: GuardFinding): GuardFinding => ({
  ...finding,
  summary: safeLine(finding.summary),
  ...(finding.path !== undefined && { path: safeLine(finding.path) }),
});

/** What comes of these is settled. */
const ENDED: ReadonlySet<Merge['state']> = new Set(['landed', 'bounced', 'rejected', 'superseded']);

/** Outcomes on the tree that says most of it. */
const gateOutcomes = ({ ledger, world }: ProjectionInput, merge: Merge, rig: Rig): MergeRow['gates'] => {
  const tree = treeUnderTest(world, merge);
  const environment = world.rigs.get(rig.id)?.environment;
  const running = tree && world.gatesRunning.get(gatesRunningKey({ rig: rig.id, tree }));
  return rig.gates.map(gate => {
    if (!tree) return { name: gate.name, outcome: 'unknown' };
    if (running && running.gate === gate.name) {
      const usualMs = recentRunsOf(ledger.data).usualMs(rig.id, gate.name);
      const { startedAt } = running;
      return { name: gate.name, outcome: 'running', startedAt, ...(usualMs !== undefined && { usualMs }) };
    }
    const exact =
      environment === undefined
        ? undefined
        : ledger.data.verdicts.get(verdictId({ rig: rig.id, gate: gate.name, environment, tree }));
    // A town that was just opened does not know its environments yet, and what has ended stays as it was tested.
    const isFixed = environment === undefined || ENDED.has(merge.state);
    const verdict =
      exact ?? (isFixed ? recentRunsOf(ledger.data).newest({ rig: rig.id, gate: gate.name, tree }) : undefined);
    return { name: gate.name, outcome: outcomeOf(verdict?.runs ?? []) };
  });
};

/** The tree that says most of a request: that of its landing or its bounce, the smallest stack under test, the first there is. */
export const treeUnderTest = (world: ProjectionInput['world'], merge: Merge): string | undefined => {
  const trees = (world.chains.get(merge.rig) ?? []).flatMap(({ links }) => {
    const at = links.findIndex(link => link.merge === merge.id);
    return at < 0 ? [] : links.slice(at).flatMap(link => (link.outcome === 'stacked' ? [link.tree] : []));
  });
  const tested = trees.find(tree => world.gatesRunning.has(gatesRunningKey({ rig: merge.rig, tree })));
  return merge.landing?.tree ?? merge.cause?.tree ?? tested ?? trees[0];
};

const endedWhy = (merge: Merge): string => {
  if (merge.state === 'landed' && merge.revertedBy) return `landed, then taken back by ${merge.revertedBy}`;
  if (merge.state === 'landed') return `landed as ${merge.landedSha?.slice(0, 9) ?? 'unknown'}`;
  if (merge.twin)
    return `the same change as ${merge.twin}, landed with it as ${merge.landedSha?.slice(0, 9) ?? 'unknown'}`;
  if (merge.state === 'superseded') return 'a newer request for the same work took its place';
  if (!merge.cause) return merge.state;
  const { kind, summary } = merge.cause;
  return summary.startsWith(kind) ? summary : `${kind}: ${summary}`;
};
