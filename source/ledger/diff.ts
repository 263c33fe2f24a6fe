import { compactJson } from '../common/json.ts';
import type { AnyRecord } from './schema.ts';

/** One field's change between two versions of a record. Absent is absent: 0, empty and false are values. */
export interface FieldChange {
  /** `priority`, or `town.parked` for a part of a bead's town data. */
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Fields that change with everything and say nothing by themselves. */
const BOOKKEEPING: ReadonlySet<string> = new Set(['rev', 'updated_at']);
/** Kept as one object, of which each part is a fact of its own. */
const PARTED = 'town';

/** What differs between two versions, in the order of the fields' names; everything when there was none before. */
export const diffRecords = (before: AnyRecord | undefined, after: AnyRecord): FieldChange[] => {
  const [old, now] = [flat(before ?? {}), flat(after)];
  const fields = [...new Set([...old.keys(), ...now.keys()])].sort();
  return fields
    .filter(field => !isSame(old.get(field), now.get(field)))
    .map(field => ({
      field,
      ...(old.has(field) && { before: old.get(field) }),
      ...(now.has(field) && { after: now.get(field) }),
    }));
};

/** Equal as records are: by content, whatever the order of keys. */
export const isSame = (a: unknown, b: unknown): boolean =>
  a === b || (a !== undefined && b !== undefined && compactJson(a) === compactJson(b));

/** A record's fields by name, with the parts of its town data as fields of their own. */
export const flat = (record: object): Map<string, unknown> => {
  const fields = new Map<string, unknown>();
  for (const [field, value] of Object.entries(record)) {
    if (BOOKKEEPING.has(field) || value === undefined) continue;
    if (field !== PARTED || typeof value !== 'object' || value === null) fields.set(field, value);
    else
      for (const [part, inner] of Object.entries(value))
        if (inner !== undefined) fields.set(`${PARTED}.${part}`, inner);
  }
  return fields;
};
