import { hash } from 'node:crypto';
import { KINDS, type Kind } from './schema.ts';

/** Where a record lies in the ledger's tree. 256 shards a kind: a flat folder of 10,000 files costs seven times the space a commit. */
export const recordPath = (kind: Kind, id: string): string => {
  const shard = hash('sha256', id).slice(0, 2);
  return `${kind}/${shard}/${encodeURIComponent(id)}.json`;
};

/** The record that a path of the tree holds; undefined for files that are none. */
export const recordAt = (path: string): { kind: Kind; id: string } | undefined => {
  const match = /^([a-z]+)\/[0-9a-f]{2}\/([^/]+)\.json$/.exec(path);
  if (!match) return undefined;
  const kind = match[1] as Kind;
  if (!KINDS.includes(kind)) return undefined;
  const id = decode(match[2]!);
  return id !== undefined && recordPath(kind, id) === path ? { kind, id } : undefined;
};

export const META_PATH = 'meta.json';

const decode = (name: string): string | undefined => {
  try {
    return decodeURIComponent(name);
  } catch {
    // Not a name that this program writes.
    return undefined;
  }
};
