import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import type { Memory } from './memory.ts';
import type { GitOptions, GitResult } from './run.ts';

/** What the parts of a landing repository share. */
export interface LandingRepository {
  readonly dir: string;
  /** Absolute path or URL of the repository that work lands in. */
  readonly origin: string;
  /** Target branch, without `refs/heads/`. */
  readonly branch: string;
  readonly objectFormat: ObjectFormat;
  /** The user's environment, for reaching the origin; this process's when absent. */
  readonly userEnv: NodeJS.ProcessEnv | undefined;
  /** Whoever uses it stops: what talks to the origin is ended, for a line that hangs could take ten minutes. */
  readonly closing: AbortSignal | undefined;
  readonly memory: Memory;
  /** Runs hardened Git in the landing repository. */
  run(args: readonly string[], options?: GitOptions): Promise<GitResult>;
  /** As `run`: standard output without its final newline. */
  line(args: readonly string[], options?: GitOptions): Promise<string>;
}

export type ObjectFormat = 'sha1' | 'sha256';

/** Our copy of the origin's target branch. */
export const trackingRef = (repository: LandingRepository): string => `refs/remotes/origin/${repository.branch}`;

/** Options for Git commands in or with the origin: as the user, whose repository it is. */
export const asUser = (repository: Pick<LandingRepository, 'userEnv'>): GitOptions => ({
  as: 'user',
  ...(repository.userEnv && { userEnv: repository.userEnv }),
});

/** The same for those that may wait for another machine, and that leave nothing half done when they are ended. */
export const overLine = (repository: Pick<LandingRepository, 'userEnv' | 'closing'>): GitOptions => ({
  ...asUser(repository),
  ...(repository.closing && { signal: repository.closing }),
});

/** Stops anything that is not a full object id on its way into a Git command line. */
export const requireObject = (...ids: readonly string[]): void => {
  for (const id of ids) {
    if (!OBJECT.test(id)) throw new GastownError('invalid', `${safeLine(id).slice(0, 80)} is not a full object id.`);
  }
};

/** The same for refs: only the town's own may be written. */
export const requireOwnRef = (ref: string): void => {
  if (!OWN_REF.test(ref) || ref.includes('..') || ref.includes('//') || ref.endsWith('/') || ref.endsWith('.lock')) {
    throw new GastownError('invalid', `${safeLine(ref)} is not a ref of the town.`);
  }
};

const OBJECT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const OWN_REF = /^refs\/(gastown|remotes)\/[^~^:?*[\\\u0000-\u0020\u007f]+$/;
