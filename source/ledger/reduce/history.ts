import type { Bead, Kind } from '../schema.ts';
import { assertNoCircle } from './dependencies.ts';
import { dispatchReducers } from './dispatch.ts';
import { conflict, invalid, type Reducers, type Transaction } from './transaction.ts';

export const historyReducers: Reducers<'history.undo'> = {
  'history.undo': (tx, { records, sling }) => {
    for (const { kind, id, rev, set, stamp = [] } of records) {
      const current = tx.get(kind, id);
      if (current.rev !== rev) throw conflict(`${id} has changed in this moment; nothing was undone.`, 'Look again.');
      tx.update(kind, id, patchOf(tx, { kind, current, set: { ...set, ...stamped(tx, stamp) } }) as never);
      if (kind === 'beads' && 'dependencies' in set) assertStillTree(tx, current as unknown as Bead);
    }
    if (sling !== undefined) dispatchReducers['bead.sling'](tx, { id: sling });
  },
};

/** Null takes a field away; `town.x` is a part of the town data. */
const patchOf = (
  tx: Transaction,
  { kind, current, set }: { kind: Kind; current: object; set: Readonly<Record<string, unknown>> },
): Record<string, unknown> => {
  const patch: Record<string, unknown> = {};
  for (const [field, given] of Object.entries(set)) {
    if (field === 'id' || field === 'rev') throw invalid(`${field} is not a field that can be set.`);
    const value = given === null ? undefined : given;
    if (!field.startsWith(TOWN)) patch[field] = value;
    else patch.town = { ...((patch.town ?? (current as Bead).town) as object), [field.slice(TOWN.length)]: value };
  }
  if (patch.town) patch.town = dropUndefined(patch.town as object);
  if (kind === 'beads') patch.updated_at = tx.now;
  return patch;
};

const TOWN = 'town.';

const stamped = (tx: Transaction, fields: readonly string[]): Record<string, string> =>
  Object.fromEntries(fields.map(field => [field, tx.now]));

const dropUndefined = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));

/** An edge that comes back may close a circle with one that was added meanwhile. */
const assertStillTree = (tx: Transaction, before: Bead): void => {
  const had = new Set((before.dependencies ?? []).map(({ depends_on_id }) => depends_on_id));
  for (const edge of tx.get('beads', before.id).dependencies ?? [])
    if (!had.has(edge.depends_on_id)) assertNoCircle(tx, edge);
};
