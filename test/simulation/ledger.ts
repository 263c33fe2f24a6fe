import { isGastownError } from '../../source/common/errors.ts';
import { assertAllowed } from '../../source/ledger/capabilities.ts';
import { type Actor, type CommandInput, type CommandType, commandSchema } from '../../source/ledger/commands.ts';
import { type ParsedCommand, reduce } from '../../source/ledger/reduce.ts';
import { type AnyRecord, type Decision, emptyData, type Merge } from '../../source/ledger/schema.ts';
import { couldNotRunStreak, outcomeOf, verdictId } from '../../source/ledger/verdict.ts';
import { ENVIRONMENT, isoNow, note, RIG, SETTINGS, type State } from './state.ts';

export interface SimulatedLedger {
  readonly data: ReturnType<typeof emptyData>;
  /** Goes up with each change. */
  readonly seq: number;
  /** The real schemas, capabilities and reducers. False when the state is not what the command takes for granted. */
  execute<T extends CommandType>(actor: Actor, type: T, payload: CommandInput<T>, because?: string): boolean;
}

export const createLedger = (state: State): SimulatedLedger => {
  const data = emptyData();
  const landed = new Set<string>();
  let seq = 0;
  return {
    data,
    get seq() {
      return seq;
    },
    execute(actor, type, payload, because) {
      const parsed = commandSchema(type)!.parse(payload);
      const command = {
        type,
        payload: parsed,
        actor,
        ...(because !== undefined && { because }),
      } as unknown as ParsedCommand;
      assertAllowed(data, command);
      if (state.isFull) {
        note(state, () => `disk refused ${type}`);
        return false;
      }
      let writes: ReturnType<typeof reduce>;
      try {
        writes = reduce(data, command, { now: isoNow(state), mintId: state.mintId });
      } catch (error) {
        if (!isGastownError(error, 'conflict') && !isGastownError(error, 'not_found')) throw error;
        const { message } = error;
        note(state, () => `${actor.role} refused ${type} ${JSON.stringify(payload).slice(0, 120)}: ${message}`);
        return false;
      }
      note(
        state,
        () => `${actor.role} ${type} ${JSON.stringify(payload).slice(0, 160)}${because ? `: ${because}` : ''}`,
      );
      if (because !== undefined && writes.length > 0) expectExplained(type, { because, writes });
      for (const { kind, id, record } of writes) {
        if (kind === 'merges') watchMerge(state, { before: data.merges.get(id), after: record as Merge, landed });
        const before = (data[kind] as Map<string, AnyRecord>).get(id);
        if (before && record.rev <= before.rev) throw new Error(`${kind} ${id} loses a write: rev ${record.rev}`);
        (data[kind] as Map<string, AnyRecord>).set(id, record);
      }
      seq++;
      return true;
    },
  };
};

/** A role's reason stands in the ledger with what it changed. */
const expectExplained = (
  type: CommandType,
  { because, writes }: { because: string; writes: ReturnType<typeof reduce> },
): void => {
  const isKept = writes.some(
    ({ kind, record }) => kind === 'decisions' && (record as Decision).entries.at(-1)!.because === because,
  );
  if (!isKept) throw new Error(`${type} is not explained by "${because}"`);
};

/** What must hold at the moment a request begins to land and when it has landed. */
const watchMerge = (state: State, change: { before: Merge | undefined; after: Merge; landed: Set<string> }): void => {
  const { before, after, landed } = change;
  const begins = after.state === 'landing' && before?.state !== 'landing';
  if (begins && after.landing!.old !== after.landing!.new) {
    const { tree } = after.landing!;
    if (!after.guards || after.guards.head !== after.head) throw new Error(`${after.id} lands without a guard's look`);
    if (after.guards.findings.some(finding => finding.kind === 'block')) throw new Error(`${after.id} lands a secret`);
    const isApproved = state.ledger.data.approvals.get(`${after.id}.1`) !== undefined;
    if (after.guards.findings.length > 0 && !isApproved) throw new Error(`${after.id} lands without a person`);
    for (const gate of state.options.gates) {
      const id = verdictId({ rig: RIG, gate: gate.name, environment: ENVIRONMENT, tree });
      const outcome = outcomeOf(state.ledger.data.verdicts.get(id)?.runs ?? []);
      if (outcome !== 'pass') throw new Error(`${after.id} lands on a tree whose gate is ${outcome}`);
    }
    if (state.options.gates.length > 0 && state.repository.isRed(tree)) throw new Error(`${after.id} lands a red tree`);
  }
  if (after.state === 'landed' && before?.state !== 'landed') {
    if (landed.has(after.bead)) throw new Error(`${after.bead} landed twice`);
    landed.add(after.bead);
  }
};

/** What must hold after every step. */
export const checkInvariants = ({ options, ledger: { data }, repository }: State): void => {
  const hooks = new Map<string, string>();
  for (const { id, hook } of data.polecats.values()) {
    if (!hook) continue;
    if (hooks.has(hook)) throw new Error(`${hook} is on the hooks of ${hooks.get(hook)} and ${id}`);
    hooks.set(hook, id);
    if (data.beads.get(hook)!.assignee !== id) throw new Error(`${hook} does not know its polecat`);
  }
  if (hooks.size > SETTINGS.mayor.maxPolecats) throw new Error(`${hooks.size} polecats are busy`);
  for (const { id, town } of data.beads.values()) {
    if (town.respawns > SETTINGS.witness.maxRespawns) throw new Error(`${id} cost ${town.respawns} sessions`);
    if (town.reworks > SETTINGS.refinery.maxReworks) throw new Error(`${id} came back ${town.reworks} times`);
  }
  for (const verdict of data.verdicts.values()) {
    const streak = couldNotRunStreak(verdict.runs);
    if (streak > 3 * SETTINGS.refinery.maxCouldNotRun) throw new Error(`${verdict.id} is tried without end`);
  }
  const isRed = repository.isRed(repository.treeOf(repository.tip));
  if (options.gates.length > 0 && !options.brokenTarget && isRed) throw new Error('the target is red');
};
