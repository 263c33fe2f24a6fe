import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { asUser, type LandingRepository } from './landing-repository.ts';
import { type GitResult, git } from './run.ts';

/** What Git said of a local origin, and the files that it read it from. */
export interface OriginSeen {
  /** As they were: while they are so, Git would say the same. */
  readonly files: string;
  readonly tip: string;
  readonly worktrees: readonly Worktree[];
}

export interface Worktree {
  readonly path: string;
  /** Without `refs/heads/`; absent where HEAD is detached, or the repository is bare. */
  readonly branch?: string;
  readonly isDetached: boolean;
}

/** The answer for the target branch is Git's own where it is not there. */
export type OriginLook = Pick<OriginSeen, 'tip' | 'worktrees'> | { readonly tip: undefined; readonly stderr: string };

/**
 * Where the target of a local origin stands, and what its work trees are on. The small files that hold both are read each
 * time; Git is asked again only when one of them changed, or when they cannot be told by themselves (reftable, a ref that
 * names another). So nothing seen is ever older than the look itself, and a push is guarded by its lease all the same.
 */
export const lookAtOrigin = async (repository: LandingRepository): Promise<OriginLook> => {
  const { memory } = repository;
  const before = await readOriginFiles(repository);
  if (before && memory.origin?.files === before.text) return memory.origin;
  delete memory.origin;
  const [there, worktrees] = await Promise.all([askTip(repository), listWorktrees(repository)]);
  if (there.code !== 0) return { tip: undefined, stderr: there.stderr };
  const seen = { tip: there.stdout.trim(), worktrees };
  const after = before && (await readOriginFiles(repository));
  // Whatever moved while Git looked is looked at again the next time.
  if (after?.text === before?.text && after && (after.loose ?? seen.tip) === seen.tip)
    memory.origin = { ...seen, files: after.text };
  return seen;
};

const askTip = (repository: LandingRepository): Promise<GitResult> =>
  git(['rev-parse', '--verify', '--quiet', `refs/heads/${repository.branch}^{commit}`], {
    cwd: repository.origin,
    ...asUser(repository),
    okCodes: [0, 1, 128],
  });

/** The work trees of the origin, by Git where its files changed since it was asked. */
export const originWorktrees = async (repository: LandingRepository): Promise<readonly Worktree[]> => {
  const look = await lookAtOrigin(repository);
  return look.tip === undefined ? listWorktrees(repository) : look.worktrees;
};

const listWorktrees = async (repository: LandingRepository): Promise<readonly Worktree[]> => {
  const { stdout } = await git(['worktree', 'list', '--porcelain', '-z'], {
    cwd: repository.origin,
    ...asUser(repository),
  });
  return parseWorktrees(stdout);
};

/** `(<attribute> NUL)* NUL` for each. */
export const parseWorktrees = (listed: string): Worktree[] =>
  listed.split('\0\0').flatMap(record => {
    const fields = record.split('\0');
    const field = (name: string): string | undefined => fields.find(one => one.startsWith(name))?.slice(name.length);
    const found = field('worktree ');
    if (!found) return [];
    const branch = field('branch refs/heads/');
    return [{ path: found, isDetached: fields.includes('detached'), ...(branch !== undefined && { branch }) }];
  });

/** More work trees than a person keeps: then Git is asked each time. */
const MAX_WORKTREES = 50;
/** Of a file that holds a name or two. */
const MAX_BYTES = 64 * 1024;
const OBJECT = /^[0-9a-f]{40}([0-9a-f]{24})?\n$/;

/**
 * The files by which an origin says where its branch stands and what its work trees are on: by what is in them, and packed
 * refs, which may be huge, by what the file system knows of them. Undefined where they do not tell everything.
 */
const readOriginFiles = async ({
  origin,
  branch,
}: LandingRepository): Promise<{ text: string; loose?: string } | undefined> => {
  try {
    const gitDir = await gitDirOf(origin);
    const common = path.resolve(gitDir, (await readSmall(path.join(gitDir, 'commondir')))?.trim() ?? '');
    const config = await readSmall(path.join(common, 'config'));
    if (config === undefined || /refstorage/i.test(config)) return undefined;
    const loose = await readSmall(path.join(common, 'refs', 'heads', ...branch.split('/')));
    if (loose !== undefined && !OBJECT.test(loose)) return undefined;
    const worktrees = (await readdir(path.join(common, 'worktrees')).catch(emptyIfMissing)).sort();
    if (worktrees.length > MAX_WORKTREES) return undefined;
    const packed = await stat(path.join(common, 'packed-refs'), { bigint: true }).catch(undefinedIfMissing);
    const parts = [
      config,
      loose,
      await readSmall(path.join(common, 'HEAD')),
      packed && [packed.ino, packed.size, packed.mtimeNs, packed.ctimeNs].join(' '),
    ];
    for (const name of worktrees) {
      const dir = path.join(common, 'worktrees', name);
      parts.push(name, await readSmall(path.join(dir, 'HEAD')), await readSmall(path.join(dir, 'gitdir')));
    }
    // Neither a file that is absent nor one that is empty reads like another.
    return {
      text: JSON.stringify(parts.map(part => part ?? null)),
      ...(loose !== undefined && { loose: loose.trim() }),
    };
  } catch (error) {
    // What cannot be read Git is asked about, and says why.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
};

const gitDirOf = async (origin: string): Promise<string> => {
  const dotGit = path.join(origin, '.git');
  const found = await stat(dotGit).catch(undefinedIfMissing);
  if (!found) return origin;
  if (found.isDirectory()) return dotGit;
  const pointer = /^gitdir: (.+)\n?$/.exec(await readFile(dotGit, 'utf8'))?.[1];
  return path.resolve(origin, pointer ?? '.git');
};

/** `EFBIG` for what is no such file. */
const readSmall = async (file: string): Promise<string | undefined> => {
  const text = await readFile(file, 'utf8').catch(undefinedIfMissing);
  if (text !== undefined && text.length > MAX_BYTES) throw Object.assign(new Error(file), { code: 'EFBIG' });
  return text;
};

const undefinedIfMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
};

const emptyIfMissing = (error: NodeJS.ErrnoException): string[] => undefinedIfMissing(error) ?? [];
