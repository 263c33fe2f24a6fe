import { plural } from '../../source/common/text.ts';
import { type Gate, type GateRun, LIMITS, type Verdict } from '../../source/ledger/schema.ts';
import { couldNotRunStreak, outcomeOf, type TreeVerdict, treeVerdict, verdictId } from '../../source/ledger/verdict.ts';
import { iso, ms, shortSha } from '../facts.ts';
import type { Action, Chain } from '../role.ts';
import { act, escalateOnce, type Round, runGates } from './round.ts';
import { targetRedReason } from './target.ts';

type Candidate = NonNullable<Chain['candidate']>;

/**
 * What follows from what the gates said of a stacked batch. Only `pass` lands (or, where the rig has no gates, what a
 * person approved). A request bounces only after it failed alone, `confirm` times, on a target that passes the same gate.
 */
export const judge = (round: Round, candidate: Candidate): Action[] => {
  const { rig, group, members } = round;
  if (rig.gates.length === 0) return land(round, candidate, 'approved by a person; the rig has no gates');
  const verdict = verdictOn(round, candidate.tree);
  const subject = members[0]!.id;
  switch (verdict.outcome) {
    case 'pass':
      return land(
        round,
        candidate,
        `${plural(rig.gates.length, 'gate')} passed on the merged tree ${shortSha(candidate.tree)}`,
      );
    case 'unknown':
      return [
        runGates(
          rig.id,
          candidate,
          subject,
          `${plural(members.length, 'request')} stacked as ${group}; ${verdict.gate!.name} has not run on the merged tree`,
        ),
      ];
    case 'flaky_pass':
      return [
        runGates(
          rig.id,
          candidate,
          subject,
          `${verdict.gate!.name} was red and green on the same tree: run again until it is settled`,
        ),
      ];
    case 'could_not_run':
      return couldNotRun(round, candidate, verdict);
    case 'fail':
      return members.length > 1 ? bisect(round, verdict) : redAlone(round, candidate, verdict);
  }
};

/** Red runs of one gate on one tree. */
export const redRuns = (verdict: Verdict | undefined): number =>
  (verdict?.runs ?? []).filter(run => run.outcome === 'fail').length;

/** What is known of a tree; runs that could not run count from the members' last change on, so that a person's retry starts them anew. */
export const verdictOn = ({ view, rig, seen, members }: Round, tree: string): TreeVerdict =>
  treeVerdict(view.ledger, {
    rig: rig.id,
    gates: rig.gates,
    environment: seen.environment,
    tree,
    since: sinceOf(members),
  });

const sinceOf = (members: Round['members']): string =>
  members
    .map(member => member.since)
    .sort()
    .at(-1)!;

// ---------------------------------------------------------------------------------------------------------------- green

const land = ({ rig, seen, members }: Round, candidate: Candidate, because: string): Action[] => {
  if (seen.blocked !== undefined) return [];
  return [
    act.command(
      'merge.landing',
      { ids: members.map(member => member.id), old: seen.tip, new: candidate.commit, tree: candidate.tree },
      { key: `landing:${rig.id}`, subject: members[0]!.id, because },
    ),
  ];
};

// ------------------------------------------------------------------------------------------------------------------ red

/** Halves keep the queue's order; the first is tested on the target, the second on what the first became. */
const bisect = ({ group, members }: Round, verdict: TreeVerdict): Action[] => {
  const middle = Math.ceil(members.length / 2);
  return [members.slice(0, middle), members.slice(middle)].map((half, index) =>
    act.command(
      'merge.group',
      { ids: half.map(member => member.id), group: `${group}.${index}` },
      {
        key: `group:${group}.${index}`,
        subject: half[0]!.id,
        because: `${verdict.gate!.name} is red for ${plural(members.length, 'request')} together: halved to find which`,
      },
    ),
  );
};

/**
 * Reds count only with one from this round: what a person sends through once more is run once more, and a target that
 * was red earlier is looked at again before work waits for it.
 */
const isProven = ({ view, members }: Round, verdict: Verdict | undefined): boolean =>
  redRuns(verdict) >= view.settings.refinery.confirm && (verdict?.runs.at(-1)?.at ?? '') >= sinceOf(members);

const redAlone = (round: Round, candidate: Candidate, verdict: TreeVerdict): Action[] => {
  const { view, rig, seen, members } = round;
  const merge = members[0]!;
  const gate = verdict.gate!;
  const run = (on: { commit: string; tree: string }, because: string) => [runGates(rig.id, on, merge.id, because)];
  if (!isProven(round, verdict.verdict))
    return run(candidate, `${gate.name} is red alone: run again before it is blamed`);

  const tip = { commit: seen.tip, tree: seen.tipTree };
  const key = { rig: rig.id, gate: gate.name, environment: seen.environment, tree: seen.tipTree };
  const own = outcomeOf(view.ledger.verdicts.get(verdictId(key))?.runs ?? [], merge.since);
  if (own === 'pass') return [bounceRed(round, candidate, gate, verdict.verdict!)];

  const target = verdictOn(round, seen.tipTree);
  switch (target.outcome) {
    case 'fail':
      if (isProven(round, target.verdict)) return holdForTarget(round, target);
      return run(tip, `${target.gate!.name} is red on the target too: run again to be sure`);
    case 'could_not_run':
      return again(round, tip, target) ?? holdUnrunnable(round, target, 'on the target itself');
    default:
      return run(tip, `${gate.name} is red alone: the same gate on the target shows whether it was red before`);
  }
};

const bounceRed = ({ view, seen, members }: Round, candidate: Candidate, gate: Gate, verdict: Verdict): Action => {
  const merge = members[0]!;
  const reds = redRuns(verdict);
  const summary = `gate ${gate.name} failed ${plural(reds, 'time')} on its work alone on ${shortSha(seen.tip)}, where it passes without it`;
  const output = lastRed(verdict.runs)?.output;
  return act.command(
    'merge.bounce',
    {
      id: merge.id,
      cause: {
        kind: 'red',
        summary,
        gate: gate.name,
        tree: candidate.tree,
        at: iso(view.now),
        ...(output && { output: output.slice(-LIMITS.evidenceChars) }),
      },
    },
    { key: `merge:${merge.id}`, subject: merge.id, because: summary },
  );
};

const lastRed = (runs: readonly GateRun[]): GateRun | undefined => runs.findLast(run => run.outcome === 'fail');

const holdForTarget = ({ view, rig, seen, members }: Round, target: TreeVerdict): Action[] => {
  const reason = targetRedReason(target.gate!.name, seen.tip);
  return [
    ...escalateOnce(view, {
      key: `target-red:${rig.id}:${seen.tip}`,
      severity: 'high',
      subject: rig.id,
      title: `${rig.id}: gate ${target.gate!.name} fails on ${rig.branch} itself`,
      body: `Work that fails the same way waits until ${rig.branch} has moved on from ${shortSha(seen.tip)}.\n\n${lastRed(target.verdict?.runs ?? [])?.output ?? ''}`.trim(),
    }),
    act.command(
      'merge.hold',
      { id: members[0]!.id, reason },
      { key: `merge:${members[0]!.id}`, subject: members[0]!.id, because: reason },
    ),
  ];
};

// -------------------------------------------------------------------------------------------------------- could not run

/** It blames nobody: tried again with growing pauses, then compared with the target, then a person is asked. */
const couldNotRun = (round: Round, candidate: Candidate, verdict: TreeVerdict): Action[] => {
  const retry = again(round, candidate, verdict);
  if (retry) return retry;
  const { rig, seen, members } = round;
  if (members.length === 1) return holdUnrunnable(round, verdict, 'on its work');
  const own = verdictOn(round, seen.tipTree);
  const tip = { commit: seen.tip, tree: seen.tipTree };
  if (own.outcome === 'could_not_run') return holdUnrunnable(round, verdict, 'on the target either');
  if (own.outcome === 'unknown')
    return [
      runGates(
        rig.id,
        tip,
        members[0]!.id,
        `${verdict.gate!.name} could not run: the same gate on the target shows whose fault it is`,
      ),
    ];
  return bisect(round, verdict);
};

/** Another run when the streak is below its cap and the pause is over; nothing during the pause; undefined at the cap. */
const again = (
  { view, rig, members }: Round,
  on: { commit: string; tree: string },
  verdict: TreeVerdict,
): Action[] | undefined => {
  const runs = verdict.verdict!.runs;
  const streak = couldNotRunStreak(runs, sinceOf(members));
  if (streak >= view.settings.refinery.maxCouldNotRun) return undefined;
  if (view.now < ms(runs.at(-1)!.at) + retryPauseMs(streak)) return [];
  return [
    runGates(rig.id, on, members[0]!.id, `${verdict.gate!.name} could not run ${plural(streak, 'time')}: tried again`),
  ];
};

/** 2 s, 4 s, 8 s: what stood in the way may pass (a full disk, a busy port). */
export const retryPauseMs = (streak: number): number => 1_000 * 2 ** streak;

const holdUnrunnable = ({ view, rig, members }: Round, verdict: TreeVerdict, where: string): Action[] => {
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
