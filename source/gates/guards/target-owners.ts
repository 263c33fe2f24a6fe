import { createHash } from 'node:crypto';
import { readFirst } from '../../git/change.ts';
import type { LandingRepository } from '../../git/landing-repository.ts';
import { CODEOWNERS_PATHS } from './code-owners.ts';

export interface TargetOwners {
  readonly text: string;
  /** The same for the same text: kept with the rig, so that the ledger knows when what guards ask is another. */
  readonly fingerprint: string;
}

/** Who owns what, as the target itself says at this tip; undefined where it does not. */
export const readTargetOwners = async (
  repository: Pick<LandingRepository, 'run' | 'memory'>,
  tip: string,
): Promise<TargetOwners | undefined> => {
  const text = await readFirst(repository, tip, CODEOWNERS_PATHS);
  if (text === undefined) return undefined;
  return { text, fingerprint: createHash('sha256').update(text).digest('hex').slice(0, FINGERPRINT_CHARS) };
};

/** 64 bits: two texts of one repository never meet by chance. */
const FINGERPRINT_CHARS = 16;
