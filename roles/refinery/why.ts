import { duration, plural } from '../../source/common/text.ts';
import type { Merge, Rig } from '../../source/ledger/schema.ts';
import { couldNotRunStreak, outcomeOf, verdictId } from '../../source/ledger/verdict.ts';
import { ms, shortSha, townOf } from '../facts.ts';
import { chainKey, type RigObservation, type WorldView } from '../role.ts';
import { approvalNeeded, hasApproval, isCleared } from './approval.ts';
import { redRuns, verdictOn } from './judge.ts';
import { compareGroups, isOpen, queueOrder } from './order.ts';
import { gatesKey, type Round } from './round.ts';

/** Why a request is where it is, in one line for people. Pure: the same view gives the same line. */
export const whyWaiting = (view: WorldView, merge: Merge): string => {
  if (!isOpen(merge)) return ended(merge);
  const rig = view.ledger.rigs.get(merge.rig);
  const town = townOf(view.ledger);
  if (!rig || rig.removedAt) return `its rig ${merge.rig} was removed`;
  if (view.observed.awayHost !== undefined) return `this town works on ${view.observed.awayHost}`;
  if (town?.estop) return `emergency stop: ${town.estop.reason}`;
  if (merge.state === 'landing') return onItsWay(view, merge);
  if (merge.held) return merge.held.reason ? `held: ${merge.held.reason}` : `held by ${merge.held.by}`;
  if (approvalNeeded(rig) && !hasApproval(view.ledger, merge, rig)) return needsApproval(rig);
  if (town?.mergePaused[rig.id]) return `queue paused by ${town.mergePaused[rig.id]!.by}`;
  const seen = view.observed.rigs.get(rig.id);
  if (!seen) return 'the target has not been read yet';
  if (seen.error !== undefined) return `the target cannot be read: ${seen.error}`;
  return inQueue(view, { merge, rig, seen });
};

/** Ready here is not landed: as long as the origin does not take it, that is said. */
const onItsWay = (view: WorldView, merge: Merge): string => {
  const place = merge.landing ? `landing as ${shortSha(merge.landing.new)}` : 'landing';
  const failing = view.observed.failing.get(`land:${merge.rig}`);
  return failing ? `ready as ${place.replace('landing as ', '')}, not landed: push pending (${failing.error})` : place;
};

const ended = (merge: Merge): string => {
  switch (merge.state) {
    case 'landed':
      return `landed as ${shortSha(merge.landedSha ?? merge.head)}`;
    case 'superseded':
      return 'a newer request for the same work took its place';
    default:
      return merge.cause ? `${merge.state}: ${merge.cause.summary}` : merge.state;
  }
};

const needsApproval = (rig: Rig): string =>
  rig.gates.length === 0 ? 'waits for your approval: the rig has no gates' : 'waits for your approval';

interface Place {
  readonly merge: Merge;
  readonly rig: Rig;
  readonly seen: RigObservation;
}

const inQueue = (view: WorldView, { merge, rig, seen }: Place): string => {
  const cleared = [...view.ledger.merges.values()].filter(
    one => one.rig === rig.id && isOpen(one) && isCleared(view.ledger, one, rig),
  );
  const queue = queueOrder(cleared, { now: view.now, priorityAgeMs: view.settings.refinery.priorityAgeMs });
  const place = ordinal(queue.findIndex(one => one.id === merge.id) + 1);
  const groups = [...new Set(queue.flatMap(one => one.group ?? []))].sort(compareGroups);
  if (merge.group === undefined)
    return groups.length === 0 ? `${place}, next batch` : `${place}, behind the batch under test`;
  const ahead = groups.indexOf(merge.group);
  if (ahead > 0) return `${place}, behind ${plural(ahead, 'batch', 'batches')} under test`;
  const members = queue.filter(one => one.group === merge.group);
  return `${place}, ${underTest({ view, rig, seen, group: merge.group, members })}`;
};

const underTest = (round: Round): string => {
  const { view, rig, seen, members } = round;
  const company = members.length === 1 ? 'alone' : `with ${plural(members.length - 1, 'other')}`;
  const chain = view.observed.chains.get(rig.id);
  if (!chain || chain.tip !== seen.tip || chain.key !== chainKey(members) || !chain.candidate) {
    return `being stacked ${company} on ${shortSha(seen.tip)}`;
  }
  const blocked = seen.blocked === undefined ? undefined : `green, but nothing can land: ${seen.blocked}`;
  if (rig.gates.length === 0) return blocked ?? 'about to land';
  const verdict = verdictOn(round, chain.candidate.tree);
  switch (verdict.outcome) {
    case 'pass':
      return blocked ?? `tested green ${company}, about to land`;
    case 'unknown':
      return `tested ${company}${view.running.has(gatesKey(rig.id)) ? '' : ': gates are about to run'}`;
    case 'flaky_pass':
      return `${verdict.gate!.name} was red and green on the same tree: run again`;
    case 'could_not_run': {
      const runs = verdict.verdict!.runs;
      const last = runs.at(-1)!;
      const streak = couldNotRunStreak(runs, members[0]!.since);
      return `${verdict.gate!.name} could not run (${streak} of ${view.settings.refinery.maxCouldNotRun}, ${duration(view.now - ms(last.at))} ago)${last.reason ? `: ${last.reason}` : ''}`;
    }
    case 'fail':
      return members.length > 1
        ? `red with others: being halved`
        : redAlone(round, verdict.gate!.name, redRuns(verdict.verdict));
  }
};

const redAlone = ({ view, rig, seen }: Round, gate: string, reds: number): string => {
  if (reds < view.settings.refinery.confirm) return `${gate} red alone once, confirming`;
  const own = view.ledger.verdicts.get(
    verdictId({ rig: rig.id, gate, environment: seen.environment, tree: seen.tipTree }),
  );
  return outcomeOf(own?.runs ?? []) === 'pass'
    ? `${gate} red alone ${reds} times, going back`
    : `${gate} red alone, checking whether the target is red too`;
};

/** `1st`, `2nd`, `3rd`, `11th`. */
export const ordinal = (place: number): string => {
  const teen = place % 100 >= 11 && place % 100 <= 13;
  const ending = teen ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' } as Record<number, string>)[place % 10];
  return `${place}${ending ?? 'th'}`;
};
