import { GastownError, isGastownError } from '../common/errors.ts';
import { ledgerGit } from './git.ts';

/** Every file of a commit. Rejects with `ledger_corrupt` when the commit cannot be read. */
export const listTree = async (gitDir: string, head: string): Promise<{ path: string; sha: string }[]> => {
  let listing: Buffer;
  try {
    listing = await ledgerGit(gitDir, ['ls-tree', '-r', '-z', head]);
  } catch (error) {
    if (!isGastownError(error, 'git_failed')) throw error;
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

/** Objects from which on several Git processes read at once: below, starting them costs more than they save. */
const READ_APART_FROM = 4_000;
/** Git processes that read at once while this one parses: more than the cores of a small machine gain nothing. */
const READERS = 3;

/**
 * The same for very many, each handed over as soon as it is read and then let go of: not in order, but with its place.
 * What `visit` throws is a bug.
 */
export const visitBlobs = async (
  gitDir: string,
  shas: readonly string[],
  visit: (index: number, blob: Buffer | undefined) => void,
): Promise<void> => {
  const size = shas.length < READ_APART_FROM ? shas.length : Math.ceil(shas.length / READERS);
  const starts = Array.from({ length: size === 0 ? 0 : Math.ceil(shas.length / size) }, (_, part) => part * size);
  await Promise.all(
    starts.map(async start => {
      const end = Math.min(start + size, shas.length);
      let next = start;
      const input = `${shas.slice(start, end).join('\n')}\n`;
      try {
        const onOutput = streamBatch(blob => visit(next++, blob));
        await ledgerGit(gitDir, ['cat-file', '--batch', '--buffer'], { input, onOutput });
      } catch (error) {
        if (!isGastownError(error, 'git_failed')) throw error;
        for (const blob of await readBlobs(gitDir, shas.slice(next, end))) visit(next++, blob);
      }
    }),
  );
};

/** Cuts the output of `cat-file --batch` into blobs as it comes. */
const streamBatch = (visit: (blob: Buffer | undefined) => void): ((chunk: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0);
  return chunk => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let offset = 0;
    for (;;) {
      const end = bytes.indexOf(0x0a, offset);
      if (end === -1) break;
      const [, type, size] = bytes.toString('latin1', offset, end).split(' ');
      const after = type === 'blob' ? end + 1 + Number(size) + 1 : end + 1;
      if (after > bytes.length) break;
      visit(type === 'blob' ? bytes.subarray(end + 1, after - 1) : undefined);
      offset = after;
    }
    rest = bytes.subarray(offset);
  };
};

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
