import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';
import type { TownPaths } from './paths.ts';

/** When a person last had the screen before them, ms since the epoch. Ephemeral: it is no fact of the town's. */
export const readLastSeen = async ({ lastSeen }: Pick<TownPaths, 'lastSeen'>): Promise<number | undefined> => {
  const at = Number(await readFileIfPresent(lastSeen));
  return Number.isSafeInteger(at) && at > 0 ? at : undefined;
};

export const writeLastSeen = ({ lastSeen }: Pick<TownPaths, 'lastSeen'>, at: number): Promise<void> =>
  writeFileAtomic(lastSeen, `${at}\n`);
