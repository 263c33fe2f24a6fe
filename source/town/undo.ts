import { safeLine } from '../common/text.ts';
import { operatorChanges } from '../ledger/past.ts';
import { planUndo, stacksOf, stepWords } from '../ledger/undo.ts';
import type { TownContext } from './context.ts';
import type { UndoOffer } from './view.ts';

type UndoContext = Pick<TownContext, 'ledger' | 'paths'>;

/** What the operator could take back or do again: the last step, the one numbered `of`, or the one `before` that. Undefined when there is none. */
export const offerUndo = async (
  context: UndoContext,
  request: { way: 'undo' | 'redo'; of?: number | undefined; before?: number | undefined },
): Promise<UndoOffer | undefined> => {
  await context.ledger.flush();
  const plan = await planUndo({ gitDir: context.paths.ledger, data: context.ledger.data, ...request });
  if (!plan) return undefined;
  return {
    way: plan.way,
    of: plan.of,
    what: safeLine(plan.what),
    at: Date.parse(plan.at),
    lines: plan.lines.map(safeLine),
    ...(plan.refusal && { refusal: safeLine(plan.refusal) }),
    ...(plan.command && { intent: { type: 'history.undo', payload: plan.command } }),
  };
};

/** A step that could be taken back. */
export interface UndoStep {
  readonly of: number;
  readonly what: string;
  /** ISO time. */
  readonly at: string;
}

/** The steps that could be taken back, newest first. */
export const undoSteps = async (context: UndoContext): Promise<UndoStep[]> => {
  await context.ledger.flush();
  const { undo } = stacksOf(await operatorChanges(context.paths.ledger));
  return undo.map(step => ({ of: step.seq, what: safeLine(stepWords(step)), at: step.at }));
};

export const nothingToUndo = (way: 'undo' | 'redo'): string =>
  way === 'undo' ? 'There is nothing of yours to take back.' : 'There is nothing to do again.';
