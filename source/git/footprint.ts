import { type Change, differences } from './differences.ts';
import type { LandingRepository } from './landing-repository.ts';

/** What one branch does to the target, as paths in bytes (`latin1`). */
export interface Footprint {
  /** Files that differ. */
  readonly paths: ReadonlySet<string>;
  /** Folders that lose a file: Git may take it for moved, and what others put there for moved, too. */
  readonly left: ReadonlySet<string>;
}

/** Of commits that each stand on the tip. One child for all. */
export const footprintsOf = async (
  repository: Pick<LandingRepository, 'run'>,
  { tip, commits }: { tip: string; commits: readonly string[] },
): Promise<Footprint[]> => {
  if (commits.length === 0) return [];
  const changes = await differences(
    repository,
    commits.map(to => ({ from: tip, to })),
  );
  return changes.map(files => ({
    paths: new Set(files.keys()),
    left: new Set([...files].filter(([, change]) => isGone(change)).map(([path]) => folderOf(path))),
  }));
};

/**
 * Whether the two could conflict at all. They cannot where no file is changed by both, none is a folder for the other, and
 * neither touches what is in a folder that the other takes a file from.
 */
export const mayMeet = (one: Footprint, other: Footprint): boolean => reaches(one, other) || reaches(other, one);

const reaches = (one: Footprint, { paths, left }: Footprint): boolean => {
  for (const path of one.paths) {
    if (paths.has(path) || left.has(folderOf(path))) return true;
    for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder))
      if (paths.has(folder) || left.has(folder)) return true;
  }
  return false;
};

const isGone = ({ to }: Change): boolean => to.startsWith('000000 ');

/** `a/b` of `a/b/c`; empty for what lies at the top. */
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
