import { type StandingTrial, standingsOf } from '../../../roles/refinery/trials.ts';
import type { WorldView } from '../../../roles/role.ts';
import { safeLine } from '../../common/text.ts';
import { recentRunsOf } from '../../ledger/recent-runs.ts';
import type { Rig } from '../../ledger/schema.ts';
import { treeVerdict, verdictId } from '../../ledger/verdict.ts';
import type { RoundRow, TrialRow } from '../view.ts';
import { gatesRunningKey } from '../world.ts';
import type { ProjectionInput } from './input.ts';

/** What each rig tests at present. */
export const roundRows = (input: ProjectionInput, view: WorldView): RoundRow[] =>
  [...input.ledger.data.rigs.values()]
    .filter(rig => !rig.removedAt)
    .sort((a, b) => a.id.localeCompare(b.id))
    .flatMap(rig => {
      const standings = standingsOf(view, rig);
      const seen = input.world.rigs.get(rig.id);
      if (!standings || !seen) return [];
      return {
        rig: rig.id,
        target: safeLine(rig.branch),
        tip: seen.tip,
        trials: standings.trials.map(trial => trialRow(input, rig, trial)),
        suspects: standings.suspects,
        accused: standings.accused,
      };
    });

const trialRow = ({ ledger, world }: ProjectionInput, rig: Rig, trial: StandingTrial): TrialRow => {
  const { kind, ids, state, tree } = trial;
  const environment = world.rigs.get(rig.id)!.environment;
  const running = world.gatesRunning.get(gatesRunningKey({ rig: rig.id, tree }));
  const known = treeVerdict(ledger.data, { rig: rig.id, gates: rig.gates, environment, tree });
  const gate = state === 'running' ? running?.gate : known.gate?.name;
  const usualMs = gate === undefined ? undefined : recentRunsOf(ledger.data).usualMs(rig.id, gate);
  const passed = rig.gates.filter(({ name }) =>
    ledger.data.verdicts
      .get(verdictId({ rig: rig.id, gate: name, environment, tree }))
      ?.runs.some(run => run.outcome === 'pass'),
  );
  return {
    kind,
    ids,
    state,
    passedGates: passed.length,
    ...(gate !== undefined && { gate }),
    ...(state === 'running' && running && { startedAt: running.startedAt }),
    ...(usualMs !== undefined && { usualMs }),
  };
};
