import { validApproval } from '../source/ledger/approvals.ts';
import type { Bead, LedgerData, Merge, Rig } from '../source/ledger/schema.ts';
import { ms } from './facts.ts';
import type { WorldView } from './role.ts';
import type { UnattendedPolicy } from './settings.ts';

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
