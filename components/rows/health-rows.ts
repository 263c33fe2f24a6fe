import { duration, plural } from '../../source/common/text.ts';
import type { DogHealth, HealthView, RigRow, RoleHealth } from '../../source/town/view.ts';
import type { Theme } from '../theme.ts';
import type { Piece } from './compose.ts';
import { type Line, listPane } from './list-pane.ts';
import { healthStatus, type Status, statusPiece } from './status.ts';

const STATUS_COLUMNS = 9;
const NAME_COLUMNS = 33;
/** Where the names would leave no room for what happened, they get less. */
const NAME_SHARE = 0.42;

/** Roles with their last action and why, dogs with their last run, rigs, the machine, the agents' host, the ledger. */
export const healthRows = listPane({
  name: 'Health (Deacon, Witness, Dogs)',
  empty: 'Nothing is known yet: the first look comes within seconds.',
  lines: ({ view, theme, width }) => {
    const { health, at } = view;
    const nameColumns = Math.min(NAME_COLUMNS, Math.floor(width * NAME_SHARE));
    const facts: readonly Fact[] = [
      ...health.roles.map(role => roleFact(role, { at, theme })),
      ...health.dogs.map(dog => dogFact(dog, { at, theme })),
      ...view.rigs.map(rig => rigFact(rig, theme)),
      ...(health.machine ? [machineFact(health.machine, theme)] : []),
      ...(health.limits ?? []).map(limit => limitFact(limit, { at, theme })),
      hostFact(health.host, theme),
      ledgerFact(health.ledger, { at, theme }),
    ];
    return facts.map(fact => factLine(fact, { nameColumns, theme }));
  },
});

interface Fact {
  /** Prefixed by kind except for rigs, which commands find by their own id. */
  readonly id: string;
  readonly record: object;
  readonly status: Status;
  readonly name: string;
  readonly text: string;
  readonly age?: string;
}

const factLine = (
  { id, record, status, name, text, age }: Fact,
  { nameColumns, theme }: { nameColumns: number; theme: Theme },
): Line => ({
  id,
  record,
  depends: age ?? '',
  pieces: (): readonly Piece[] => [
    statusPiece(status, STATUS_COLUMNS),
    { text: name, width: nameColumns },
    { text: ' ' },
    { text, flex: 1 },
    ...(age ? [{ text: age, style: theme.dim, width: 12, right: true }] : []),
  ],
});

interface Now {
  readonly at: number;
  readonly theme: Theme;
}

const roleFact = (role: RoleHealth, { at, theme }: Now): Fact => ({
  id: `role:${role.name}`,
  record: role,
  status: healthStatus(role.ok, theme),
  name: `${role.plain} (${role.name})`,
  text: role.lastAction ? `${role.lastAction}${role.because ? `: ${role.because}` : ''}` : 'nothing to do so far',
  // A role ticks every second: an age is news only once it is late.
  ...(!role.ok && role.lastTickAt !== undefined && { age: ago(at, role.lastTickAt) }),
});

const dogFact = (dog: DogHealth, { at, theme }: Now): Fact => ({
  id: `dog:${dog.name}`,
  record: dog,
  status: healthStatus(dog.ok, theme, 'failed'),
  name: `${dog.plain} (${dog.name})`,
  text: dog.intervalMs > 0 ? dog.note : `off: ${dog.note}`,
  age: dog.lastRunAt === undefined ? 'not run yet' : ago(at, dog.lastRunAt),
});

const rigFact = (rig: RigRow, theme: Theme): Fact => ({
  id: rig.id,
  record: rig,
  status: healthStatus(!rig.error && !rig.blocked, theme, rig.error ? 'failed' : 'blocked'),
  name: `repository (${rig.id})`,
  text:
    rig.error ??
    rig.blocked ??
    `${rig.branch}, ${rig.paused ? 'merging is paused' : `policy ${rig.policy}`}, ${rig.gates.length === 0 ? 'no gates' : `gates ${rig.gates.join(', ')}`}`,
});

const machineFact = (machine: NonNullable<HealthView['machine']>, theme: Theme): Fact => ({
  id: 'machine:',
  record: machine,
  status: healthStatus(true, theme),
  name: 'machine',
  text: `disk ${gigabytes(machine.freeDiskBytes)} free, memory ${gigabytes(machine.freeMemoryBytes)} of ${gigabytes(machine.totalMemoryBytes)} free, load ${machine.load1.toFixed(2)} on ${plural(machine.cores, 'core')}, lag ${Math.round(machine.loopLagMs)} ms${handles(machine)}`,
});

const handles = ({ ptys, files, hostFiles }: NonNullable<HealthView['machine']>): string =>
  [
    ptys ? `, terminals ${ptys.used} of ${ptys.max}` : '',
    files ? `, descriptors ${files.used} of ${files.max}` : '',
    hostFiles ? `, terminal host ${hostFiles.used} of ${hostFiles.max}` : '',
  ].join('');

const limitFact = (limit: NonNullable<HealthView['limits']>[number], { at, theme }: Now): Fact => ({
  id: `limit:${limit.agent}`,
  record: limit,
  status: healthStatus(false, theme, 'blocked'),
  name: `rate limit (${limit.agent})`,
  text: `no new session for ${duration(Math.max(0, limit.until - at))}${limit.message ? `: ${limit.message}` : ''}`,
});

const hostFact = (host: HealthView['host'], theme: Theme): Fact => ({
  id: 'host:',
  record: host,
  status: healthStatus(host.reachable, theme, 'away'),
  name: "agents' terminals (host)",
  text: host.reachable ? plural(host.sessions, 'session') : 'cannot be reached: agents may run on unseen',
});

const ledgerFact = (ledger: HealthView['ledger'], { at, theme }: Now): Fact => {
  const pending = ledger.seq - ledger.committedSeq;
  return {
    id: 'ledger:',
    record: ledger,
    status: healthStatus(true, theme),
    name: 'memory (ledger)',
    text: pending > 0 ? `${plural(pending, 'change')} on disk and not yet in Git` : 'everything is in Git',
    ...(ledger.lastCommitAt !== undefined && { age: ago(at, ledger.lastCommitAt) }),
  };
};

const ago = (at: number, then: number): string => `${duration(at - then)} ago`;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
