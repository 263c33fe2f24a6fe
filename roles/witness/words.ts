import type { LedgerData } from '../../source/ledger/schema.ts';

/** What agents are told in the Witness's name. */

export const NUDGE =
  'Gas Town: there has been no progress for a while. Go on with the bead on your hook (gt prime shows it), ' +
  'or report with gt done, gt handoff or gt escalate.';

export const LIMIT_OVER =
  'Gas Town: the service of your model turned you away, and may answer again by now. Go on where you were; ' +
  'when the work is finished and committed, run gt done -m "<summary>".';

const REMINDER =
  'Gas Town: you ended your turn without reporting. If the work is finished and committed, run gt done -m "<summary>" ' +
  '(gt done --no-change if nothing needed doing). If it is not, go on. If you cannot, run gt failed, gt handoff or gt escalate. gt prime shows the task again.';

const PLANNING_REMINDER =
  'Gas Town: you ended your turn without reporting. If the plan is ready, hand it in with gt propose -f plan.md and run ' +
  'gt done -m "<summary>" (gt done --no-change if nothing is to be planned). If it is not, go on. If you need a person, run gt ask.';

/** What an agent is told that ended its turn without a report. */
export const reminderFor = (ledger: LedgerData, bead: string): string =>
  ledger.beads.get(bead)?.town.role === 'mayor' ? PLANNING_REMINDER : REMINDER;
