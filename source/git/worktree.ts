import { chmod, copyFile, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GastownError } from '../common/errors.ts';
import { readFileIfPresent } from '../common/files.ts';
import { safeLine } from '../common/text.ts';
import { type LandingRepository, requireObject } from './landing-repository.ts';
import { type GitOptions, type GitResult, git } from './run.ts';

export interface TreeOptions {
  landing: LandingRepository;
  /** The work tree. */
  dir: string;
  commit: string;
  /** The `.git` to give the work tree: built from nothing each time. */
  inside: InnerRepository;
  /**
   * Removes what the folder holds beyond the tracked files of the commit placed before; false asks for a fresh folder.
   * Default: everything untracked goes, ignored or not.
   */
  sweep?: (tracked: ReadonlySet<string>) => Promise<boolean>;
}

/** What the repository inside a work tree looks like to those who work there. */
export interface InnerRepository {
  /** Branch that HEAD names; HEAD is detached when absent. */
  branch?: string;
  /** Further refs by full name. */
  refs?: Readonly<Record<string, string>>;
  /** Sections of configuration by name, keys and values. */
  config?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Makes a folder hold exactly the files of a commit, and gives it a fresh `.git` that borrows objects from the landing
 * repository. The work is done through a Git directory of ours beside the folder, which is also the marker that the
 * folder is ours. Its index remembers the files, so that the next commit in a used folder writes only what differs, and
 * no Git of ours ever reads a `.git` that an agent or a gate could write to. A folder without our marker is refused
 * with `forbidden`.
 */
export const placeTree = async (options: TreeOptions): Promise<{ reused: boolean }> => {
  const { landing, dir, commit } = options;
  requireObject(commit);
  const marked = await isMarked(dir);
  if (!marked) await requireAbsent(dir);
  if (marked && (await refill(options))) return { reused: true };
  await removePlaced(dir);
  // The marker first: a folder that a kill left without one would be taken for somebody else's for ever.
  await createAdmin(landing, dir);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await inAdmin(dir, ['read-tree', '--reset', '-u', commit]);
  await buildInner(options);
  return { reused: false };
};

/** Removes a folder made by `placeTree`, and its marker last, so that a removal cut short can be taken up again. */
const removePlaced = async (dir: string): Promise<void> => {
  await removeTree(dir);
  await removeTree(adminOf(dir));
};

/** True when the folder was made by `placeTree`. */
export const isMarked = async (dir: string): Promise<boolean> =>
  (await readFileIfPresent(path.join(adminOf(dir), MARKER))) === `${dir}\n`;

/** Paths of the files that Git put into the folder, as the commit names them. */
export const trackedFiles = async (dir: string): Promise<ReadonlySet<string>> =>
  new Set((await inAdmin(dir, ['ls-files', '-z'])).stdout.split('\0').filter(Boolean));

/** Removes a tree, also one whose folders were made unwritable. Never follows links. */
export const removeTree = async (target: string): Promise<void> => {
  try {
    await rm(target, { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await openFolders(target);
    await rm(target, { recursive: true, force: true, maxRetries: 3 });
  }
};

const MARKER = 'gastown-checkout';

/** The folder beside a work tree that marks it as ours. */
export const markerOf = (dir: string): string => adminOf(dir);

/** Our Git directory for a work tree: beside it, outside of what its user may write to. */
const adminOf = (dir: string): string => path.join(path.dirname(dir), `.${path.basename(dir)}.gastown`);

const requireAbsent = async (dir: string): Promise<void> => {
  const there = await lstat(dir).catch(() => undefined);
  if (there) {
    throw new GastownError('forbidden', `${safeLine(dir)} exists and was not made by the town, so it is not touched.`, {
      hint: 'Move it away, and try again.',
    });
  }
};

/** Brings a used folder to another commit. False when anything at all is odd: the folder is then made anew. */
const refill = async (options: TreeOptions): Promise<boolean> => {
  const { dir, commit } = options;
  const there = await lstat(dir).catch(() => undefined);
  if (!there?.isDirectory()) return false;
  try {
    await removeTree(path.join(dir, '.git'));
    await rm(path.join(adminOf(dir), 'index.lock'), { force: true });
    if (options.sweep && !(await options.sweep(await trackedFiles(dir)))) return false;
    await inAdmin(dir, ['read-tree', '--reset', '-u', commit]);
    if (!options.sweep) await inAdmin(dir, ['clean', '-ffdxq']);
    await buildInner(options);
    return true;
  } catch (error) {
    // Unwritable folders, a repository where a file must go, a cut-short index: a fresh folder has none of it. What is
    // really wrong (a full disk, a missing commit) fails there again.
    if (error instanceof GastownError || (error as NodeJS.ErrnoException).code) return false;
    throw error;
  }
};

const createAdmin = async (landing: LandingRepository, dir: string): Promise<void> => {
  const admin = adminOf(dir);
  await removeTree(admin);
  await writeRepository(admin, { landing, head: `ref: refs/heads/gastown\n`, config: {} });
  await writeFile(path.join(admin, MARKER), `${dir}\n`, { mode: 0o600 });
};

const buildInner = async ({ landing, dir, commit, inside }: TreeOptions): Promise<void> => {
  const gitDir = path.join(dir, '.git');
  await removeTree(gitDir);
  const refs = { ...inside.refs, ...(inside.branch && { [`refs/heads/${inside.branch}`]: commit }) };
  await writeRepository(gitDir, {
    landing,
    head: inside.branch ? `ref: refs/heads/${inside.branch}\n` : `${commit}\n`,
    config: { core: { logAllRefUpdates: 'true' }, ...inside.config },
  });
  for (const [ref, sha] of Object.entries(refs)) {
    await mkdir(path.dirname(path.join(gitDir, ref)), { recursive: true });
    await writeFile(path.join(gitDir, ref), `${sha}\n`);
  }
  await copyFile(path.join(adminOf(dir), 'index'), path.join(gitDir, 'index'));
};

/** What `git clone --shared --no-checkout` makes, in 2 ms instead of 20. */
const writeRepository = async (
  gitDir: string,
  content: { landing: LandingRepository; head: string; config: NonNullable<InnerRepository['config']> },
): Promise<void> => {
  const sha256 = content.landing.objectFormat === 'sha256';
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info', 'hooks']) {
    await mkdir(path.join(gitDir, folder), { recursive: true });
  }
  const core = { repositoryformatversion: sha256 ? '1' : '0', filemode: 'true', bare: 'false', ...content.config.core };
  const config = { ...content.config, core, ...(sha256 && { extensions: { objectformat: 'sha256' } }) };
  await writeFile(path.join(gitDir, 'objects/info/alternates'), `${path.join(content.landing.dir, 'objects')}\n`);
  await writeFile(path.join(gitDir, 'config'), Object.entries(config).map(section).join(''));
  await writeFile(path.join(gitDir, 'HEAD'), content.head);
};

const section = ([name, values]: [string, Readonly<Record<string, string>>]): string =>
  `[${name}]\n${Object.entries(values)
    .map(([key, value]) => `\t${key} = "${safeLine(value).replace(/["\\]/g, '\\$&')}"\n`)
    .join('')}`;

const inAdmin = (dir: string, args: readonly string[], options: GitOptions = {}): Promise<GitResult> =>
  git(args, { gitDir: adminOf(dir), cwd: dir, env: { GIT_WORK_TREE: dir }, ...options });

/** Gives us back write and search permission on each folder of a tree. */
const openFolders = async (target: string): Promise<void> => {
  const entry = await lstat(target).catch(() => undefined);
  if (!entry?.isDirectory()) return;
  await chmod(target, 0o700);
  for (const child of await readdir(target, { withFileTypes: true })) {
    if (child.isDirectory()) await openFolders(path.join(target, child.name));
  }
};
