import type { Merge, Rig } from '../../source/ledger/schema.ts';
import type { FailingEffect } from '../role.ts';

/** Why a landing by pull request is not done yet, in one line; undefined where the rig pushes, or nothing is known yet. */
export const pullRequestWhy = (rig: Rig, merge: Merge, last: FailingEffect | undefined): string | undefined => {
  if (rig.land !== 'pr') return undefined;
  if (last?.waitsOn !== undefined) return last.error;
  const where = merge.pr ? `PR #${merge.pr.number}` : 'to be put into a pull request';
  if (last) return `${where}, which fails for now: ${last.error}`;
  return merge.pr ? `${where}: being looked at` : where;
};
