import { assertAllowed } from '../../../source/ledger/capabilities.ts';
import type { Actor, CommandInput, CommandType } from '../../../source/ledger/commands.ts';
import { KINDS, type Kind } from '../../../source/ledger/kinds.ts';
import { type LedgerSides, type MergedLedgers, mergeLedgers } from '../../../source/ledger/merge/ledgers.ts';
import { parseCommand } from '../../../source/ledger/parse.ts';
import { reduce } from '../../../source/ledger/reduce.ts';
import { type AnyRecord, emptyData, type LedgerData, SCHEMAS } from '../../../source/ledger/schema.ts';
import { command, OPERATOR } from '../helpers.ts';

type Data = { [K in Kind]: Map<string, AnyRecord> };

export const copy = (data: LedgerData): LedgerData =>
  Object.fromEntries(KINDS.map(kind => [kind, new Map(data[kind] as ReadonlyMap<string, AnyRecord>)])) as never;

/** A ledger as one comparable value. */
export const contentOf = (data: LedgerData): Record<string, AnyRecord> =>
  Object.fromEntries(
    KINDS.flatMap(kind =>
      [...(data[kind] as ReadonlyMap<string, AnyRecord>)].map(([id, one]) => [`${kind} ${id}`, one]),
    ).sort(([a], [b]) => (a! < b! ? -1 : 1)),
  ) as Record<string, AnyRecord>;

export const applied = (data: LedgerData, { writes }: MergedLedgers): LedgerData => {
  const result = copy(data) as unknown as Data;
  for (const { kind, id, record } of writes) result[kind].set(id, SCHEMAS[kind].parse(record) as AnyRecord);
  return result as unknown as LedgerData;
};

/** One machine's ledger, with the real rules, in memory. Ids it mints are its own; the clocks of all machines agree. */
export class Replica {
  readonly name: string;
  data: LedgerData = emptyData() as LedgerData;
  base: LedgerData = emptyData() as LedgerData;
  now = Date.parse('2026-11-23T12:00:00.000Z');
  #minted = 0;

  constructor(name: string) {
    this.name = name;
  }

  do<T extends CommandType>(type: T, payload: CommandInput<T>, actor: Actor = OPERATOR): string {
    this.now += 1_000;
    const parsed = parseCommand(command(type, payload, { actor }));
    assertAllowed(this.data, parsed);
    const writes = reduce(this.data, parsed, {
      now: new Date(this.now).toISOString(),
      mintId: prefix => `${prefix}-${this.name}${++this.#minted}`,
    });
    this.put(...writes.map(({ kind, record }) => [kind, record] as const));
    return writes[0]?.id ?? '';
  }

  put(...records: readonly (readonly [Kind, AnyRecord])[]): void {
    for (const [kind, record] of records) (this.data as unknown as Data)[kind].set(record.id, record);
  }

  /** A change that this version of the program has no command for. */
  touch(kind: Kind, id: string, patch: object): void {
    const record = (this.data as unknown as Data)[kind].get(id);
    if (record) this.put([kind, { ...record, ...patch, rev: record.rev + 1 } as AnyRecord]);
  }
}

/** What all machines sync through. */
export class Hub {
  data: LedgerData = emptyData() as LedgerData;
  /** Looks at each merge before it counts. */
  readonly check: (sides: LedgerSides, merged: MergedLedgers) => void;

  constructor(check: (sides: LedgerSides, merged: MergedLedgers) => void = () => {}) {
    this.check = check;
  }

  /** Fetch, merge, push; answers with how many records our side had to write. */
  sync(replica: Replica): number {
    const sides = { base: replica.base, ours: replica.data, theirs: this.data };
    const merged = mergeLedgers(sides);
    this.check(sides, merged);
    replica.data = applied(replica.data, merged);
    this.data = copy(replica.data);
    replica.base = copy(replica.data);
    return merged.writes.length;
  }
}
