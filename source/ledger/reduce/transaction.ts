import { GastownError } from '../../common/errors.ts';
import { type Actor, actorName, type CommandPayload, type CommandType } from '../commands.ts';
import type { Write } from '../frames.ts';
import { type AnyRecord, type Kind, type LedgerData, LIMITS, type RecordOf, SCHEMAS } from '../schema.ts';

/** What a reducer may use of the world, passed in. */
export interface ReduceContext {
  /** ISO time of the command. */
  readonly now: string;
  /** A random id with this prefix: `mr`, `cv`, `m`, `e`, `mem`, `c`. */
  readonly mintId: (prefix: string) => string;
}

type Fields<K extends Kind> = Omit<RecordOf<K>, 'rev'>;
/** New values by field; `undefined` removes a field. */
export type Patch<T> = { [P in keyof T]?: T[P] | undefined };

/**
 * One command's changes, as they build up: reads see what was already put, every record written gets the next `rev` of
 * its stored version, once. Nothing outside is changed; `writes` is the result.
 */
export interface Transaction {
  readonly now: string;
  readonly actor: Actor;
  /** The actor in words, for fields that say who. */
  readonly by: string;
  /** The ledger with this transaction's changes. */
  readonly data: LedgerData;
  find<K extends Kind>(kind: K, id: string): RecordOf<K> | undefined;
  /** Throws `not_found`. */
  get<K extends Kind>(kind: K, id: string): RecordOf<K>;
  /** Throws `already_exists`. */
  create<K extends Kind>(kind: K, record: Fields<K>): RecordOf<K>;
  update<K extends Kind>(kind: K, id: string, patch: Patch<Fields<K>>): RecordOf<K>;
  /** Puts a whole record as it is, with the revision it has. Throws `invalid`. */
  replace(kind: Kind, record: AnyRecord): void;
  /** A free id of this kind. */
  mintId(kind: Kind, prefix: string): string;
  /** This record's `why` gets the command's reason too. The first record written always does. */
  explain(...ids: readonly (string | undefined)[]): void;
  readonly explained: ReadonlySet<string>;
  readonly writes: readonly Write[];
  /** How many records were written so far. */
  readonly size: number;
}

/** Turns one command into changes of a transaction, or throws: `conflict`, `not_found`, `already_exists`, `invalid`. Nothing put is nothing to do. */
export type Reducer<T extends CommandType> = (tx: Transaction, payload: CommandPayload<T>) => void;
export type Reducers<T extends CommandType> = { readonly [K in T]: Reducer<K> };

export const beginTransaction = (data: LedgerData, actor: Actor, context: ReduceContext): Transaction => {
  const written = new Map<string, Write>();
  const explained = new Set<string>();
  const find = <K extends Kind>(kind: K, id: string): RecordOf<K> | undefined =>
    (written.get(`${kind} ${id}`)?.record ?? data[kind].get(id)) as RecordOf<K> | undefined;
  const put = <K extends Kind>(kind: K, record: Fields<K>): RecordOf<K> => {
    const id = record.id as string;
    const rev = (data[kind].get(id)?.rev ?? 0) + 1;
    const whole = checked(kind, { ...record, rev });
    written.set(`${kind} ${id}`, { kind, id, record: whole });
    return whole as RecordOf<K>;
  };
  const get = <K extends Kind>(kind: K, id: string): RecordOf<K> => {
    const record = find(kind, id);
    if (record) return record;
    throw new GastownError('not_found', `There is no ${NOUNS[kind]} ${id}.`, { ids: { [kind]: id } });
  };
  return {
    now: context.now,
    actor,
    by: actorName(actor),
    data: layered(data, find),
    find,
    get,
    create(kind, record) {
      if (find(kind, record.id as string)) {
        throw new GastownError('already_exists', `There is already a ${NOUNS[kind]} ${record.id}.`, {
          ids: { [kind]: record.id as string },
        });
      }
      return put(kind, record);
    },
    update(kind, id, patch) {
      return put(kind, { ...get(kind, id), ...patch } as never);
    },
    replace(kind, record) {
      written.set(`${kind} ${record.id}`, { kind, id: record.id, record: checked(kind, record) });
    },
    mintId(kind, prefix) {
      for (;;) {
        const id = context.mintId(prefix);
        if (!find(kind, id)) return id;
      }
    },
    explain(...ids) {
      for (const id of ids) if (id !== undefined) explained.add(id);
    },
    explained,
    get writes() {
      return [...written.values()];
    },
    get size() {
      return written.size;
    },
  };
};

const checked = (kind: Kind, record: Readonly<Record<string, unknown>>): AnyRecord => {
  const parsed = SCHEMAS[kind].safeParse(dropUndefined(record));
  if (parsed.success) return parsed.data as AnyRecord;
  const issue = parsed.error.issues[0]!;
  const id = String(record.id);
  throw new GastownError('invalid', `${NOUNS[kind]} ${id}: ${issue.path.join('.')}: ${issue.message}`, {
    ids: { [kind]: id },
  });
};

/** What a reducer says when the state is not what the command takes for granted. */
export const conflict = (message: string, hint?: string): GastownError =>
  new GastownError('conflict', message, hint === undefined ? {} : { hint });

export const invalid = (message: string, hint?: string): GastownError =>
  new GastownError('invalid', message, hint === undefined ? {} : { hint });

/** At most `max` characters, never half a surrogate pair. */
export const cutText = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;

/** A title from text that may be longer than one. */
export const cutTitle = (text: string): string => cutText(text, LIMITS.titleChars);

const NOUNS: Record<Kind, string> = {
  beads: 'bead',
  convoys: 'convoy',
  polecats: 'polecat',
  rigs: 'rig',
  verdicts: 'verdict',
  merges: 'merge request',
  approvals: 'approval',
  sessions: 'session',
  costs: 'cost record',
  mail: 'mail',
  escalations: 'escalation',
  memories: 'memory',
  decisions: 'decision record',
  town: 'town record',
};

const dropUndefined = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

/** Single records through the transaction; whole listings from the ledger below, which is what reducers list. */
const layered = (data: LedgerData, find: Transaction['find']): LedgerData =>
  new Proxy(data, {
    get: (_, kind: Kind) =>
      new Proxy(data[kind] as ReadonlyMap<string, AnyRecord>, {
        get(map, property) {
          if (property === 'get') return (id: string) => find(kind, id);
          if (property === 'has') return (id: string) => find(kind, id) !== undefined;
          const value = Reflect.get(map, property, map) as unknown;
          return typeof value === 'function' ? value.bind(map) : value;
        },
      }),
  });
