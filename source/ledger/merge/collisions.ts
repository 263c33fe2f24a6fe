import { hash } from 'node:crypto';
import { compactJson } from '../../common/json.ts';
import { KINDS, type Kind } from '../kinds.ts';
import type { AnyRecord, Bead, LedgerData } from '../schema.ts';
import type { LedgerSides, MergeNote, SomeRecords } from './ledgers.ts';
import { order, type Side } from './values.ts';

/**
 * Two machines may give one id to two different beads: short hashes collide, children are counted. The one that was
 * never worked on, else the younger, gets an id of its own, and with it all that speaks of it on its side.
 */
export const separate = (sides: LedgerSides): { sides: LedgerSides; notes: MergeNote[] } => {
  const twins = [...(sides.theirs.beads ?? [])].flatMap(([id, theirs]) => {
    const ours = sides.ours.beads.get(id);
    if (!ours || sides.base.beads?.has(id) || identity(ours) === identity(theirs)) return [];
    return { id, ours, theirs };
  });
  const renamed: Record<Side, Map<string, string>> = { ours: new Map(), theirs: new Map() };
  const notes: MergeNote[] = [];
  for (const { id, ours, theirs } of twins) {
    const side = order(claim(ours), claim(theirs)) < 0 ? 'theirs' : 'ours';
    const bead = side === 'ours' ? ours : theirs;
    const to = `${id}-${hash('sha256', identity(bead)).slice(0, SUFFIX_DIGITS)}`;
    renamed[side].set(id, to);
    notes.push({
      kind: 'beads',
      id: to,
      text: `Two machines called different beads ${id}; "${bead.title}" is ${to} now.`,
    });
  }
  if (twins.length === 0) return { sides, notes };
  return {
    sides: {
      ...sides,
      ours: rename(sides.ours, renamed.ours) as LedgerData,
      theirs: rename(sides.theirs, renamed.theirs),
    },
    notes,
  };
};

const SUFFIX_DIGITS = 4;

/** What stays the same through a bead's whole life. */
const identity = (bead: Bead): string => compactJson([bead.id, bead.created_at, bead.created_by ?? null]);

/** Sorts the one that keeps the id first: an agent may have been told it. Never changes back, so that a repeated merge decides alike. */
const claim = (bead: Bead): string => compactJson([bead.town.attempts > 0 ? 0 : 1, identity(bead)]);

const rename = (records: SomeRecords, names: ReadonlyMap<string, string>): SomeRecords => {
  if (names.size === 0) return records;
  return Object.fromEntries(
    KINDS.map(kind => [
      kind,
      new Map(
        [...((records[kind] ?? []) as ReadonlyMap<string, AnyRecord>)].map(([, record]) => {
          const other = renameIn(kind, record, names);
          return [other.id, other];
        }),
      ),
    ]),
  ) as unknown as SomeRecords;
};

/** Where a bead's id stands in other records. */
const renameIn = (kind: Kind, record: AnyRecord, names: ReadonlyMap<string, string>): AnyRecord => {
  const to = (id: unknown) => (typeof id === 'string' ? (names.get(id) ?? id) : id);
  const fields = record as unknown as Record<string, unknown>;
  const patch: Record<string, unknown> = {};
  if (kind === 'beads' || kind === 'decisions') patch.id = to(record.id);
  for (const field of ['bead', 'hook', 'subject']) if (field in fields) patch[field] = to(fields[field]);
  if (kind === 'convoys') patch.beads = (fields.beads as string[]).map(to);
  if (kind === 'escalations' && typeof fields.key === 'string')
    patch.key = fields.key.replace(/^(\w+):(.+)$/, (_, word, id) => `${word}:${names.get(id) ?? id}`);
  if (kind === 'beads' && Array.isArray(fields.dependencies))
    patch.dependencies = (record as Bead).dependencies!.map(edge => ({
      ...edge,
      issue_id: to(edge.issue_id),
      depends_on_id: to(edge.depends_on_id),
    }));
  const isSame = Object.entries(patch).every(([field, value]) => compactJson(value) === compactJson(fields[field]));
  return isSame ? record : ({ ...fields, ...patch } as unknown as AnyRecord);
};
