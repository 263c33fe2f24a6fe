import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { isSameProcess, processStartTime } from '../../agents/process.ts';
import { plural } from '../../common/text.ts';
import { removeTree } from '../../git/worktree.ts';
import { furnish, ownFolders } from '../furnish.ts';
import { dropDeadGroups, recordedGroups } from '../gate-groups.ts';
import type { TownPaths } from '../paths.ts';

/** Something of the town's own that is wrong and can be put right without losing anything. */
export interface Leftover {
  readonly check: string;
  /** What was found, in plain words; what is done about it. */
  readonly message: string;
  readonly remedy: string;
  fix(): Promise<void>;
}

/** No Git command and no write of the town's takes this long: what is older was left by a process that died. */
const STALE_AFTER_MS = 60 * 60_000;

/**
 * What crashes left behind in the town's own folders: locks, temporary files, records of processes that are gone, and
 * folders that are missing. Looks only where nobody but the town writes, never into a checkout, a trash or a rig's origin.
 */
export const findLeftovers = async (paths: TownPaths, now = Date.now()): Promise<Leftover[]> => {
  const found = await Promise.all([
    staleLocks(paths, now),
    temporaryFiles(paths, now),
    deadGates(paths),
    missing(paths),
  ]);
  return found.filter(one => one !== undefined);
};

const staleLocks = async (paths: TownPaths, now: number): Promise<Leftover | undefined> => {
  const repositories = [paths.ledger, ...(await landings(paths))];
  const locks: string[] = [];
  for (const dir of repositories) {
    locks.push(...(await filesIn(dir, { recursive: false, isOne: name => name.endsWith('.lock') })));
    locks.push(...(await filesIn(path.join(dir, 'refs'), { recursive: true, isOne: name => name.endsWith('.lock') })));
  }
  return removal(await stale(locks, now), {
    check: 'locks',
    what: count =>
      `${plural(count, 'lock')} of Git that a process left which is gone; nothing can be written past them`,
  });
};

const temporaryFiles = async (paths: TownPaths, now: number): Promise<Leftover | undefined> => {
  const isOurs = (name: string) => {
    const [, pid] = /^\..+\.(\d+)\.[0-9a-f]{8}\.tmp$/.exec(name) ?? [];
    return pid !== undefined && processStartTime(Number(pid)) === undefined;
  };
  const folders = [paths.dir, path.dirname(paths.dogs), paths.meter];
  const files = (await Promise.all(folders.map(dir => filesIn(dir, { recursive: false, isOne: isOurs })))).flat();
  const drills = existsSync(paths.backups)
    ? (await fs.readdir(paths.backups)).filter(name => name.startsWith('drill-') || name.endsWith('.bundle.new'))
    : [];
  files.push(...drills.map(name => path.join(paths.backups, name)));
  return removal(await stale(files, now), {
    check: 'temporary files',
    what: count => `${plural(count, 'unfinished file')} of writes and backups that were cut short`,
  });
};

const deadGates = async ({ gateGroups }: TownPaths): Promise<Leftover | undefined> => {
  const dead = recordedGroups(gateGroups).filter(({ pgid, startTime }) => !isSameProcess(pgid, startTime));
  if (dead.length === 0) return undefined;
  return {
    check: 'process records',
    message: `${plural(dead.length, 'gate')} on record as running whose process is gone`,
    remedy: 'forgets them',
    fix: async () => dropDeadGroups(gateGroups),
  };
};

const missing = async (paths: TownPaths): Promise<Leftover | undefined> => {
  const absent = ownFolders(paths).filter(folder => !existsSync(folder));
  const hasTools = existsSync(path.join(paths.bin, 'gt')) && existsSync(paths.operatorToken);
  if (absent.length === 0 && hasTools) return undefined;
  const names = [...absent.map(folder => path.relative(paths.dir, folder)), ...(hasTools ? [] : ["the agents' tools"])];
  return {
    check: 'folders',
    message: `the town's own ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} missing`,
    remedy: 'makes them anew',
    fix: () => furnish(paths),
  };
};

const removal = (
  files: readonly string[],
  words: { check: string; what: (count: number) => string },
): Leftover | undefined => {
  if (files.length === 0) return undefined;
  return {
    check: words.check,
    message: words.what(files.length),
    remedy: `removes ${files.length === 1 ? 'it' : 'them'}`,
    async fix() {
      for (const file of files) await removeTree(file);
    },
  };
};

const stale = async (files: readonly string[], now: number): Promise<string[]> => {
  const old: string[] = [];
  for (const file of files) {
    const stat = await fs.lstat(file).catch(gone);
    if (stat && now - stat.mtimeMs >= STALE_AFTER_MS) old.push(file);
  }
  return old;
};

const landings = async (paths: TownPaths): Promise<string[]> => {
  const rigs = path.dirname(paths.rig('any'));
  const names = existsSync(rigs) ? await fs.readdir(rigs) : [];
  return names.map(name => paths.landing(name)).filter(dir => existsSync(dir));
};

const filesIn = async (
  dir: string,
  { recursive, isOne }: { recursive: boolean; isOne: (name: string) => boolean },
): Promise<string[]> => {
  const entries = (await fs.readdir(dir, { withFileTypes: true, recursive }).catch(gone)) ?? [];
  return entries
    .filter(entry => entry.isFile() && isOne(entry.name))
    .map(entry => path.join(entry.parentPath, entry.name));
};

const gone = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};
