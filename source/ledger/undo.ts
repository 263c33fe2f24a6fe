import { duration } from '../common/text.ts';
import { commandWords, withoutObject } from './command-words.ts';
import type { CommandInput, CommandType } from './commands.ts';
import { actorName } from './commands.ts';
import { diffRecords, type FieldChange, flat, isSame } from './diff.ts';
import type { Change } from './meta.ts';
import { operatorChanges, recordAround, versionsOf } from './past.ts';
import type { AnyRecord, Kind, LedgerData } from './schema.ts';
import { fieldWords, undoLine } from './undo-words.ts';

/** What taking back (or doing again) one command of the operator's would do, said before it is done. */
export interface UndoPlan {
  readonly way: 'undo' | 'redo';
  /** Sequence of the command it is about. */
  readonly of: number;
  /** `bead.close hb-3`: the command as it was given. */
  readonly what: string;
  /** ISO time at which it was given. */
  readonly at: string;
  /** One line a change, for people. */
  readonly lines: readonly string[];
  /** Why it cannot be done any more, and what can be done instead; `command` is absent then. */
  readonly refusal?: string;
  readonly command?: CommandInput<'history.undo'>;
}

/** The operator's commands that can be taken back or done again, newest first. */
export interface UndoStacks {
  readonly undo: readonly Step[];
  readonly redo: readonly Step[];
}
type Step = Change & { readonly commit: string };

/**
 * Says what would be taken back: the operator's last command that was not taken back yet, the one numbered `of`, or the
 * one `before` that. Undefined when there is none. Everything acknowledged must be in Git (`ledger.flush`).
 */
export const planUndo = async (options: {
  gitDir: string;
  data: LedgerData;
  way: 'undo' | 'redo';
  of?: number | undefined;
  before?: number | undefined;
}): Promise<UndoPlan | undefined> => {
  const { gitDir, data, way } = options;
  const changes = await operatorChanges(gitDir);
  const step = chosen(stacksOf(changes)[way], options);
  if (!step) return undefined;
  const first = originalOf(step, changes);
  const said = { way, of: step.seq, what: stepWords(first), at: way === 'redo' ? first.at : step.at };
  if (STOPS.has(step.type)) return { ...said, ...startAgain(data, step) };
  if (step.wrote.length > RECORDS_MAX) {
    return {
      ...said,
      lines: [],
      refusal: `It changed ${step.wrote.length} records, too many to be taken back at once.`,
    };
  }
  const lines: string[] = [];
  const records: CommandInput<'history.undo'>['records'] = [];
  for (const key of step.wrote) {
    const { kind, id } = recordOf(key);
    const current = data[kind]?.get(id) as AnyRecord | undefined;
    const around = await recordAround(gitDir, { commit: step.commit, kind, id });
    if (!current || !around.after) return { ...said, lines: [], refusal: `${id} cannot be read any more.` };
    const inverse = invert(data, { kind, current, before: around.before, after: around.after });
    if ('refusal' in inverse)
      return { ...said, lines, refusal: `${inverse.refusal}${await sinceBy(gitDir, { kind, id, current, step })}` };
    const { set, stamp } = inverse;
    if (Object.keys(set).length === 0 && !stamp) continue;
    lines.push(...inverse.lines.map(line => `${id}: ${line}`));
    records.push({ kind, id, rev: current.rev, set, ...(stamp && { stamp }) });
  }
  if (records.length === 0) {
    const { kind, id } = recordOf(step.wrote[0]!);
    const since = await sinceBy(gitDir, { kind, id, current: data[kind].get(id) as AnyRecord, step });
    return { ...said, lines, refusal: `Nothing of it is left to take back.${since}` };
  }
  return { ...said, lines, command: { of: step.seq, records } };
};

/** Records of one step: past this (a large import) reading each from Git would keep a person waiting for minutes. */
const RECORDS_MAX = 1_000;

const chosen = (
  steps: readonly Step[],
  { of, before }: { of?: number | undefined; before?: number | undefined },
): Step | undefined => {
  if (before !== undefined) return steps[steps.findIndex(({ seq }) => seq === before) + 1];
  return of === undefined ? steps[0] : steps.find(({ seq }) => seq === of);
};

/** The command that people gave: what was taken back, or done again, however often. */
const originalOf = (step: Step, changes: readonly Step[]): Step => {
  let first = step;
  while (first.type === 'history.undo') {
    const { of } = first;
    const target = changes.find(({ seq }) => seq === of);
    if (!target) break;
    first = target;
  }
  return first;
};

/** Sorts the operator's commands, given newest first, into what can be taken back and what can be done again. */
export const stacksOf = (changes: readonly Step[]): UndoStacks => {
  const bySeq = new Map(changes.map(change => [change.seq, change]));
  const undo: Step[] = [];
  let redo: Step[] = [];
  for (const change of [...changes].reverse()) {
    if (PASSED_OVER.has(change.type)) continue;
    const target = change.of === undefined ? undefined : bySeq.get(change.of);
    if (change.type !== 'history.undo' || !target) {
      undo.push(change);
      redo = [];
    } else if (isUndo(change, bySeq)) {
      undo.splice(undo.indexOf(target), 1);
      redo.push(change);
    } else {
      redo.splice(redo.indexOf(target), 1);
      undo.push(change);
    }
  }
  return { undo: undo.reverse(), redo: redo.reverse() };
};

/** Taking back a taking back is doing again, and so on. */
const isUndo = (change: Change, bySeq: ReadonlyMap<number, Change>): boolean => {
  const target = change.of === undefined ? undefined : bySeq.get(change.of);
  return target?.type !== 'history.undo' || !isUndo(target, bySeq);
};

/** What changed nothing that one could want back, or what can only be answered by another act: there is none before it. */
const PASSED_OVER: ReadonlySet<string> = new Set<CommandType | 'sync.apply'>([
  'town.create',
  'town.home',
  'town.takeOver',
  'rig.add',
  'integration.start',
  'integration.stop',
  'mail.send',
  'mail.read',
  'mail.deliver',
  'escalation.open',
  'sync.apply',
]);

/** These end a session; a process cannot be brought back. */
const STOPS: ReadonlySet<string> = new Set<CommandType>(['bead.park', 'hook.release']);

const startAgain = (data: LedgerData, step: Step): Pick<UndoPlan, 'lines' | 'refusal' | 'command'> => {
  const id = step.wrote.map(recordOf).find(({ kind }) => kind === 'beads')?.id;
  const bead = id === undefined ? undefined : data.beads.get(id);
  if (!bead) return { lines: [], refusal: 'Its bead cannot be read any more.' };
  if (bead.town.dispatch || (bead.status !== 'open' && bead.status !== 'blocked'))
    return {
      lines: [],
      refusal: `The session has ended, and ${bead.id} is ${bead.town.dispatch ? 'wanted on a hook again' : bead.status} already.`,
    };
  return {
    lines: [`The session has ended and its work in progress is kept; ${bead.id} is slung again.`],
    command: { of: step.seq, records: [], sling: bead.id },
  };
};

type Inverse =
  | { readonly set: Record<string, unknown>; readonly lines: readonly string[]; readonly stamp?: string[] }
  | { readonly refusal: string };

interface Versions {
  readonly kind: Kind;
  readonly current: AnyRecord;
  readonly before: AnyRecord | undefined;
  readonly after: AnyRecord;
}

/** The fields that bring back what was before, where nothing else has touched them since. */
const invert = (data: LedgerData, versions: Versions): Inverse => {
  const { kind, current: record, before, after } = versions;
  const landed = landedReason(data, versions);
  if (landed) return { refusal: landed };
  if (!before) return uncreate(kind, record, after);
  const set: Record<string, unknown> = {};
  const lines: string[] = [];
  const now = flat(record);
  for (const change of diffRecords(before, after)) {
    const { field } = change;
    const current = now.get(field);
    const isUntouched = !SETS.has(field) || isSame(current, change.after);
    const target = isUntouched ? change.before : withoutChange(current, change);
    if (isSame(current, target)) continue;
    if (!SETS.has(field) && !isSame(current, change.after))
      return { refusal: `${record.id} has another ${fieldWords(field)} by now.` };
    set[field] = target ?? null;
    const line = undoLine(change);
    if (line) lines.push(line);
  }
  return { set, lines };
};

/** Lists whose elements stand by themselves: the others' changes stay. */
const SETS: ReadonlySet<string> = new Set(['labels', 'dependencies', 'comments', 'beads']);

const withoutChange = (current: unknown, { before, after }: FieldChange): unknown => {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  const lacks = (inside: unknown[]) => (element: unknown) => !inside.some(other => isSame(other, element));
  const added = list(after).filter(lacks(list(before)));
  const removed = list(before).filter(lacks(list(after)));
  const kept = list(current).filter(lacks(added));
  const result = [...kept, ...removed.filter(lacks(kept))];
  if (added.length === 0 && removed.length === 0) return inOrderOf(result, list(before));
  return result.length > 0 || Array.isArray(before) ? result : undefined;
};

/** What was only moved goes back into the places that it holds among what came since. */
const inOrderOf = (current: unknown[], before: unknown[]): unknown[] => {
  const holds = (inside: unknown[], element: unknown) => inside.some(other => isSame(other, element));
  const moved = before.filter(element => holds(current, element));
  return current.map(element => (holds(before, element) ? moved.shift() : element));
};

/** What was made is not unmade, for others may know it: it ends, and says so. */
const uncreate = (kind: Kind, current: AnyRecord, after: AnyRecord): Inverse => {
  const ending = ENDINGS[kind];
  if (!ending) return { refusal: `What was made (${current.id}) stays.` };
  if (diffRecords(after, current).length > 0)
    return { refusal: `${current.id} has been worked with since it was made.` };
  return { set: ending.set ?? {}, stamp: ending.stamp, lines: [ending.line] };
};

const ENDINGS: Partial<Record<Kind, { set?: Record<string, unknown>; stamp: string[]; line: string }>> = {
  beads: {
    set: { status: 'tombstone', deleted_by: 'operator', delete_reason: 'Its making was undone.' },
    stamp: ['deleted_at'],
    line: 'is deleted (its text stays in the history)',
  },
  convoys: { set: { status: 'cancelled' }, stamp: ['endedAt'], line: 'is cancelled' },
  approvals: { set: { voidReason: 'The operator took it back.' }, stamp: ['voidedAt'], line: 'no longer counts' },
  memories: { set: { text: '' }, stamp: ['forgottenAt'], line: 'is forgotten' },
};

/** An approval, a rejection or a retry after which the work has landed: the target moved, and only another landing moves it back. */
const landedReason = (data: LedgerData, { kind, current }: Versions): string | undefined => {
  const merge = kind === 'approvals' ? data.merges.get((current as { merge?: string }).merge ?? '') : undefined;
  const one = kind === 'merges' ? data.merges.get(current.id) : merge;
  if (one?.state === 'landing') return `${one.id} is landing at this moment.`;
  if (one?.state !== 'landed') return undefined;
  return `${one.id} has landed${one.landedSha ? ` as ${one.landedSha.slice(0, 12)}` : ''}: only a commit that reverts it can take it back.`;
};

/** Who changed it since, so that a person knows whom to ask. */
const sinceBy = async (
  gitDir: string,
  { kind, id, current, step }: { kind: Kind; id: string; current: AnyRecord; step: Step },
): Promise<string> => {
  const [newest] = await versionsOf(gitDir, { kind, id, limit: 1 });
  const { change } = newest ?? {};
  if (!change || change.seq === step.seq || newest!.record.rev !== current.rev) return '';
  const agoMs = Date.parse(change.at) - Date.parse(step.at);
  return ` Since then: ${withoutObject(commandWords(change.type))} by ${actorName(change.actor)}${agoMs > 0 ? `, ${duration(agoMs)} later` : ''}.`;
};

const recordOf = (key: string): { kind: Kind; id: string } => {
  const [kind, ...rest] = key.split(' ');
  return { kind: kind as Kind, id: rest.slice(0, -1).join(' ') };
};

/** What a step did, and to what, in words. */
export const stepWords = ({ type, wrote }: Pick<Step, 'type' | 'wrote'>): string => {
  const subject = wrote[0] ? recordOf(wrote[0]).id : '';
  return `${commandWords(type)} ${subject}`.trim();
};
