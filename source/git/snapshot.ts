import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat, rm } from 'node:fs/promises';
import path from 'node:path';
import type { History } from './history.ts';
import { type LandingRepository, requireObject, requireOwnRef } from './landing-repository.ts';
import { type GitOptions, type GitResult, git } from './run.ts';

export interface Snapshots {
  /**
   * Commits all files of a checkout on top of `head` (ignored ones left out) and points `ref` at it; the checkout and
   * its index stay as they are. When nothing differs, `ref` gets `head` itself.
   */
  snapshot(options: {
    checkout: string;
    head: string;
    author: { name: string; email: string };
    message: string;
    ref: string;
  }): Promise<{ sha: string; changed: boolean }>;
  /** True when a checkout's files are those of `head`, but for ignored ones. */
  isClean(options: { checkout: string; head: string }): Promise<boolean>;
}

/**
 * The checkout's own `.git` is never used: configuration, hooks, filters and monitors in it are an agent's to write. The
 * files are read with the landing repository as Git directory and a temporary index, file by file through
 * `update-index`, because `add` and `status` would start Git inside nested repositories, with what is planted there.
 */
export const createSnapshots = (repository: LandingRepository, { treeOf }: Pick<History, 'treeOf'>): Snapshots => ({
  async snapshot({ checkout, head, author, message, ref }) {
    requireObject(head);
    requireOwnRef(ref);
    const [tree, headTree] = await Promise.all([treeOfFiles(repository, { checkout, head }), treeOf(head)]);
    const changed = tree !== headTree;
    const sha = changed
      ? await repository.line(['commit-tree', tree, '-p', head], { input: message, env: identity(author) })
      : head;
    await repository.run(['update-ref', ref, sha]);
    return { sha, changed };
  },
  async isClean({ checkout, head }) {
    requireObject(head);
    const [tree, headTree] = await Promise.all([treeOfFiles(repository, { checkout, head }), treeOf(head)]);
    return tree === headTree;
  },
});

/** Author and committer of commits made for a polecat. */
export const identity = (author: { name: string; email: string }): Record<string, string> => ({
  GIT_AUTHOR_NAME: author.name,
  GIT_AUTHOR_EMAIL: author.email,
  GIT_COMMITTER_NAME: author.name,
  GIT_COMMITTER_EMAIL: author.email,
});

const treeOfFiles = async (
  repository: LandingRepository,
  work: { checkout: string; head: string },
): Promise<string> => {
  const index = path.join(repository.dir, `gastown-index-${process.pid}-${randomBytes(6).toString('hex')}`);
  const run = (args: readonly string[], more: GitOptions = {}): Promise<GitResult> =>
    git(['-c', 'core.bare=false', ...args], {
      gitDir: repository.dir,
      cwd: work.checkout,
      // File names are bytes: latin1 takes any there and back.
      encoding: 'latin1',
      env: { GIT_INDEX_FILE: index, GIT_WORK_TREE: work.checkout },
      ...more,
    });
  try {
    await run(['read-tree', work.head]);
    const listed = (await run(['ls-files', '-z', '-t', '--stage', '--cached', '--others', '--exclude-standard'])).stdout
      .split('\0')
      .filter(Boolean);
    // Each begins with a letter that says which it is: a name may look like an entry of the index.
    const untracked = listed.filter(one => one.startsWith('? ')).map(one => one.slice(2));
    const tracked = listed.filter(one => !one.startsWith('? ')).map(one => one.slice(2));
    const files = tracked
      .filter(entry => !entry.startsWith(GITLINK))
      .map(entry => entry.slice(entry.indexOf('\t') + 1));
    // A nested repository is listed as one folder: it is left alone.
    await updateIndex(run, work.checkout, [...files, ...untracked.filter(name => !name.endsWith('/'))]);
    await dropNewGitlinks(run, tracked);
    return (await run(['write-tree'])).stdout.trim();
  } finally {
    await Promise.all([rm(index, { force: true }), rm(`${index}.lock`, { force: true })]);
  }
};

const GITLINK = '160000 ';

type Run = (args: readonly string[], more?: GitOptions) => Promise<GitResult>;

const updateIndex = async (run: Run, checkout: string, names: readonly string[]): Promise<void> => {
  const update = async (
    mode: readonly string[],
    list: readonly string[],
    okCodes: readonly number[],
  ): Promise<boolean> =>
    (await run(['update-index', '-z', ...mode, '--stdin'], { input: nulList(list), okCodes })).code === 0;
  const add = ['--add', '--remove', '--replace'];
  if (await update(add, names, [0, 1, 128])) return;
  // One unreadable file, named pipe, folder turned into a link, or attribute that does not fit stops it: all others are
  // worth keeping.
  const links = new Map<string, Promise<boolean>>();
  const kinds = await Promise.all(names.map(name => kindOf(checkout, name, links)));
  const gone = names.filter((_, at) => kinds[at] === 'gone');
  await update(['--force-remove'], gone, [0]);
  let failures = 0;
  const addHalves = async (list: readonly string[]): Promise<void> => {
    if (list.length === 0 || (await update(add, list, [0, 1, 128]))) return;
    if (list.length === 1 || ++failures > MAX_HALVINGS) return addRaw(run, checkout, list);
    const middle = Math.ceil(list.length / 2);
    await addHalves(list.slice(0, middle));
    await addHalves(list.slice(middle));
  };
  await addHalves(names.filter((_, at) => kinds[at] === 'there'));
};

/** Searches for files that cannot be added as their attributes say; past this, the rest is taken as it is. */
const MAX_HALVINGS = 40;

/** Takes files byte for byte, whatever their attributes say: an encoding that does not fit must not cost the work. */
const addRaw = async (run: Run, checkout: string, names: readonly string[]): Promise<void> => {
  const modes = await Promise.all(names.map(name => lstat(Buffer.from(`${checkout}/${name}`, 'latin1'))));
  const files = names.flatMap((name, at) =>
    modes[at]!.isFile() ? [{ name, mode: modes[at]!.mode & 0o100 ? '100755' : '100644' }] : [],
  );
  const paths = files.map(({ name }) => `"${name.replace(/[\\"\n\t\r]/g, char => ESCAPES[char]!)}"\n`).join('');
  const hashed = await run(['hash-object', '-w', '--no-filters', '--stdin-paths'], {
    input: Buffer.from(paths, 'latin1'),
  });
  const ids = hashed.stdout.split('\n');
  const entries = files.map(({ name, mode }, at) => `${mode} ${ids[at]}\t${name}\0`).join('');
  await run(['update-index', '-z', '--add', '--replace', '--index-info'], { input: Buffer.from(entries, 'latin1') });
};

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\t': '\\t', '\r': '\\r' };

const nulList = (names: readonly string[]): Buffer => Buffer.from(names.map(name => `${name}\0`).join(''), 'latin1');

/** `other`: there, but nothing that Git can store or read; what the index has of it is kept. */
const kindOf = async (
  checkout: string,
  name: string,
  links: Map<string, Promise<boolean>>,
): Promise<'there' | 'gone' | 'other'> => {
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
    const folder = name.slice(0, at);
    const known = links.get(folder) ?? isLink(checkout, folder);
    links.set(folder, known);
    if (await known) return 'gone';
  }
  const file = Buffer.from(`${checkout}/${name}`, 'latin1');
  try {
    const found = await lstat(file);
    if (found.isSymbolicLink() || found.isDirectory()) return 'there';
    if (!found.isFile()) return 'other';
    await access(file, constants.R_OK);
    return 'there';
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '') ? 'gone' : 'other';
  }
};

const isLink = async (checkout: string, folder: string): Promise<boolean> =>
  lstat(Buffer.from(`${checkout}/${folder}`, 'latin1')).then(
    found => found.isSymbolicLink(),
    () => false,
  );

/** A file replaced by a repository becomes a gitlink in the index, which would land as a submodule that nobody has. */
const dropNewGitlinks = async (run: Run, before: readonly string[]): Promise<void> => {
  const known = new Set(before.filter(entry => entry.startsWith(GITLINK)));
  const added = (await run(['ls-files', '-z', '--stage'])).stdout
    .split('\0')
    .filter(entry => entry.startsWith(GITLINK) && !known.has(entry))
    .map(entry => entry.slice(entry.indexOf('\t') + 1));
  if (added.length === 0) return;
  await run(['update-index', '-z', '--force-remove', '--stdin'], {
    input: nulList(added),
  });
};
