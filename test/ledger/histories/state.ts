import { createHash } from 'node:crypto';
import { compactJson } from '../../../source/common/json.ts';
import { KINDS } from '../../../source/ledger/kinds.ts';
import type { AnyRecord, LedgerData } from '../../../source/ledger/schema.ts';

export interface State {
  readonly counts: Record<string, number>;
  readonly sha256: string;
}

/** What a ledger holds, in a form that can be compared: how many of each kind, and a hash of every record. */
export const stateOf = (data: LedgerData): State => {
  const hash = createHash('sha256');
  const counts: Record<string, number> = {};
  for (const kind of [...KINDS].sort()) {
    const records = [...(data[kind] as ReadonlyMap<string, AnyRecord>)].sort(([a], [b]) => (a < b ? -1 : 1));
    // A kind that came later and that this town never had does not count.
    if (records.length === 0) continue;
    counts[kind] = records.length;
    for (const [id, record] of records) hash.update(`${kind} ${id} ${compactJson(record)}\n`);
  }
  return { counts, sha256: hash.digest('hex') };
};
