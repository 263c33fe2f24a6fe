import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import type { LandingRepository } from './landing-repository.ts';

/** What building on a commit needs to know of it. */
export interface StoredCommit {
  readonly id: string;
  readonly tree: string;
  /** Committer time, seconds since the epoch. */
  readonly seconds: number;
}

export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  /** `Name <mail>`, author and committer. */
  readonly author: string;
  readonly seconds: number;
  readonly message: string;
}

/** Those of the given commits that the repository has, by one child for all not read before. What is not a commit counts as missing. */
export const readCommits = async (
  repository: LandingRepository,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredCommit>> => {
  const known = repository.memory.commits;
  const unknown = [...new Set(ids)].filter(id => !known.get(id));
  for (const commit of await askCommits(repository, unknown)) known.set(commit.id, commit);
  return new Map(
    ids.flatMap(id => {
      const commit = known.get(id);
      return commit ? [[id, commit] as const] : [];
    }),
  );
};

const askCommits = async (repository: LandingRepository, ids: readonly string[]): Promise<StoredCommit[]> => {
  const commits: StoredCommit[] = [];
  if (ids.length === 0) return commits;
  const { stdout } = await repository.run(['cat-file', '--batch'], {
    input: `${ids.join('\n')}\n`,
    encoding: 'latin1',
  });
  let at = 0;
  while (at < stdout.length) {
    const end = stdout.indexOf('\n', at);
    const [id = '', type, size] = stdout.slice(at, end).split(' ');
    at = end + 1;
    if (size === undefined) continue; // `<id> missing`
    const body = stdout.slice(at, at + Number(size));
    at += Number(size) + 1;
    const tree = /^tree ([0-9a-f]+)$/m.exec(body)?.[1];
    const seconds = /^committer .*> (\d+) /m.exec(body)?.[1];
    if (type === 'commit' && tree) commits.push({ id, tree, seconds: Number(seconds ?? 0) });
  }
  return commits;
};

/**
 * Writes a commit as a loose object, as Git does: unique temporary name, then rename. A child a commit would cost more
 * than the merge itself (field/refinery-and-store.md §2). Synchronous: 0.1 ms for 300 bytes, where four waits for the
 * thread pool cost several times that on a busy machine.
 */
export const writeCommit = (repository: LandingRepository, commit: NewCommit): StoredCommit => {
  const bytes = commitBytes(commit);
  const id = createHash(repository.objectFormat).update(bytes).digest('hex');
  const folder = path.join(repository.dir, 'objects', id.slice(0, 2));
  const file = path.join(folder, id.slice(2));
  const stored = { id, tree: commit.tree, seconds: commit.seconds };
  if (existsSync(file)) return stored;
  mkdirSync(folder, { recursive: true });
  const temporary = path.join(folder, `tmp_obj_gastown_${randomBytes(6).toString('hex')}`);
  try {
    writeFileSync(temporary, deflateSync(bytes), { mode: 0o444, flag: 'wx' });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  // It may be the target's tip soon: then nobody has to read it.
  repository.memory.commits.set(id, stored);
  return stored;
};

const commitBytes = ({ tree, parents, author, seconds, message }: NewCommit): Buffer => {
  const who = `${author} ${seconds} +0000`;
  const body = Buffer.from(
    [
      `tree ${tree}`,
      ...parents.map(parent => `parent ${parent}`),
      `author ${who}`,
      `committer ${who}`,
      '',
      message,
    ].join('\n'),
  );
  return Buffer.concat([Buffer.from(`commit ${body.length}\0`), body]);
};
