import { ledgerGit } from './git.ts';
import { type Change, readMeta } from './meta.ts';
import { readBlobs } from './objects.ts';
import { META_PATH, pathsOf } from './paths.ts';
import type { AnyRecord, Kind } from './schema.ts';

/** One version of a record, and the command that made it. */
export interface Version {
  readonly commit: string;
  readonly record: AnyRecord;
  /** Absent where the commit does not say: a ledger of before such notes were kept, or a hand's own commit. */
  readonly change?: Change;
}

/** Versions of one record read at once; a record has a few hundred in its life. */
const VERSIONS_MAX = 1_000;
/** Operator's commands looked at: nobody takes back what they did two hundred steps ago. */
const OPERATOR_COMMITS_MAX = 200;

/** What Git remembers of a record, newest first. What was acknowledged less than a commit ago is not in it: `flush` first. */
export const versionsOf = async (
  gitDir: string,
  { kind, id, limit = VERSIONS_MAX }: { kind: Kind; id: string; limit?: number },
): Promise<Version[]> => {
  const files = pathsOf(kind, id);
  const commits = await commitsOf(gitDir, [`--max-count=${limit}`, '--end-of-options', BRANCH, '--', ...files]);
  const blobs = await readBlobs(
    gitDir,
    commits.flatMap(commit => [...files, META_PATH].map(file => `${commit}:${file}`)),
  );
  return commits.flatMap((commit, index) => {
    const [now, former, meta] = blobs.slice(index * 3, index * 3 + 3);
    const blob = now ?? former;
    // A damaged old version is one step of the past less; doctor is who names it.
    const record = blob && parse(blob);
    if (!record) return [];
    const change = changesIn(meta).find(({ wrote }) => wrote.includes(`${kind} ${id} ${record.rev}`));
    return [{ commit, record, ...(change && { change }) }];
  });
};

/** A record as it was at one revision; undefined where Git does not have it. */
export const readRecordAt = async (
  gitDir: string,
  { kind, id, rev }: { kind: Kind; id: string; rev: number },
): Promise<AnyRecord | undefined> => {
  const versions = await versionsOf(gitDir, { kind, id });
  return versions.find(({ record }) => record.rev === rev)?.record;
};

/** What the operator did, newest first, with the commit that holds it. */
export const operatorChanges = async (gitDir: string): Promise<(Change & { readonly commit: string })[]> => {
  const commits = await commitsOf(gitDir, [
    // Only this copy's own line: sequences of another machine's commands would be taken for ours.
    '--first-parent',
    '--extended-regexp',
    '--grep=^Actor: (.*, )?operator(,|$)',
    `--max-count=${OPERATOR_COMMITS_MAX}`,
    BRANCH,
  ]);
  const metas = await readBlobs(
    gitDir,
    commits.map(commit => `${commit}:${META_PATH}`),
  );
  return commits.flatMap((commit, index) =>
    changesIn(metas[index])
      .filter(({ actor }) => actor.role === 'operator')
      .reverse()
      .map(change => ({ ...change, commit })),
  );
};

/** A record just before and just after a commit; undefined where it did not exist. */
export const recordAround = async (
  gitDir: string,
  { commit, kind, id }: { commit: string; kind: Kind; id: string },
): Promise<{ before?: AnyRecord; after?: AnyRecord }> => {
  const files = pathsOf(kind, id);
  const at = async (revision: string) => {
    const [now, former] = await readBlobs(
      gitDir,
      files.map(file => `${revision}:${file}`),
    );
    const blob = now ?? former;
    return blob && parse(blob);
  };
  const [before, after] = await Promise.all([at(`${commit}^`), at(commit)]);
  return { ...(before && { before }), ...(after && { after }) };
};

const BRANCH = 'refs/heads/main';

const commitsOf = async (gitDir: string, args: readonly string[]): Promise<string[]> => {
  const known = await ledgerGit(gitDir, ['for-each-ref', '--format=%(objectname)', BRANCH]);
  if (known.length === 0) return [];
  const listed = await ledgerGit(gitDir, ['log', '--format=%H', ...args]);
  return listed.toString('latin1').split('\n').filter(Boolean);
};

const changesIn = (meta: Buffer | undefined): Change[] => (meta ? readMeta(meta).changes : []);

const parse = (blob: Buffer): AnyRecord | undefined => {
  try {
    const value: unknown = JSON.parse(blob.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as AnyRecord) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};
