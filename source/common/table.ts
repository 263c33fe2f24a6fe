/** What became of a record: `after` is absent when it was taken out, `before` when it is new. */
export type TableChange<V> = (after: V | undefined, before: V | undefined) => void;

/** A map whose changes can be followed, so that what is derived from it is kept up and never made anew. */
export class Table<V> extends Map<string, V> {
  readonly #followers: TableChange<V>[] = [];

  /** Tells each change from now on, for the table's life. */
  follow(follower: TableChange<V>): void {
    this.#followers.push(follower);
  }

  override set(key: string, value: V): this {
    const before = this.get(key);
    super.set(key, value);
    this.#tell(value, before);
    return this;
  }

  override delete(key: string): boolean {
    const before = this.get(key);
    const isThere = super.delete(key);
    if (isThere) this.#tell(undefined, before);
    return isThere;
  }

  override clear(): void {
    for (const key of [...this.keys()]) this.delete(key);
  }

  #tell(after: V | undefined, before: V | undefined): void {
    for (const follower of this.#followers) follower(after, before);
  }
}

/** Something derived from a table's records, and how a change of one of them changes it. */
export interface Derivation<V, T> {
  readonly value: T;
  readonly change: TableChange<V>;
}

/**
 * Derives something from a table once, and then keeps it up with each change: a look at it costs nothing, however long the
 * history is. Of a map that cannot be followed it is made anew each time.
 */
export const derived = <V, T>(begin: () => Derivation<V, T>): ((records: ReadonlyMap<string, V>) => T) => {
  const kept = new WeakMap<object, T>();
  return records => {
    const known = kept.get(records);
    if (known !== undefined) return known;
    const { value, change } = begin();
    for (const record of records.values()) change(record, undefined);
    if (!(records instanceof Table)) return value;
    records.follow(change);
    kept.set(records, value);
    return value;
  };
};
