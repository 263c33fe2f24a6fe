import type { Write } from './frames.ts';
import { KINDS, type Kind } from './kinds.ts';
import type { AnyRecord, LedgerData, RecordOf } from './schema.ts';

/**
 * The ledger as it will be once everything written so far is on disk: durable records with the not yet synced ones over
 * them. Commands are checked against it, so that two claims within one sync cannot both win; nobody else sees it.
 */
export interface Overlay {
  readonly data: LedgerData;
  put(writes: readonly Write[]): void;
  /** These are durable now: forgets them, unless something newer lies over them. */
  settle(writes: readonly Write[]): void;
  /** The sync failed: nothing of it ever was. */
  clear(): void;
}

export const createOverlay = (durable: LedgerData): Overlay => {
  const maps = Object.fromEntries(
    KINDS.map(kind => [kind, new OverlayMap(durable[kind] as ReadonlyMap<string, AnyRecord>)]),
  ) as Record<Kind, OverlayMap<AnyRecord>>;
  return {
    data: maps as unknown as { [K in Kind]: ReadonlyMap<string, RecordOf<K>> },
    put(writes) {
      for (const { kind, id, record } of writes) maps[kind].over.set(id, record);
    },
    settle(writes) {
      for (const { kind, id, record } of writes) {
        const { over } = maps[kind];
        if (over.get(id) === record) over.delete(id);
      }
    },
    clear() {
      for (const kind of KINDS) maps[kind].over.clear();
    },
  };
};

class OverlayMap<V> implements ReadonlyMap<string, V> {
  readonly over = new Map<string, V>();
  readonly #under: ReadonlyMap<string, V>;

  constructor(under: ReadonlyMap<string, V>) {
    this.#under = under;
  }

  get(key: string): V | undefined {
    return this.over.get(key) ?? this.#under.get(key);
  }

  has(key: string): boolean {
    return this.over.has(key) || this.#under.has(key);
  }

  get size(): number {
    let added = 0;
    for (const key of this.over.keys()) if (!this.#under.has(key)) added++;
    return this.#under.size + added;
  }

  *entries(): MapIterator<[string, V]> {
    for (const [key, value] of this.#under) yield [key, this.over.get(key) ?? value];
    for (const [key, value] of this.over) if (!this.#under.has(key)) yield [key, value];
  }

  *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(callback: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this.entries()) callback(value, key, this);
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }
}
