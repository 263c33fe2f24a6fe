import { createHash, randomBytes } from 'node:crypto';

/** What a bead's id is made from. The same seed gives the same id, so that an import repeated elsewhere agrees. */
export interface IdSeed {
  readonly title: string;
  readonly description: string;
  readonly creator: string;
  /** ISO time of creation, milliseconds. */
  readonly createdAt: string;
  /** Parts of a millisecond that tell apart what was created within one. */
  readonly nanoseconds?: number;
}

/**
 * Beads' hash id at one length: base36 of the leading bytes of a SHA-256, zero-padded, last `length` digits
 * (field/gas-town.md §2.4). Deterministic; the caller checks for collisions.
 */
export const hashId = (prefix: string, seed: IdSeed, options: { length: number; nonce: number }): string => {
  const unixNanoseconds = BigInt(Date.parse(seed.createdAt)) * 1_000_000n + BigInt(seed.nanoseconds ?? 0);
  const text = [seed.title, seed.description, seed.creator, unixNanoseconds, options.nonce].join('|');
  const bytes = createHash('sha256').update(text).digest().subarray(0, BYTES_BY_LENGTH[options.length]);
  const digits = BigInt(`0x${bytes.toString('hex')}`)
    .toString(36)
    .padStart(options.length, '0');
  return `${prefix}-${digits.slice(-options.length)}`;
};

/** The shortest length at which `count` ids collide with a probability of at most a quarter. */
export const adaptiveLength = (count: number): number => {
  for (let length = MIN_LENGTH; length < MAX_LENGTH; length++) {
    if (1 - Math.exp(-(count * count) / (2 * 36 ** length)) <= COLLISION_MAX) return length;
  }
  return MAX_LENGTH;
};

/** A free id for a new bead: ten nonces at the length that fits `count` beads, then longer by up to two digits, then as long as it takes. */
export const beadId = (
  prefix: string,
  seed: IdSeed,
  options: { count: number; isTaken: (id: string) => boolean },
): string => {
  const shortest = adaptiveLength(options.count);
  for (let length = shortest; length <= MAX_LENGTH; length++) {
    for (let nonce = 0; nonce < NONCES; nonce++) {
      const id = hashId(prefix, seed, { length, nonce });
      if (!options.isTaken(id)) return id;
    }
  }
  for (let nonce = NONCES; ; nonce++) {
    const id = hashId(prefix, seed, { length: MAX_LENGTH, nonce });
    if (!options.isTaken(id)) return id;
  }
};

/** `parent.N`, or undefined where the parent is as deep as ids go: such a child gets an id of its own. */
export const childId = (parent: string, isTaken: (id: string) => boolean): string | undefined => {
  if (depthOf(parent) >= MAX_DEPTH) return undefined;
  for (let number = 1; ; number++) {
    const id = `${parent}.${number}`;
    if (!isTaken(id)) return id;
  }
};

/** 0 for `gt-abc`, 2 for `gt-abc.1.4`. */
export const depthOf = (id: string): number => /(\.\d+)*$/.exec(id)![0].split('.').length - 1;

/** A random id for records that are not beads: `mr-`, `cv-`, `s-`, `m-`, `e-`. 40 bits: a million of one kind collide with a chance of 1 in 3. The caller retries when taken. */
export const mintId = (prefix: string): string =>
  `${prefix}-${BigInt(`0x${randomBytes(RANDOM_BYTES).toString('hex')}`)
    .toString(36)
    .padStart(RANDOM_DIGITS, '0')}`;

/** Bytes of the hash that feed an id of each length. */
const BYTES_BY_LENGTH: Readonly<Record<number, number>> = { 3: 2, 4: 3, 5: 4, 6: 4, 7: 5, 8: 5 };
const MIN_LENGTH = 3;
const MAX_LENGTH = 8;
const NONCES = 10;
/** Birthday probability above which ids grow by a digit. */
const COLLISION_MAX = 0.25;
/** Beads' limit on `a.1.2.3`. */
const MAX_DEPTH = 3;
const RANDOM_BYTES = 5;
const RANDOM_DIGITS = 8;
