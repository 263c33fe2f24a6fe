import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { GastownError } from '../common/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';
import type { CommandPayload, CommandType } from './commands.ts';
import type { Kind, LedgerData } from './schema.ts';

/** The id that this copy of a town keeps for itself, outside of the ledger; undefined in a town that was never synced. */
export const readReplica = async (dir: string): Promise<string | undefined> =>
  (await readFileIfPresent(replicaFile(dir)))?.trim() || undefined;

/** As `readReplica`, with a new random one where there is none. */
export const ensureReplica = async (dir: string): Promise<string> => {
  const known = await readReplica(dir);
  if (known !== undefined) return known;
  const replica = randomBytes(REPLICA_BYTES).toString('hex');
  await writeFileAtomic(replicaFile(dir), `${replica}\n`);
  return replica;
};

/** The host that the town works on, where that is another one than this replica; undefined at home. */
export const awayHost = (data: LedgerData, replica: string | undefined): string | undefined => {
  const home = data.town.get('town')?.home;
  return home === undefined || home.replica === replica ? undefined : home.host;
};

/** What keeps a person waiting here, and what to do about it. */
export const awayReason = (host: string): string =>
  `This town works on ${host}; \`gastown sync --take-over\` moves it here.`;

/** Refuses with `conflict` what only the machine may do that the town works on: two of them would do everything twice. */
export const assertHome = (
  data: LedgerData,
  command: { type: CommandType; payload: unknown },
  replica: string | undefined,
): void => {
  const host = awayHost(data, replica);
  if (host === undefined || !isOfHome(command)) return;
  throw new GastownError('conflict', `This town works on ${host}: ${command.type} is done there.`, {
    hint: 'Do it on that machine, or move the town here first: gastown sync --take-over.',
  });
};

const REPLICA_BYTES = 8;

const replicaFile = (dir: string): string => path.join(dir, 'replica');

const isOfHome = ({ type, payload }: { type: CommandType; payload: unknown }): boolean =>
  type === 'history.undo'
    ? (payload as CommandPayload<'history.undo'>).records.some(({ kind }) => KINDS_OF_HOME.has(kind))
    : OF_HOME.has(type);

/** Dispatch, sessions, gates and landings. Plans, beads, pauses and stops may be changed anywhere. */
const OF_HOME: ReadonlySet<CommandType> = new Set([
  'town.dispatch',
  'hook.set',
  'hook.release',
  'polecat.state',
  'bead.park',
  'session.start',
  'session.running',
  'session.report',
  'session.ladder',
  'session.conversation',
  'session.reminded',
  'question.told',
  'polecat.next',
  'session.end',
  'work.done',
  'work.nothing',
  'gate.record',
  'rig.owners',
  'merge.group',
  'merge.sift',
  'merge.guard',
  'merge.landing',
  'merge.unland',
  'merge.landed',
  'merge.duplicate',
  'merge.bounce',
  'merge.reject',
  'merge.retry',
  'merge.hold',
  'merge.release',
  'merge.order',
  'merge.approve',
  'merge.comment',
  'merge.revert',
  'integration.start',
  'integration.land',
  'integration.stop',
]);
const KINDS_OF_HOME: ReadonlySet<Kind> = new Set(['polecats', 'sessions', 'merges', 'approvals', 'verdicts']);
