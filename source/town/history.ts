import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import { commandWords, withoutObject } from '../ledger/command-words.ts';
import { actorName } from '../ledger/commands.ts';
import { tellingReason } from '../ledger/default-reason.ts';
import { diffRecords, type FieldChange } from '../ledger/diff.ts';
import { KINDS, type Kind } from '../ledger/kinds.ts';
import { versionsOf } from '../ledger/past.ts';
import type { AnyRecord, LedgerData } from '../ledger/schema.ts';
import type { TownContext } from './context.ts';

/** One change of one record: who, when, what, why. */
export interface HistoryEntry {
  readonly rev: number;
  /** ISO time; absent where Git's own commit does not say. */
  readonly at?: string;
  readonly by?: string;
  readonly command?: string;
  readonly because?: string;
  readonly commit: string;
  readonly changes: readonly FieldChange[];
}

/** Every change of a record, oldest first. Rejects with `not_found`. */
export const historyOf = async (
  context: Pick<TownContext, 'ledger' | 'paths'>,
  subject: string,
): Promise<HistoryEntry[]> => {
  const kind = kindOf(context.ledger.data, subject);
  if (!kind) {
    throw new GastownError('not_found', `There is no record "${safeLine(subject)}".`, {
      hint: 'gastown status, merges, polecats and convoys show ids.',
    });
  }
  await context.ledger.flush();
  const versions = await versionsOf(context.paths.ledger, { kind, id: subject });
  return versions
    .map(({ commit, record, change }, index) => ({
      rev: record.rev,
      commit,
      ...(change && { at: change.at, by: actorName(change.actor), command: change.type }),
      ...(change?.because && { because: change.because }),
      changes: diffRecords(versions[index + 1]?.record, record),
    }))
    .reverse();
};

/** A history for people: a line a change, and under it a line a field. */
export const historyLines = (entries: readonly HistoryEntry[]): string[] =>
  entries.flatMap(({ rev, at, by, command, because, changes }) => [
    safeLine(
      [
        `${at ?? 'unknown time'}  ${by ?? 'unknown'}  ${command === undefined ? 'changed' : withoutObject(commandWords(command))}`,
        tellingReason(because) ?? [],
      ]
        .flat()
        .join(': '),
    ),
    ...changes.map(change => `    ${rev === 1 ? made(change) : changed(change)}`),
  ]);

/** The kind of the record with this id; reasons are kept under the id of what they are about and do not count. */
export const kindOf = (data: LedgerData, id: string): Kind | undefined =>
  KINDS.find(kind => kind !== 'decisions' && (data[kind] as ReadonlyMap<string, AnyRecord>).has(id));

const made = ({ field, after }: FieldChange): string => `${field}: ${shown(after)}`;

const changed = ({ field, before, after }: FieldChange): string => {
  if (!Array.isArray(before) && !Array.isArray(after)) return `${field}: ${shown(before)} → ${shown(after)}`;
  const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(shown) : []);
  const [old, now] = [list(before), list(after)];
  const added = now.filter(item => !old.includes(item)).map(item => `+${item}`);
  const removed = old.filter(item => !now.includes(item)).map(item => `-${item}`);
  return `${field}: ${[...added, ...removed].join(' ') || 'in another order'}`;
};

/** Characters of one value in a line: the whole of it is behind `--json`. */
const SHOWN_CHARS = 120;

const shown = (value: unknown): string => {
  if (value === undefined) return '(nothing)';
  const text = safeLine(typeof value === 'string' ? value : JSON.stringify(value));
  return text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS - 1)}…`;
};
