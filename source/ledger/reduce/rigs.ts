import { isDeepStrictEqual } from 'node:util';
import type { CommandPayload } from '../commands.ts';
import type { Gate, GateNetwork, Merge } from '../schema.ts';
import { conflict, invalid, type Reducers, type Transaction } from './transaction.ts';
import { voidApprovals } from './void-approvals.ts';

/** A rig's name is a folder of the town and a part of its polecats' ids. */
const RIG_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
/** Ids of the town's own records: a rig of this name would share their `why`. */
const RESERVED_IDS = new Set(['town', 'operator', 'mayor']);
/** Prefixes of ids that are not beads'. */
const RESERVED_PREFIXES = new Set(['mr', 'cv', 's', 'm', 'e', 'c', 'mem']);

export const rigReducers: Reducers<'rig.add' | 'rig.update' | 'rig.owners' | 'rig.remove'> = {
  'rig.add': (tx, rig) => addRig(tx, rig),

  'rig.update': (
    tx,
    { id, gates, setup, policy, agent, sandbox, network, land, guards, branch, origin, ...gateWalls },
  ) => {
    const rig = activeRig(tx, id);
    if (gates) assertDistinct(gates);
    const open = openMergesOf(tx, id);
    if (branch !== undefined && branch !== rig.branch && open.length > 0) {
      throw conflict(
        `${open[0]!.id} of ${id} still asks to land on ${rig.branch}.`,
        'Land or reject what is in the queue first.',
      );
    }
    tx.update('rigs', id, {
      ...(gates && { gates }),
      ...(setup !== undefined && { setup: setup || undefined }),
      ...(policy && { policy }),
      ...(agent && { agent }),
      ...(sandbox && { sandbox }),
      ...(network && { network }),
      ...(land && { land }),
      ...(guards && { guards }),
      ...gateOptions(gateWalls),
      ...(branch && { branch }),
      ...(origin && { origin }),
    });
    if (policy && policy !== rig.policy) {
      for (const merge of open)
        voidApprovals(tx, merge.id, `The policy of ${id} changed from ${rig.policy} to ${policy}.`);
    }
    if (gates && !isDeepStrictEqual(gates, rig.gates)) {
      for (const merge of open) voidApprovals(tx, merge.id, `The gates of ${id} changed.`);
    }
  },

  'rig.owners': (tx, { id, owners }) => {
    const rig = activeRig(tx, id);
    if (rig.owners !== (owners ?? undefined)) tx.update('rigs', id, { owners: owners ?? undefined });
  },

  'rig.remove': (tx, { id }) => {
    const rig = tx.get('rigs', id);
    if (rig.removedAt) return;
    if (rig.of)
      throw conflict(`${id} is an integration branch of ${rig.of}.`, `End it with: gastown integrate stop ${id}`);
    for (const polecat of tx.data.polecats.values()) {
      if (polecat.rig === id && polecat.hook) {
        throw conflict(`${polecat.hook} of ${id} is on the hook of ${polecat.id}.`, 'Stop it first.');
      }
    }
    const [open] = openMergesOf(tx, id);
    if (open) throw conflict(`${open.id} of ${id} is still in the merge queue.`, 'Land or reject it first.');
    const [branch] = [...tx.data.rigs.values()].filter(other => other.of === id && !other.removedAt);
    if (branch) {
      throw conflict(
        `${branch.branch} was made from ${id} and has not landed.`,
        `First: gastown integrate stop ${branch.id}`,
      );
    }
    tx.update('rigs', id, { removedAt: tx.now });
  },
};

/** A new rig, or a removed one of that name anew. */
export const addRig = (
  tx: Transaction,
  {
    id,
    origin,
    branch,
    prefix,
    gates,
    setup,
    policy,
    agent,
    sandbox,
    network,
    land,
    guards,
    ...gateWalls
  }: CommandPayload<'rig.add'>,
): void => {
  if (!RIG_ID.test(id) || RESERVED_IDS.has(id)) {
    throw invalid(
      `"${id}" cannot be the name of a rig.`,
      'Use up to 40 letters, digits, dots, dashes and underscores.',
    );
  }
  if (RESERVED_PREFIXES.has(prefix)) throw invalid(`The prefix ${prefix} is the town's own.`, 'Choose another one.');
  for (const rig of tx.data.rigs.values()) {
    if (rig.prefix === prefix && rig.id !== id && !rig.removedAt) {
      throw conflict(`The rig ${rig.id} already uses the prefix ${prefix}.`, 'Choose another one with --prefix.');
    }
  }
  assertDistinct(gates);
  const record = {
    id,
    origin,
    branch,
    prefix,
    gates,
    policy: policy ?? 'guarded',
    agent: agent ?? 'shell',
    createdAt: tx.now,
    ...(setup ? { setup } : {}),
    ...(sandbox && { sandbox }),
    ...(network && { network }),
    ...(land && { land }),
    ...(guards && { guards }),
    ...gateOptions(gateWalls),
  } as const;
  const known = tx.find('rigs', id);
  if (known?.removedAt)
    tx.update('rigs', id, {
      ...ANEW,
      ...record,
      setup: setup || undefined,
      sandbox,
      network,
      land,
      guards,
      owners: undefined,
      removedAt: undefined,
    });
  else tx.create('rigs', record);
};

/** The rig, unless it is unknown or removed. */
export const activeRig = (tx: Transaction, id: string) => {
  const rig = tx.get('rigs', id);
  if (rig.removedAt) throw conflict(`The rig ${id} was removed.`, 'Add it again first: gastown rig add.');
  return rig;
};

export const isOpenMerge = (merge: Merge): boolean =>
  merge.state === 'queued' || merge.state === 'testing' || merge.state === 'landing';

const openMergesOf = (tx: Transaction, rig: string): Merge[] =>
  [...tx.data.merges.values()].filter(merge => merge.rig === rig && isOpenMerge(merge));

/** What a removed rig had and a new one of its name has not, unless asked for. */
const ANEW = { of: undefined, epic: undefined, gateNetwork: undefined, reports: undefined, quarantine: undefined };

const gateOptions = ({ gateNetwork, reports }: { gateNetwork?: GateNetwork; reports?: string[] }) => ({
  ...(gateNetwork && { gateNetwork }),
  ...(reports && { reports: reports.length > 0 ? reports : undefined }),
});

const assertDistinct = (gates: readonly Gate[]): void => {
  const names = gates.map(gate => gate.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`Two gates are called ${twice}.`, 'Give each gate a name of its own.');
};
