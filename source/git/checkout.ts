import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import { type LandingRepository, trackingRef } from './landing-repository.ts';
import { isMarked, placeTree, removePlaced } from './worktree.ts';

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

/** Removes a checkout that `prepareCheckout` made inside `root`; anything else is refused with `forbidden`. A missing one is fine. */
export const removeCheckout = async ({ root, dir }: { root: string; dir: string }): Promise<void> => {
  const target = path.resolve(dir);
  const parent = await realpath(path.dirname(target)).catch(() => undefined);
  if (parent === undefined) return;
  const inside = path.relative(await realpath(root), path.join(parent, path.basename(target)));
  const outside = inside === '' || inside.startsWith('..') || path.isAbsolute(inside);
  if (outside || !(await isMarked(target))) {
    if (!outside && (await isGone(target))) return;
    throw new GastownError('forbidden', `${safeLine(target)} was not made by the town, so it is not removed.`);
  }
  await removePlaced(target);
};

const NOWHERE = '/nonexistent/work-is-handed-in-with-gt-done';

const isGone = async (target: string): Promise<boolean> =>
  (await realpath(target).catch(() => undefined)) === undefined;
