import { plural } from '../../source/common/text.ts';
import type { Gate, Merge, Verdict } from '../../source/ledger/schema.ts';
import { outcomeOf, type TreeVerdict, verdictId } from '../../source/ledger/verdict.ts';
import { iso, shortSha } from '../facts.ts';
import type { Action } from '../role.ts';
import { act, escalateOnce, type Round, runGates, type Stack } from './round.ts';
import { targetRedReason } from './target.ts';
import { lastOutput, redRuns, sinceOf, stateOf, verdictOn } from './verdicts.ts';

/** What is due about one that is accused and red alone. */
export interface Blame {
  /** How often it failed alone by now, and up to when that was counted; absent where nothing was added. */
  readonly counted?: { readonly reds: number; readonly redAt: string };
  /** It has to be run once more before it is blamed. */
  readonly isToRun: boolean;
  readonly actions: readonly Action[];
}

/** One that is red alone: run again until that is sure, and sent back when the same gate passes on the target without it. */
export const redAlone = (round: Round, stack: Stack): Blame => {
  const { view, rig, seen } = round;
  const merge = stack.members[0]!;
  const found = verdictOn(round, stack);
  const gate = found.gate!;
  const { reds: before = 0, redAt = '' } = merge.suspicion ?? {};
  const fresh = (found.verdict?.runs ?? []).filter(
    run => run.outcome === 'fail' && run.at > redAt && run.at >= merge.since,
  );
  const reds = before + fresh.length;
  const counted = fresh.length > 0 ? { counted: { reds, redAt: fresh.at(-1)!.at } } : {};
  if (reds < view.settings.refinery.confirm) return { ...counted, isToRun: true, actions: [] };

  const key = { rig: rig.id, gate: gate.name, environment: seen.environment, tree: seen.tipTree };
  const own = outcomeOf(view.ledger.verdicts.get(verdictId(key))?.runs ?? [], merge.since);
  if (own === 'pass')
    return {
      ...counted,
      isToRun: false,
      actions: [bounceRed(round, { merge, stack, gate, reds, verdict: found.verdict! })],
    };
  return { ...counted, isToRun: false, actions: lookAtTarget(round, stack, gate) };
};

/** A stack whose gates could not run, however often it was tried: blamed on nobody, but not left to stop the others. */
export const stuck = (round: Round, stack: Stack): 'red' | Action[] => {
  const { seen } = round;
  const found = verdictOn(round, stack);
  if (stack.members.length === 1)
    return holdUnrunnable(round, { members: stack.members, verdict: found, where: 'on the merged tree' });
  const target = { commit: seen.tip, tree: seen.tipTree, members: stack.members };
  switch (stateOf(round, target)) {
    case 'resting':
      return [];
    case 'open':
      return [
        runGates(
          round.rig.id,
          target,
          stack.members[0]!.id,
          `${found.gate!.name} could not run on ${plural(stack.members.length, 'request')} together: tried on the target itself`,
        ),
      ];
    case 'stuck':
      return holdUnrunnable(round, {
        members: round.members,
        verdict: verdictOn(round, target),
        where: 'on the target itself',
      });
    default:
      // It runs there: one of the requests is what it cannot run on.
      return 'red';
  }
};

/** Whether the target itself is red: then nobody is to blame, and the request waits for the target to move. */
const lookAtTarget = (round: Round, stack: Stack, gate: Gate): Action[] => {
  const { rig, seen, view } = round;
  const merge = stack.members[0]!;
  const tip: Stack = { commit: seen.tip, tree: seen.tipTree, members: stack.members };
  const run = (because: string) => [runGates(rig.id, tip, merge.id, because)];
  switch (stateOf(round, tip)) {
    case 'fail': {
      const target = verdictOn(round, tip);
      const isProven =
        redRuns(target.verdict) >= view.settings.refinery.confirm &&
        (target.verdict?.runs.at(-1)?.at ?? '') >= sinceOf(stack.members);
      return isProven
        ? holdForTarget(round, merge, target)
        : run(`${target.gate!.name} is red on the target too: run again to be sure`);
    }
    case 'stuck':
      return [
        ...holdUnrunnable(round, { members: [merge], verdict: verdictOn(round, tip), where: 'on the target itself' }),
      ];
    case 'resting':
      return [];
    default:
      return run(`${gate.name} is red alone: the same gate on the target shows whether it was red before`);
  }
};

const bounceRed = (
  { view, seen }: Round,
  red: { merge: Merge; stack: Stack; gate: Gate; reds: number; verdict: Verdict },
): Action => {
  const { merge, stack, gate, reds, verdict } = red;
  const summary = `gate ${gate.name} failed ${plural(reds, 'time')} on its work alone on ${shortSha(seen.tip)}, where it passes without it`;
  const output = lastOutput(verdict);
  const cause = {
    kind: 'red' as const,
    summary,
    gate: gate.name,
    tree: stack.tree,
    at: iso(view.now),
    ...(output && { output }),
  };
  return act.command(
    'merge.bounce',
    { id: merge.id, cause },
    { key: `merge:${merge.id}`, subject: merge.id, because: summary },
  );
};

const holdForTarget = ({ view, rig, seen }: Round, merge: Merge, target: TreeVerdict): Action[] => {
  const reason = targetRedReason(target.gate!.name, seen.tip);
  return [
    ...escalateOnce(view, {
      key: `target-red:${rig.id}:${seen.tip}`,
      severity: 'high',
      subject: rig.id,
      title: `${rig.id}: gate ${target.gate!.name} fails on ${rig.branch} itself`,
      body: `Work that fails the same way waits until ${rig.branch} has moved on from ${shortSha(seen.tip)}.\n\n${lastOutput(target.verdict) ?? ''}`.trim(),
    }),
    act.command(
      'merge.hold',
      { id: merge.id, reason },
      { key: `merge:${merge.id}`, subject: merge.id, because: reason },
    ),
  ];
};

const holdUnrunnable = (
  { view, rig }: Round,
  what: { members: readonly Merge[]; verdict: TreeVerdict; where: string },
): Action[] => {
  const { members, verdict, where } = what;
  const gate = verdict.gate!.name;
  const why = verdict.verdict!.runs.at(-1)!.reason ?? 'no reason given';
  const reason = `gate ${gate} could not run ${where}: ${why}`.slice(0, 500);
  return [
    ...escalateOnce(view, {
      key: `could-not-run:${rig.id}:${gate}:${members[0]!.id}:${sinceOf(members)}`,
      severity: 'high',
      subject: members[0]!.id,
      title: `${rig.id}: gate ${gate} could not run`,
      body: `${reason}\n\nHeld: ${members.map(member => member.id).join(', ')}. Nothing lands on a gate that did not run; release them once it can.`,
    }),
    ...members.map(member =>
      act.command(
        'merge.hold',
        { id: member.id, reason },
        { key: `merge:${member.id}`, subject: member.id, because: reason },
      ),
    ),
  ];
};
