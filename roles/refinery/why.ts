import { duration, plural } from '../../source/common/text.ts';
import { requestsOf } from '../../source/ledger/requests.ts';
import type { Merge, Rig } from '../../source/ledger/schema.ts';
import { couldNotRunStreak, outcomeOf, verdictId } from '../../source/ledger/verdict.ts';
import { ms, shortSha, townOf, whyStopped } from '../facts.ts';
import type { RigObservation, WorldView } from '../role.ts';
import { isCleared, whyNotCleared } from './approval.ts';
import { chainOf } from './ladder.ts';
import { isOpen, queueOrder } from './order.ts';
import { pullRequestWhy } from './pull-request.ts';
import { type Round, type Stack, treesUnderTest } from './round.ts';
import { chainFor, ladderOf, stacksOf } from './standing.ts';
import { sinceOf, stateOf, usualRunMs, verdictOn } from './verdicts.ts';

/** Why a request is where it is, in one line for people. Pure: the same view gives the same line. */
export const whyWaiting = (view: WorldView, merge: Merge): string => {
  if (!isOpen(merge)) return ended(merge);
  const rig = view.ledger.rigs.get(merge.rig);
  const town = townOf(view.ledger);
  if (!rig || rig.removedAt) return `its rig ${merge.rig} was removed`;
  const stopped = whyStopped(view);
  if (stopped !== undefined) return stopped;
  if (merge.state === 'landing') return onItsWay(view, rig, merge);
  const uncleared = whyNotCleared(view, merge, rig);
  if (uncleared !== undefined) return uncleared;
  if (town?.mergePaused[rig.id]) return `queue paused by ${town.mergePaused[rig.id]!.by}`;
  const seen = view.observed.rigs.get(rig.id);
  if (!seen) return 'the target has not been read yet';
  if (seen.error !== undefined) return `the target cannot be read: ${seen.error}`;
  return inQueue(view, { merge, rig, seen });
};

/** Ready here is not landed: as long as the origin does not take it, that is said. */
const onItsWay = (view: WorldView, rig: Rig, merge: Merge): string => {
  const place = merge.landing ? `landing as ${shortSha(merge.landing.new)}` : 'landing';
  const failing = view.observed.failing.get(`land:${merge.rig}`);
  const byPullRequest = pullRequestWhy(rig, merge, failing);
  if (byPullRequest !== undefined) return byPullRequest;
  return failing ? `ready as ${place.replace('landing as ', '')}, not landed: push pending (${failing.error})` : place;
};

const ended = (merge: Merge): string => {
  switch (merge.state) {
    case 'landed':
      return `landed as ${shortSha(merge.landedSha ?? merge.head)}`;
    case 'superseded':
      return merge.twin
        ? `the same change as ${merge.twin}, landed with it as ${shortSha(merge.landedSha ?? merge.head)}`
        : 'a newer request for the same work took its place';
    default:
      return merge.cause ? `${merge.state}: ${merge.cause.summary}` : merge.state;
  }
};

interface Place {
  readonly merge: Merge;
  readonly rig: Rig;
  readonly seen: RigObservation;
}

const inQueue = (view: WorldView, { merge, rig, seen }: Place): string => {
  const queue = queueOf(view, rig);
  const place = ordinal(queue.findIndex(one => one.id === merge.id) + 1);
  const members = queue.filter(one => one.state === 'testing');
  const { what, runs } =
    merge.state === 'testing'
      ? underTest({ view, rig, seen, members }, merge)
      : { what: members.length === 0 ? 'tested next' : 'tested with the next ones', runs: 2 };
  const usual = runs === undefined ? undefined : usualRunMs(view.ledger, rig.id, rig.gates);
  return `${place}, ${what}${usual === undefined ? '' : `, about ${duration(runs! * usual)} to go`}`;
};

const queues = new WeakMap<WorldView, Map<string, readonly Merge[]>>();

/** Ready to be tested, in order. Found once for each view, which is asked for every request of the queue in turn. */
const queueOf = (view: WorldView, rig: Rig): readonly Merge[] => {
  const known = queues.get(view) ?? new Map<string, readonly Merge[]>();
  queues.set(view, known);
  const before = known.get(rig.id);
  if (before) return before;
  const cleared = requestsOf(view.ledger)
    .open(rig.id)
    .filter(one => isCleared(view, one, rig));
  const queue = queueOrder(cleared, { now: view.now, priorityAgeMs: view.settings.refinery.priorityAgeMs });
  known.set(rig.id, queue);
  return queue;
};

interface Standing {
  readonly what: string;
  /** Runs of the gates that it probably takes until it lands or goes back; undefined where that is not a matter of runs. */
  readonly runs?: number;
}

const underTest = (round: Round, merge: Merge): Standing => {
  const { seen } = round;
  const ladder = ladderOf(round);
  const run = ladder.suspects.find(({ ids }) => ids.includes(merge.id));
  if (ladder.accused.some(({ id }) => id === merge.id)) return accused(round, merge);
  if (run)
    return {
      what: `one of ${run.ids.length} that were red together: the culprit is being looked for`,
      runs: Math.ceil(Math.log2(run.ids.length)) + 1,
    };
  const chain = chainFor(round, chainOf(ladder));
  if (!chain) return { what: `being stacked on ${shortSha(seen.tip)}` };
  const stacks = stacksOf(round, chain).filter(({ members }) => members.some(({ id }) => id === merge.id));
  if (stacks.length === 0) {
    const link = chain.links.find(one => one.merge === merge.id);
    const what =
      link?.outcome === 'duplicate' ? `adds nothing to ${link.of}, which is` : 'conflicts with a request that is';
    return { what: `${what} ahead of it: stacked again once that has landed or left` };
  }
  return inStack(round, stacks);
};

const inStack = (round: Round, stacks: readonly Stack[]): Standing => {
  const { view, rig, seen } = round;
  const trees = treesUnderTest(view, rig.id);
  const company = ({ members }: Stack) =>
    members.length === 1 ? 'alone' : `with ${plural(members.length - 1, 'other')}`;
  const green = stacks.findLast(one => stateOf(round, one) === 'pass');
  if (green && seen.blocked !== undefined) return { what: `green, but nothing can land: ${seen.blocked}` };
  if (green) return { what: `tested green ${company(green)}, about to land` };
  const running = stacks.find(({ tree }) => trees.includes(tree));
  if (running) return { what: `tested ${company(running)}`, runs: 1 };
  const [first] = stacks;
  const known = verdictOn(round, first!);
  const last = known.verdict?.runs.at(-1);
  if (known.outcome === 'could_not_run' && last)
    return {
      what: `${known.gate!.name} could not run (${plural(couldNotRunStreak(known.verdict!.runs, sinceOf(first!.members)), 'time')}, ${duration(view.now - ms(last.at))} ago)${last.reason ? `: ${last.reason}` : ''}`,
    };
  return {
    what: trees.length > 0 ? 'tested after those ahead of it' : 'gates are about to run',
    runs: trees.length > 0 ? 2 : 1,
  };
};

const accused = ({ view, rig, seen }: Round, merge: Merge): Standing => {
  const { confirm } = view.settings.refinery;
  const reds = merge.suspicion?.reds ?? 0;
  if (reds === 0) return { what: 'suspected: tested alone next', runs: confirm };
  if (reds < confirm) return { what: `red alone ${plural(reds, 'time')}, confirming`, runs: confirm - reds };
  const isTargetGreen = rig.gates.every(
    gate =>
      outcomeOf(
        view.ledger.verdicts.get(
          verdictId({ rig: rig.id, gate: gate.name, environment: seen.environment, tree: seen.tipTree }),
        )?.runs ?? [],
      ) === 'pass',
  );
  return {
    what: isTargetGreen
      ? `red alone ${plural(reds, 'time')}, going back`
      : 'red alone, checking whether the target is red too',
  };
};

/** `1st`, `2nd`, `3rd`, `11th`. */
export const ordinal = (place: number): string => {
  const teen = place % 100 >= 11 && place % 100 <= 13;
  const ending = teen ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' } as Record<number, string>)[place % 10];
  return `${place}${ending ?? 'th'}`;
};
