import { validApproval } from '../source/ledger/approvals.ts';
import type { Bead, LedgerData, Merge, Rig } from '../source/ledger/schema.ts';
import { ms } from './facts.ts';
import type { WorldView } from './role.ts';

/** What may happen while nobody is at the screen: `[unattended]` in town.toml. */
export interface UnattendedPolicy {
  /** `all`: whatever was slung. `begun`: only what a session has worked on already. `none`: nothing; what is at work goes on to its end. */
  readonly dispatch: (typeof UNATTENDED_DISPATCH)[number];
  /** `policy`: as each rig's policy has it. `approved`: only what a person approved. `none`: nothing. */
  readonly land: (typeof UNATTENDED_LAND)[number];
  /** Of what is left of the budgets of day and town when the person leaves, the share that may be spent until they are back. */
  readonly budgetShare: number;
}
export const UNATTENDED_DISPATCH = ['all', 'begun', 'none'] as const;
export const UNATTENDED_LAND = ['policy', 'approved', 'none'] as const;

/** Why a bead that was slung goes on no hook before somebody is back, or undefined. What a person slings meanwhile is their word. */
export const notDispatchedUnattended = ({ observed, settings }: WorldView, bead: Bead): string | undefined => {
  const { absence } = observed;
  const { dispatch } = settings.unattended;
  if (!absence || dispatch === 'all' || (dispatch === 'begun' && bead.town.attempts > 0)) return undefined;
  const wish = bead.town.dispatch;
  if (wish?.by === OPERATOR && ms(wish.at) >= absence.since) return undefined;
  return `nobody is at the screen: ${NOTHING_NEW[dispatch]}`;
};

/** Why a request is neither tested nor landed before somebody is back, or undefined. */
export const notLandedUnattended = (view: WorldView, merge: Merge, rig: Rig): string | undefined => {
  const { land } = view.settings.unattended;
  if (!view.observed.absence || land === 'policy') return undefined;
  if (land === 'approved' && isApproved(view.ledger, merge, rig)) return undefined;
  return `nobody is at the screen: ${NOTHING_LANDS[land]}`;
};

/** What a policy holds back, in one line; empty where it is nothing. */
export const unattendedWords = ({ dispatch, land, budgetShare }: UnattendedPolicy): string =>
  [
    dispatch === 'all' ? '' : NOTHING_NEW[dispatch],
    land === 'policy' ? '' : NOTHING_LANDS[land],
    budgetShare >= 1
      ? ''
      : `${Math.round(budgetShare * 100)} % of what was left of the budgets of day and town may be spent`,
  ]
    .filter(Boolean)
    .join('; ');

const NOTHING_NEW = { begun: 'only what was begun goes on', none: 'nothing new is begun' };
const NOTHING_LANDS = { approved: 'only what you approved lands', none: 'nothing lands' };

/** A taking back was asked for by a person. */
const isApproved = (ledger: LedgerData, merge: Merge, rig: Rig): boolean =>
  merge.reverts !== undefined || validApproval(ledger, merge, rig.policy) !== undefined;

const OPERATOR = 'operator';
