import { DOG_NAMES, type DogName, ROLE_NAMES, type RoleName } from '../../../roles/role.ts';
import { safeLine } from '../../common/text.ts';
import type { DogHealth, HealthView, RoleHealth } from '../view.ts';
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

export const healthView = (
  { world, ledger, config, now }: ProjectionInput,
  budgets: HealthView['budgets'],
): HealthView => ({
  roles: ROLE_NAMES.flatMap(name => roleRows({ world, ledger, config, now }, name)),
  dogs: DOG_NAMES.map(name => dogRow({ world, ledger, config, now }, name)),
  ...(world.machine && { machine: world.machine }),
  host: {
    reachable: world.hostReachable,
    sessions: [...world.sessions.values()].filter(session => session.alive).length,
  },
  ...limitsOf(world),
  ...(budgets && { budgets }),
  ledger: {
    seq: ledger.seq,
    committedSeq: ledger.committedSeq,
    ...(ledger.lastCommitAt !== undefined && { lastCommitAt: ledger.lastCommitAt }),
    ...(ledger.commitError !== undefined && { commitError: safeLine(ledger.commitError) }),
  },
});

type Needed = Pick<ProjectionInput, 'world' | 'ledger' | 'config' | 'now'>;

/** One row a role; a Witness has one for each rig that it watches. */
const roleRows = (input: Needed, name: RoleName): RoleHealth[] => {
  const rigs = [...input.ledger.data.rigs.values()].filter(rig => !rig.removedAt).map(({ id }) => id);
  if (name !== 'witness' || rigs.length === 0) return [roleRow(input, name)];
  return rigs.sort().map(rig => ({ ...roleRow(input, name, rig), rig }));
};

const roleRow = ({ world, config, now }: Needed, name: RoleName, rig?: string): RoleHealth => {
  const lastTickAt = world.heartbeats.get(name);
  const last = world.lastActions.get(rig === undefined ? name : `witness ${rig}`);
  return {
    name,
    plain: ROLE_PLAIN[name],
    ok: now - (lastTickAt ?? world.startedAt) < config.settings.deacon.heartbeatStaleMs,
    ...(lastTickAt !== undefined && { lastTickAt }),
    ...(last && { lastAction: safeLine(last.action), because: safeLine(last.because), lastActionAt: last.at }),
  };
};

const dogRow = ({ world, ledger, config, now }: Needed, name: DogName): DogHealth => {
  const seen = world.dogs.get(name);
  const off = ledger.data.town.get('town')?.dogsOff?.[name];
  const intervalMs = intervalOf(config.settings.dogs, name);
  const dueAt = (seen?.lastRunAt ?? world.startedAt) + Math.max(intervalMs, config.settings.dogs.coolDownMs);
  return {
    name,
    plain: DOG_PLAIN[name],
    ok: seen?.ok ?? true,
    note: safeLine(seen?.note ?? 'not run yet'),
    intervalMs,
    ...(seen && { lastRunAt: seen.lastRunAt }),
    ...(seen?.tookMs !== undefined && { tookMs: seen.tookMs }),
    ...(world.dogsRunning.has(name) && { running: true as const }),
    ...(off && { offBy: safeLine(off.by) }),
    // What is long due waits for something to do: its time says nothing then.
    ...(intervalMs > 0 && !off && dueAt > now && { nextRunAt: dueAt }),
  };
};

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
