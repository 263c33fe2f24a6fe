import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GastownError } from '../common/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';
import { safeLine } from '../common/text.ts';
import { type Changes, createChanges } from './changes.ts';
import { type ContainmentAnswer, type ContainmentQuestion, checkContainment } from './containment.ts';
import { createHistory, type History } from './history.ts';
import { createLander, type Lander } from './land.ts';
import {
  type LandingRepository,
  type ObjectFormat,
  overLine,
  requireObject,
  requireOwnRef,
} from './landing-repository.ts';
import { createMemory } from './memory.ts';
import { createMergeTree, type MergeTree } from './merge-tree.ts';
import { createOriginReader, FETCH_TIMEOUT_MS, type OriginReader } from './origin.ts';
import { BACK_OFF, type BackOff } from './push.ts';
import { createRadar, type Radar } from './radar.ts';
import { isUrl } from './repository.ts';
import { git, gitLine } from './run.ts';
import { createSnapshots, type Snapshots } from './snapshot.ts';

export interface LandingOptions {
  /** Where the bare repository is or shall be: a path of the town's own. */
  dir: string;
  /** Absolute path or URL of the repository that work lands in. */
  origin: string;
  /** Target branch, without `refs/heads/`. */
  branch: string;
  /** The user's environment, for reaching the origin. Default: this process's. */
  env?: NodeJS.ProcessEnv;
  /** See `LandingRepository.closing`. */
  closing?: AbortSignal;
  /** How often and with what pauses a push that does not come through is tried. */
  backOff?: Partial<BackOff>;
  /** One push, and one question to a remote, give up after this. */
  pushTimeoutMs?: number;
  queryTimeoutMs?: number;
}

/**
 * One bare repository a rig, the town's own, in which all merging and looking at agents' work is done: nothing an agent
 * planted in its own repository is configuration here.
 */
export interface Landing extends LandingRepository, OriginReader, History, Changes, Lander, Snapshots {
  readonly mergeTree: MergeTree;
  readonly radar: Radar;
  /** Fetches a checkout's HEAD by path into `ref`, every new object checked. Fails with `git_failed` when there is nothing sound to fetch. */
  fetchWork(checkout: string, ref: string): Promise<string>;
  /** See containment.ts. */
  checkContainment(question: ContainmentQuestion): Promise<ContainmentAnswer>;
  /** Commit a ref names, or undefined. */
  resolve(ref: string): Promise<string | undefined>;
  /** Moves a ref; with `expected` only from that value (`null`: only if it does not exist). `conflict` otherwise. */
  setRef(ref: string, sha: string, expected?: string | null): Promise<void>;
  /** Removes a ref; with `expected` only if it has that value. A missing ref is fine. */
  deleteRef(ref: string, expected?: string): Promise<void>;
  /** Keeps a commit from ever being collected. */
  keep(ref: string, sha: string): Promise<void>;
  /** Brings many small packs together (each fetch makes one), losing nothing. True when there was something to do. */
  compact(): Promise<boolean>;
  /** Ends the long-lived child. The landing may be used again; it is started anew. */
  close(): Promise<void>;
}

/**
 * Opens the landing repository and creates it when there is none; opening it again changes nothing. The caller holds the
 * town's lock, so lock and temporary files found in it were left by a process that died, and are removed.
 */
export const openLanding = async (options: LandingOptions): Promise<Landing> => {
  const dir = path.resolve(options.dir);
  const objectFormat = await ensureRepository(dir, options);
  await removeStaleFiles(dir);
  const run: LandingRepository['run'] = (args, more = {}) => git(args, { gitDir: dir, cwd: dir, ...more });
  const repository: LandingRepository = {
    dir,
    origin: options.origin,
    branch: options.branch,
    objectFormat,
    userEnv: options.env,
    closing: options.closing,
    memory: createMemory(),
    run,
    line: async (args, more) => (await run(args, more)).stdout.replace(/\n$/, ''),
  };
  const { pushTimeoutMs, queryTimeoutMs } = options;
  const waiting = options.closing ? { signal: options.closing } : {};
  const backOff: BackOff = {
    ...BACK_OFF,
    random: Math.random,
    sleep: ms => sleep(ms, undefined, waiting),
    ...options.backOff,
  };
  const history = createHistory(repository);
  const origin = createOriginReader(repository, { history, ...(queryTimeoutMs !== undefined && { queryTimeoutMs }) });
  const mergeTree = createMergeTree(repository);
  return {
    ...repository,
    ...origin,
    ...history,
    ...createChanges(repository, history),
    ...createLander({ repository, origin, history, backOff, ...(pushTimeoutMs !== undefined && { pushTimeoutMs }) }),
    ...createSnapshots(repository, history),
    ...createRefs(repository),
    mergeTree,
    radar: createRadar(repository),
    checkContainment: question => checkContainment({ repository, history }, question),
    fetchWork: (checkout, ref) => fetchWork(repository, { checkout, ref }),
    compact: () => compact(repository),
    close: () => mergeTree.close(),
  };
};

/** Packs past which looking up an object takes noticeably longer. */
const MAX_PACKS = 40;
const COMPACT_TIMEOUT_MS = 10 * 60_000;

const compact = async (repository: LandingRepository): Promise<boolean> => {
  const packs = (await readdir(path.join(repository.dir, 'objects', 'pack'))).filter(name => name.endsWith('.pack'));
  if (packs.length <= MAX_PACKS) return false;
  // Geometric: whole packs are joined, so that objects no ref names any more, which a checkout may borrow, stay.
  await repository.run(['repack', '--quiet', '--geometric=2', '-d'], {
    timeoutMs: COMPACT_TIMEOUT_MS,
    ...(repository.closing && { signal: repository.closing }),
  });
  return true;
};

const createRefs = (repository: LandingRepository): Pick<Landing, 'resolve' | 'setRef' | 'deleteRef' | 'keep'> => {
  const resolve = async (ref: string): Promise<string | undefined> => {
    const answer = await repository.run(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`], {
      okCodes: [0, 1, 128],
    });
    return answer.code === 0 ? answer.stdout.trim() : undefined;
  };
  const update = async (ref: string, args: readonly string[]): Promise<void> => {
    requireOwnRef(ref);
    const answer = await repository.run(['update-ref', ...args], { okCodes: [0, 1, 128] });
    if (answer.code === 0) return;
    if (/cannot lock ref|is at|but expected|unable to resolve|already exists/.test(answer.stderr)) {
      throw new GastownError('conflict', `${ref} is not where it was expected: someone moved it meanwhile.`);
    }
    throw new GastownError('git_failed', `git update-ref failed: ${safeLine(answer.stderr).slice(0, 300)}`);
  };
  const setRef: Landing['setRef'] = async (ref, sha, expected) => {
    requireObject(sha);
    const old = expected === null ? '0'.repeat(sha.length) : expected;
    await update(ref, [ref, sha, ...(old === undefined ? [] : [old])]);
  };
  return {
    resolve,
    setRef,
    keep: (ref, sha) => setRef(ref, sha),
    async deleteRef(ref, expected) {
      await update(ref, ['-d', ref, ...(expected === undefined ? [] : [expected])]);
    },
  };
};

const fetchWork = async (repository: LandingRepository, work: { checkout: string; ref: string }): Promise<string> => {
  requireOwnRef(work.ref);
  await requirePlainCheckout(repository, work.checkout);
  await repository.run(
    [
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-recurse-submodules',
      '--force',
      '--',
      work.checkout,
      `HEAD:${work.ref}`,
    ],
    { timeoutMs: FETCH_TIMEOUT_MS },
  );
  return repository.line(['rev-parse', '--verify', `${work.ref}^{commit}`]);
};

/**
 * An agent may have replaced parts of its `.git` by pointers into a repository that it may not read itself, so that our
 * fetch would read it on its behalf.
 */
const requirePlainCheckout = async (repository: LandingRepository, checkout: string): Promise<void> => {
  const gitDir = path.join(checkout, '.git');
  const refuse = (what: string): never => {
    throw new GastownError('git_failed', `The checkout's repository cannot be trusted: ${what}.`, {
      hint: 'Start the work again in a fresh checkout.',
    });
  };
  for (const part of ['', 'objects', 'objects/info', 'objects/pack', 'refs']) {
    const entry = await lstat(path.join(gitDir, part)).catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' && part.includes('/') ? undefined : refuse(`.git/${part} cannot be read`),
    );
    if (entry && !entry.isDirectory()) refuse(`.git/${part} is not a folder of its own`);
  }
  if ((await readFileIfPresent(path.join(gitDir, 'commondir'))) !== undefined) refuse('it shares another repository');
  const alternates = await readFileIfPresent(path.join(gitDir, 'objects', 'info', 'alternates'));
  const foreign = (alternates ?? '')
    .split('\n')
    .filter(line => line !== '' && line !== path.join(repository.dir, 'objects'));
  if (foreign.length > 0) refuse('it borrows objects from a repository that is not its own');
};

const ensureRepository = async (dir: string, options: LandingOptions): Promise<ObjectFormat> => {
  const known = await readFileIfPresent(path.join(dir, 'config'));
  const objectFormat =
    known === undefined ? await originObjectFormat(options) : /objectformat = sha256/i.test(known) ? 'sha256' : 'sha1';
  if (known === undefined) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await git(
      ['init', '--quiet', '--bare', '--template=', `--object-format=${objectFormat}`, '--initial-branch=gastown', '.'],
      { cwd: dir },
    );
  }
  const wanted = landingConfig(objectFormat);
  if (known !== wanted) await writeFileAtomic(path.join(dir, 'config'), wanted);
  return objectFormat;
};

const originObjectFormat = async (options: LandingOptions): Promise<ObjectFormat> => {
  const user = overLine({ userEnv: options.env, closing: options.closing });
  if (!isUrl(options.origin)) {
    return (await gitLine(['rev-parse', '--show-object-format'], { cwd: options.origin, ...user })) === 'sha256'
      ? 'sha256'
      : 'sha1';
  }
  const heads = await gitLine(['ls-remote', '--', options.origin, 'HEAD'], { ...user, timeoutMs: FETCH_TIMEOUT_MS });
  return /^[0-9a-f]{64}\t/.test(heads) ? 'sha256' : 'sha1';
};

/** Checkouts lean on these objects (`clone --shared`), so nothing is ever pruned; what comes from agents is checked. */
const landingConfig = (objectFormat: ObjectFormat): string => `[core]
	repositoryformatversion = ${objectFormat === 'sha256' ? 1 : 0}
	filemode = true
	bare = true
	logAllRefUpdates = false
	hooksPath = /dev/null
	fsmonitor = false
	protectHFS = true
	protectNTFS = true
	fsync = all
${objectFormat === 'sha256' ? '[extensions]\n\tobjectformat = sha256\n' : ''}[gc]
	auto = 0
	pruneExpire = never
	worktreePruneExpire = never
[maintenance]
	auto = false
[transfer]
	fsckObjects = true
[receive]
	fsckObjects = true
	denyNonFastForwards = true
	denyDeletes = true
[uploadpack]
	hideRefs = refs/gastown
`;

/** What a killed Git leaves: ref and config locks, half-written objects and packs, our own temporary indexes. */
const removeStaleFiles = async (dir: string): Promise<void> => {
  const stale: string[] = [];
  const collect = async (folder: string, isStale: (name: string) => boolean, recursive: boolean): Promise<void> => {
    const entries = await readdir(path.join(dir, folder), { withFileTypes: true, recursive }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      },
    );
    for (const entry of entries)
      if (entry.isFile() && isStale(entry.name)) stale.push(path.join(entry.parentPath, entry.name));
  };
  await collect('', name => name.endsWith('.lock') || name.startsWith('gastown-index-'), false);
  await collect('refs', name => name.endsWith('.lock'), true);
  await collect('objects', name => name.startsWith('tmp_') || name.startsWith('.tmp-') || name.endsWith('.lock'), true);
  await Promise.all(stale.map(file => rm(file, { force: true })));
};
