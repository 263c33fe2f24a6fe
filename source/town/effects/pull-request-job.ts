import type { Effect } from '../../../roles/role.ts';
import type { PullRequests } from '../../git/github/pull-requests.ts';
import type { Landing } from '../../git/landing.ts';
import type { Merge, Rig } from '../../ledger/schema.ts';
import type { TownContext } from '../context.ts';

/** One landing by pull request, and all that its steps look at. */
export interface Job {
  readonly context: TownContext;
  readonly effect: Extract<Effect, { type: 'land' }>;
  readonly landing: Landing;
  readonly rig: Rig;
  readonly merges: readonly Merge[];
  readonly hub: PullRequests;
}
