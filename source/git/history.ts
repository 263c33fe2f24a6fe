import { simpleGit } from 'simple-git';
import { safeLine } from '../common/text.ts';
import { type LandingRepository, requireObject } from './landing-repository.ts';
import { readCommits } from './objects.ts';
import { patchIdOf } from './patch-id.ts';
import { hardened } from './run.ts';

export interface CommitInfo {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: string;
  /** ISO, of the committer. */
  readonly at: string;
  readonly subject: string;
}

/** Questions about commits in the landing repository. Commits are full object ids; a missing one fails with `git_failed`. */
export interface History {
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
  mergeBase(a: string, b: string): Promise<string | undefined>;
  treeOf(commit: string): Promise<string>;
  commitInfo(commit: string): Promise<CommitInfo>;
  /** The commit and its first parents, newest first. */
  firstParents(tip: string, limit: number): Promise<CommitInfo[]>;
  /** Paths that differ between two commits, sorted, renames as two. */
  changedFiles(base: string, head: string): Promise<string[]>;
  /** Commits of `head` that `base` does not have, newest first, for people. */
  log(base: string, head: string): Promise<{ sha: string; author: string; at: string; subject: string }[]>;
  /** See patch-id.ts. */
  patchId(base: string, head: string): Promise<string | undefined>;
  /** Content of a file in a commit, or undefined when there is no such file. */
  fileAt(commit: string, file: string): Promise<string | undefined>;
  /** Names at the top of a commit's tree; folders end in `/`. */
  rootOf(commit: string): Promise<string[]>;
}

/** Commits listed for people. */
const LOG_COMMITS = 500;
const FILE_CHARS = 4_000_000;

const INFO_FORMAT = '%H%x00%T%x00%P%x00%an%x00%cI%x00%s';

export const createHistory = (repository: LandingRepository): History => {
  const { run, line } = repository;
  const infos = async (args: readonly string[]): Promise<CommitInfo[]> =>
    (await line(['log', `--format=${INFO_FORMAT}`, ...args, '--'])).split('\n').filter(Boolean).map(parseInfo);
  return {
    async isAncestor(ancestor, descendant) {
      requireObject(ancestor, descendant);
      const { ancestry } = repository.memory;
      const key = `${ancestor} ${descendant}`;
      const known = ancestry.get(key);
      if (known !== undefined) return known;
      const is = (await run(['merge-base', '--is-ancestor', ancestor, descendant], { okCodes: [0, 1] })).code === 0;
      ancestry.set(key, is);
      return is;
    },
    async mergeBase(a, b) {
      requireObject(a, b);
      return (await run(['merge-base', a, b], { okCodes: [0, 1] })).stdout.trim() || undefined;
    },
    async treeOf(commit) {
      requireObject(commit);
      const known = (await readCommits(repository, [commit])).get(commit);
      // Of what is not there Git says so in its own words.
      return known?.tree ?? line(['rev-parse', '--verify', `${commit}^{tree}`]);
    },
    async commitInfo(commit) {
      requireObject(commit);
      return (await infos(['-1', commit]))[0]!;
    },
    async firstParents(tip, limit) {
      requireObject(tip);
      return infos(['--first-parent', `--max-count=${limit}`, tip]);
    },
    async changedFiles(base, head) {
      requireObject(base, head);
      const { stdout } = await run(['diff-tree', '-r', '-z', '--name-only', '--no-renames', base, head]);
      return stdout.split('\0').filter(Boolean).map(safeLine);
    },
    async log(base, head) {
      requireObject(base, head);
      const found = await talkingGit(repository).log({ from: base, to: head, symmetric: false, maxCount: LOG_COMMITS });
      return found.all.map(commit => ({
        sha: commit.hash,
        author: safeLine(commit.author_name),
        at: commit.date,
        subject: safeLine(commit.message),
      }));
    },
    patchId: (base, head) => patchIdOf(repository, { base, head }),
    async fileAt(commit, file) {
      requireObject(commit);
      const answer = await run(['cat-file', 'blob', `${commit}:${file}`], {
        okCodes: [0, 128],
        maxOutputBytes: FILE_CHARS,
      });
      return answer.code === 0 && !answer.truncated ? answer.stdout : undefined;
    },
    async rootOf(commit) {
      requireObject(commit);
      const { stdout } = await run(['ls-tree', '-z', '--format=%(objecttype) %(path)', commit]);
      return stdout
        .split('\0')
        .filter(Boolean)
        .map(entry => (entry.startsWith('tree ') ? `${entry.slice(5)}/` : entry.slice(entry.indexOf(' ') + 1)));
    },
  };
};

const parseInfo = (text: string): CommitInfo => {
  const [sha = '', tree = '', parents = '', author = '', at = '', subject = ''] = text.split('\0');
  return {
    sha,
    tree,
    parents: parents.split(' ').filter(Boolean),
    author: safeLine(author),
    at,
    subject: safeLine(subject),
  };
};

/** simple-git refuses hardening flags unless each kind is allowed by name; they are ours, not a caller's. */
const talkingGit = (repository: LandingRepository) => {
  const { flags, env } = hardened();
  return simpleGit({
    baseDir: repository.dir,
    config: flags.filter(flag => flag !== '-c'),
    allowEnvironment: Object.keys(env),
    unsafe: {
      allowUnsafeHooksPath: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeProtocolOverride: true,
      allowUnsafeConfigPaths: true,
    },
  }).env(env);
};
