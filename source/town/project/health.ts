import { DOG_NAMES, type DogName, ROLE_NAMES, type RoleName } from '../../../roles/role.ts';
import { safeLine } from '../../common/text.ts';
import type { HealthView } from '../view.ts';
import type { ProjectionInput } from './input.ts';

/** Gas Town's words in plain ones. */
const ROLE_PLAIN: Record<RoleName, string> = {
  mayor: 'dispatch',
  polecat: 'workers',
  refinery: 'merge queue',
  witness: 'stuck-worker watch',
  deacon: 'town health',
  dogs: 'maintenance',
};
const DOG_PLAIN: Record<DogName, string> = {
  checkpoint: 'save work in progress',
  reaper: 'let go of what ended',
  backup: 'bundle the ledger',
  'main-test': 'test the target itself',
  doctor: 'look the town over',
  compactor: 'fold old texts',
  pruner: 'clear unused checkouts',
};

export const healthView = ({ world, ledger, config, now }: ProjectionInput): HealthView => ({
  roles: ROLE_NAMES.map(name => {
    const lastTickAt = world.heartbeats.get(name);
    const last = world.lastActions.get(name);
    return {
      name,
      plain: ROLE_PLAIN[name],
      ok: now - (lastTickAt ?? world.startedAt) < config.settings.deacon.heartbeatStaleMs,
      ...(lastTickAt !== undefined && { lastTickAt }),
      ...(last && { lastAction: safeLine(last.action), because: safeLine(last.because) }),
    };
  }),
  dogs: DOG_NAMES.map(name => {
    const seen = world.dogs.get(name);
    return {
      name,
      plain: DOG_PLAIN[name],
      ok: seen?.ok ?? true,
      note: safeLine(seen?.note ?? 'not run yet'),
      intervalMs: intervalOf(config.settings.dogs, name),
      ...(seen && { lastRunAt: seen.lastRunAt }),
      ...(seen?.tookMs !== undefined && { tookMs: seen.tookMs }),
    };
  }),
  ...(world.machine && { machine: world.machine }),
  host: {
    reachable: world.hostReachable,
    sessions: [...world.sessions.values()].filter(session => session.alive).length,
  },
  ...limitsOf(world),
  ledger: {
    seq: ledger.seq,
    committedSeq: ledger.committedSeq,
    ...(ledger.lastCommitAt !== undefined && { lastCommitAt: ledger.lastCommitAt }),
  },
});

const limitsOf = ({ money }: ProjectionInput['world']): Pick<HealthView, 'limits'> => {
  if (!money || money.limits.size === 0) return {};
  const limits = [...money.limits].map(([agent, { until, message }]) => ({ agent, until, message: safeLine(message) }));
  return { limits: limits.sort((a, b) => a.agent.localeCompare(b.agent)) };
};

const intervalOf = (dogs: ProjectionInput['config']['settings']['dogs'], name: DogName): number =>
  ({
    checkpoint: dogs.checkpointMs,
    reaper: dogs.reaperMs,
    backup: dogs.backupMs,
    'main-test': dogs.mainTestMs,
    doctor: dogs.doctorMs,
    compactor: dogs.compactorMs,
    pruner: dogs.prunerMs,
  })[name];
