import type { StoredCommit } from './objects.ts';
import type { OriginSeen } from './origin-look.ts';

/**
 * What a landing repository knows without asking Git again. Commits are named by their content and nothing is ever pruned,
 * so what was read of them once holds for ever; what can change is kept with that by which the change is seen.
 */
export interface Memory {
  readonly commits: Known<StoredCommit>;
  /** By `<ancestor> <descendant>`. */
  readonly ancestry: Known<boolean>;
  /** By `<commit> <paths>`: the first of these files. */
  readonly files: Known<{ readonly text: string | undefined }>;
  /** Where the tracking ref stands: the town's lock keeps all others from moving it. */
  tracking?: string;
  origin?: OriginSeen;
}

/** A map that forgets the oldest beyond its limit. */
export interface Known<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
}

export const createMemory = (): Memory => ({
  commits: createKnown(KNOWN_MAX),
  ancestry: createKnown(KNOWN_MAX),
  files: createKnown(TEXTS_MAX),
});

/** A few hundred branches in flight, with their tips and bases; some 300 bytes each. */
const KNOWN_MAX = 5_000;
/** Of the tips of late, a few kilobytes each. */
const TEXTS_MAX = 20;

const createKnown = <T>(max: number): Known<T> => {
  const entries = new Map<string, T>();
  return {
    get: key => entries.get(key),
    set(key, value) {
      entries.set(key, value);
      if (entries.size > max) entries.delete(entries.keys().next().value!);
    },
  };
};
