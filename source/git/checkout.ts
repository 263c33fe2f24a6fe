import path from 'node:path';
import { type LandingRepository, trackingRef } from './landing-repository.ts';
import { placeTree } from './worktree.ts';

export interface CheckoutOptions {
  landing: LandingRepository;
  dir: string;
  /** Commit to start from; must be in the landing repository. */
  base: string;
  /** New branch in the checkout that points at `base`. */
  branch: string;
  author: { name: string; email: string };
}

/**
 * Gives an agent a checkout of its own with exactly the files of `base` on a new branch. What an earlier use left there
 * is removed: take a snapshot first. The agent can fetch the target from `origin` (the landing repository) and can push
 * nowhere. `reused` when the folder's files were brought to `base` instead of all being written.
 */
export const prepareCheckout = async (options: CheckoutOptions): Promise<{ dir: string; reused: boolean }> => {
  const { landing, base, branch, author } = options;
  const dir = path.resolve(options.dir);
  const { reused } = await placeTree({
    landing,
    dir,
    commit: base,
    inside: {
      branch,
      refs: { [trackingRef(landing)]: base },
      config: {
        user: { name: author.name, email: author.email },
        'remote "origin"': {
          url: landing.dir,
          fetch: '+refs/remotes/origin/*:refs/remotes/origin/*',
          // Work is handed in, not pushed: the town fetches it.
          pushurl: NOWHERE,
        },
        gc: { auto: '0' },
      },
    },
  });
  return { dir, reused };
};

const NOWHERE = '/nonexistent/work-is-handed-in-with-gt-done';
