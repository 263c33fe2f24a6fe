import { runGate } from '../../gates/runner.ts';
import { quarantineOf, shortBelowMs } from '../../ledger/gate-history.ts';
import type { Gate, GateRun, Rig } from '../../ledger/schema.ts';
import { verdictId } from '../../ledger/verdict.ts';
import type { TownContext } from '../context.ts';
import { confineGate, planGateSandbox } from './gate-sandbox.ts';

export interface GateOnTree {
  readonly rig: Rig;
  readonly gate: Gate;
  readonly tree: string;
  readonly environment: string;
  readonly cwd: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onOutput: (text: string) => void;
  readonly onGroup: (pgid: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs a gate on a tree as the rig wants it: in its sandbox, with its reports read and its quarantine kept. Each run goes to
 * `record`; the last is returned. A pass in far less time than usual is no pass: it is recorded as one that could not run, and
 * the gate is run once more, which counts, and stays marked.
 */
export const runGateOnTree = async (
  context: TownContext,
  options: GateOnTree,
  record: (run: GateRun) => Promise<void>,
): Promise<GateRun> => {
  const run = await runOnce(context, options);
  if (options.signal.aborted) return run;
  const { ledger } = context;
  const key = { rig: options.rig.id, gate: options.gate.name, environment: options.environment };
  const belowMs = shortBelowMs(ledger.data, key);
  if (run.outcome !== 'pass' || belowMs === undefined || run.durationMs >= belowMs) {
    await record(run);
    return run;
  }
  const before = ledger.data.verdicts.get(verdictId({ ...key, tree: options.tree }))?.runs.at(-1);
  if (!before?.isShort) {
    const reason = `suspiciously short: it passed in ${run.durationMs} ms, where less than ${Math.round(belowMs)} ms is unusual; run once more`;
    options.onOutput(`── ${options.gate.name}: ${reason}\n`);
    await record({ ...run, outcome: 'could_not_run', reason, isShort: true });
    const again = await runOnce(context, options);
    if (options.signal.aborted) return again;
    const counted = again.outcome === 'pass' && again.durationMs < belowMs ? { ...again, isShort: true } : again;
    await record(counted);
    return counted;
  }
  const counted = { ...run, isShort: true };
  await record(counted);
  return counted;
};

const runOnce = async (context: TownContext, options: GateOnTree): Promise<GateRun> => {
  const { rig: given, gate, cwd, home, env } = options;
  // As it is now: a test may have been put into quarantine while others were tested.
  const rig = context.ledger.data.rigs.get(given.id) ?? given;
  const plan = await planGateSandbox(context, rig);
  if (plan.refusal) {
    const at = new Date(context.now()).toISOString();
    return { outcome: 'could_not_run', at, durationMs: 0, reason: plan.refusal.slice(0, 500), sandbox: 'none' };
  }
  const sandbox = await confineGate(context, { rig, command: gate.command, cwd, home, env, kind: plan.kind });
  const quarantined = quarantineOf(rig, gate.name, context.now()).map(({ test }) => test);
  const run = await runGate({
    gate,
    cwd,
    env,
    onOutput: options.onOutput,
    onGroup: options.onGroup,
    signal: options.signal,
    ...(sandbox && { sandbox }),
    ...(rig.reports && { reports: rig.reports }),
    quarantined: new Set(quarantined),
  });
  return { ...run, sandbox: plan.kind };
};
