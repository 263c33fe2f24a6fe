import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown estop [reason]`: holds through restarts until thawed. */
export const estop = (invocation: Invocation, [reason]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const outcome = await town.dispatch({
      type: 'town.estop',
      payload: { reason: reason ?? 'The operator pulled the emergency stop.' },
    });
    invocation.output.record('town', { estop: true, message: outcome.message });
    invocation.output.say(outcome.message);
    return undefined;
  });

/** `gastown thaw` */
export const thaw = (invocation: Invocation): Promise<undefined> =>
  withTown(invocation, async town => {
    const wasStopped = (await town.view()).town.estop;
    const outcome = await town.dispatch({ type: 'town.thaw', payload: {} });
    const message = wasStopped ? outcome.message : 'The town was not stopped.';
    invocation.output.record('town', { estop: false, message });
    invocation.output.say(message);
    return undefined;
  });
