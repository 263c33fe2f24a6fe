import { type LandingRepository, requireObject } from './landing-repository.ts';

/** Characters of differences that are looked at: work that rewrites more is never taken for a copy of other work. */
const MAX_DIFF_CHARS = 8_000_000;
const DIFF = ['diff', '--no-color', '--no-ext-diff', '--no-textconv', '--full-index', '--no-renames'] as const;

/**
 * What `head` changes since it left `base`, wherever that is: two with the same id are the same change, byte for byte
 * (white space counts, as it does in Python), binary files by their objects. Undefined where it changes nothing,
 * or too much to be compared. Fails with `git_failed` when a commit is missing.
 */
export const patchIdOf = async (
  repository: Pick<LandingRepository, 'run'>,
  { base, head }: { readonly base: string; readonly head: string },
): Promise<string | undefined> => {
  requireObject(base, head);
  const diff = await repository.run([...DIFF, `${base}...${head}`], {
    encoding: 'latin1',
    maxOutputBytes: MAX_DIFF_CHARS,
  });
  if (diff.truncated || diff.stdout === '') return undefined;
  const { stdout } = await repository.run(['patch-id', '--verbatim'], { input: Buffer.from(diff.stdout, 'latin1') });
  return /^([0-9a-f]{40,64}) /.exec(stdout)?.[1];
};
