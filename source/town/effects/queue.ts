import fs from 'node:fs/promises';
import path from 'node:path';
import { type Chain, chainKey, type Effect } from '../../../roles/role.ts';
import { agentEnvironment } from '../../agents/environment.ts';
import { withSlot } from '../../gates/slots.ts';
import { buildChain } from '../../git/chain.ts';
import type { Actor } from '../../ledger/commands.ts';
import type { GateRun } from '../../ledger/schema.ts';
import { outcomeOf, verdictId } from '../../ledger/verdict.ts';
import type { TownContext } from '../context.ts';
import { trackGateGroups } from '../gate-groups.ts';
import { createGateLog } from '../gate-log.ts';
import { gatesRunningKey, type RunningGate } from '../world.ts';
import { runGateOnTree } from './gate-run.ts';
import { confineSetup } from './gate-sandbox.ts';
import { refreshRig } from './rigs.ts';
import { polecatAuthor } from './session.ts';

export const REFINERY: Actor = { role: 'refinery', name: 'refinery' };

/** Chains of one rig that are kept: those of the trials under way and of the ones before them. */
const CHAINS_KEPT = 64;

/** Stacks requests on a tip; the chains are an observation, made anew after a crash. */
export const stackChain = async (
  context: TownContext,
  { rig, tip, stacks }: Extract<Effect, { type: 'chain.build' }>,
): Promise<void> => {
  const landing = await context.landing(rig);
  const { chains } = context.world;
  for (const ids of stacks) {
    const { merges, polecats } = context.ledger.data;
    const members = ids.flatMap(id => merges.get(id) ?? []);
    const built = await buildChain(landing, {
      tip,
      merges: members.map(merge => ({
        id: merge.id,
        head: merge.head,
        title: merge.title,
        bead: merge.bead,
        author: polecatAuthor(
          polecats.get(merge.polecat) ?? { name: merge.integrates ? 'refinery' : 'polecat', rig: merge.rig },
        ),
        base: merge.base,
      })),
    });
    const chain: Chain = { tip, key: chainKey(members), links: built.links };
    const others = (chains.get(rig) ?? []).filter(known => known.tip === tip && known.key !== chain.key);
    chains.set(rig, [...others, chain].slice(-CHAINS_KEPT));
  }
};

/** Ends the run of the gates on a tree, if there is one. */
export const stopGates = (context: TownContext, what: Extract<Effect, { type: 'gates.stop' }>): void =>
  context.world.gatesRunning.get(gatesRunningKey(what))?.stop();

/** Runs each gate that is not settled green on this tree, in order, until one is not green. Each run is a record of its own. */
export const runGates = async (context: TownContext, effect: Extract<Effect, { type: 'gates.run' }>): Promise<void> => {
  const rig = context.ledger.data.rigs.get(effect.rig)!;
  const landing = await context.landing(effect.rig);
  const { environment } = context.world.rigs.get(effect.rig) ?? (await refreshRig(context, effect.rig));
  const home = path.join(context.paths.rig(effect.rig), 'gate-home');
  await fs.mkdir(path.join(home, 'tmp'), { recursive: true, mode: 0o700 });
  const env = {
    ...agentEnvironment({
      base: context.env,
      home,
      bin: context.paths.bin,
      tmp: path.join(home, 'tmp'),
      extra: { CI: '1' },
    }),
  };
  const output = await createGateLog(context.paths.gateLog(effect.rig), effect.tree.slice(0, 7));
  const stopping = new AbortController();
  const signal = AbortSignal.any([context.closing, stopping.signal]);
  const running: RunningGate = {
    rig: rig.id,
    tree: effect.tree,
    gate: 'setup',
    startedAt: context.now(),
    stop: () => stopping.abort(),
  };
  const groups = trackGateGroups(context.paths.gateGroups);
  const record = async (gate: string, run: GateRun): Promise<void> => {
    if (signal.aborted) return;
    await context.execute(
      REFINERY,
      { type: 'gate.record', payload: { rig: rig.id, tree: effect.tree, gate, environment, run } },
      `Gate ${gate} on tree ${effect.tree.slice(0, 9)}: ${run.outcome}${run.reason ? ` (${run.reason})` : ''}.`,
    );
  };
  context.world.gatesRunning.set(gatesRunningKey(running), running);
  try {
    await withSlot(
      {
        landing,
        commit: effect.commit,
        root: context.paths.slots(effect.rig),
        environment,
        ...(rig.setup && { setup: rig.setup }),
        env,
        confineSetup: dir => confineSetup(context, { rig, cwd: dir, home, env }),
        onOutput: output.write,
        onGroup: groups.add,
        signal,
        // Nothing could be tested: said once, on the first gate, as a run that blames nobody.
        onSetupFailed: run =>
          record(rig.gates[0]!.name, {
            ...run,
            outcome: 'could_not_run',
            reason: `setup: ${run.reason ?? `exit ${run.exitCode}`}`,
          }),
      },
      async cwd => {
        for (const gate of rig.gates) {
          const known = context.ledger.data.verdicts.get(
            verdictId({ rig: rig.id, gate: gate.name, environment, tree: effect.tree }),
          );
          if (known && outcomeOf(known.runs) === 'pass') continue;
          Object.assign(running, { gate: gate.name, startedAt: context.now() });
          context.changed();
          output.write(`\n── ${gate.name} on ${effect.commit.slice(0, 9)}: ${gate.command}\n`);
          const run = await runGateOnTree(
            context,
            {
              rig,
              gate,
              tree: effect.tree,
              environment,
              cwd,
              home,
              env,
              onOutput: output.write,
              onGroup: groups.add,
              signal,
            },
            one => record(gate.name, one),
          );
          if (signal.aborted) return;
          output.write(
            `── ${gate.name}: ${run.outcome}${run.reason ? ` (${run.reason})` : ''} in ${Math.round(run.durationMs)} ms\n`,
          );
          if (run.outcome !== 'pass') return;
        }
      },
    );
  } finally {
    context.world.gatesRunning.delete(gatesRunningKey(running));
    await groups.clear();
    await output.close();
  }
};
