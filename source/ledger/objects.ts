import { GastownError, isGastownError } from '../common/errors.ts';
import { ledgerGit } from './git.ts';

/** Every file of a commit. Rejects with `ledger_corrupt` when the commit cannot be read. */
export const listTree = async (gitDir: string, head: string): Promise<{ path: string; sha: string }[]> => {
  let listing: Buffer;
  try {
    listing = await ledgerGit(gitDir, ['ls-tree', '-r', '-z', head]);
  } catch (error) {
    throw new GastownError('ledger_corrupt', `The ledger's newest commit ${head} cannot be read.`, {
      hint: 'Restore the town from a backup bundle: see the folder backups/.',
      cause: error,
    });
  }
  return listing
    .toString('utf8')
    .split('\0')
    .filter(Boolean)
    .map(line => {
      const tab = line.indexOf('\t');
      return { path: line.slice(tab + 1), sha: line.slice(0, tab).split(' ')[2]! };
    });
};

/**
 * Blobs in the order asked for; undefined for one that is missing or damaged. Rejects with `ledger_corrupt` where so many
 * are damaged that it is no longer a matter of single records.
 */
export const readBlobs = (gitDir: string, shas: readonly string[]): Promise<(Buffer | undefined)[]> =>
  readHalving(gitDir, shas, { damaged: 0 });

/** Damaged objects that are looked for one by one, each at the price of a few Git processes. */
export const DAMAGED_MAX = 100;

const readHalving = async (
  gitDir: string,
  shas: readonly string[],
  found: { damaged: number },
): Promise<(Buffer | undefined)[]> => {
  try {
    return parseBatch(await ledgerGit(gitDir, ['cat-file', '--batch', '--buffer'], { input: `${shas.join('\n')}\n` }));
  } catch (error) {
    if (!isGastownError(error, 'git_failed')) throw error;
    // Git gives up at the first damaged object: halving finds it, and everything else is read.
    if (shas.length === 1) {
      if (++found.damaged > DAMAGED_MAX) throw tooManyDamaged();
      return [undefined];
    }
    const middle = shas.length >> 1;
    return [
      ...(await readHalving(gitDir, shas.slice(0, middle), found)),
      ...(await readHalving(gitDir, shas.slice(middle), found)),
    ];
  }
};

/** Says that the ledger as a whole is broken, not some records of it. */
export const tooManyDamaged = (): GastownError =>
  new GastownError('ledger_corrupt', `More than ${DAMAGED_MAX} records of the ledger cannot be read.`, {
    hint: 'gastown doctor names the damaged files. Restore the town from a backup bundle: see the folder backups/.',
  });

const parseBatch = (output: Buffer): (Buffer | undefined)[] => {
  const blobs: (Buffer | undefined)[] = [];
  for (let offset = 0; offset < output.length; ) {
    const end = output.indexOf(0x0a, offset);
    const [, type, size] = output.toString('latin1', offset, end).split(' ');
    offset = end + 1;
    if (type !== 'blob') {
      blobs.push(undefined);
      continue;
    }
    blobs.push(output.subarray(offset, offset + Number(size)));
    offset += Number(size) + 1;
  }
  return blobs;
};
