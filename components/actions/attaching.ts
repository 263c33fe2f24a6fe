import type { PolecatRow } from '../../source/town/view.ts';
import { canAttach, hasTerminal } from '../enabled.ts';
import { boundIn, withKeys } from '../keymap.ts';
import type { ScreenContext } from '../situation.ts';
import type { ScreenState } from '../state.ts';
import { refuse, type Step, say, step } from './step.ts';

/** Ms that a person waits for a terminal at most: a session that is not there by then has another trouble. */
export const ATTACH_WAIT_MS = 30_000;

/**
 * The screen goes to this polecat's session. One that is not seen yet, because it begins or the town has just been opened,
 * is waited for: visibly, until a key says otherwise.
 */
export const attachTo = (state: ScreenState, context: ScreenContext, polecat: PolecatRow): Step =>
  hasTerminal(polecat)
    ? goTo(withoutWait(state), context, polecat)
    : step({ ...state, attaching: { polecat: polecat.id, name: polecat.name, since: context.now } });

/** The town was looked at again: is the terminal there that is waited for? */
export const lookForTerminal = (state: ScreenState, context: ScreenContext): Step => {
  const { attaching } = state;
  if (!attaching) return step(state);
  const polecat = context.view.polecats.find(({ id }) => id === attaching.polecat);
  const over = withoutWait(state);
  if (!polecat || !canAttach(polecat))
    return refuse(over, `${attaching.name} has no session any more: it is ${polecat?.state ?? 'gone'}.`, context);
  if (!hasTerminal(polecat))
    return context.now - attaching.since < ATTACH_WAIT_MS
      ? step(state)
      : refuse(over, `The terminal of ${attaching.name} did not come: {explain} shows what is known of it.`, context);
  if (state.dialogs.length === 0) return goTo(over, context, polecat);
  // Whoever does something else by now is not taken away from it.
  const words = withKeys(`The terminal of ${polecat.name} is there: {attach} attaches.`, boundIn(context));
  return step(say(over, words, { kind: 'good', now: context.now }));
};

/** Nobody waits for a terminal any more. */
export const withoutWait = ({ attaching: _, ...state }: ScreenState): ScreenState => state;

const goTo = (state: ScreenState, context: ScreenContext, { session, name }: PolecatRow): Step => {
  const words = withKeys(`Attaching to ${name}; {detach} detaches…`, boundIn(context));
  const said = say(state, words, { now: context.now });
  return step(said, { type: 'attach', session: session!, name });
};
