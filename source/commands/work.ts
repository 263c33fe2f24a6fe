import { GastownError } from '../common/errors.ts';
import type { Invocation } from './invocation.ts';
import { chooseRig, withTown } from './with-town.ts';

/** `gastown sling <bead|convoy>…` */
export const sling = (invocation: Invocation, ids: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, async town => {
    const convoys = new Set((await town.records('convoys')).map(convoy => convoy.id));
    for (const id of ids) {
      const outcome = convoys.has(id)
        ? await town.dispatch({ type: 'convoy.sling', payload: { id } })
        : await town.dispatch({
            type: 'bead.sling',
            payload: {
              id,
              ...(options.agent !== undefined && { agent: options.agent as string }),
              ...(options.to !== undefined && { polecat: options.to as string }),
            },
          });
      invocation.output.record(convoys.has(id) ? 'convoy' : 'bead', { id, message: outcome.message });
      invocation.output.say(outcome.message);
    }
    if (!town.running) invocation.output.say('No town runs here just now: open it with `gastown`, or `gastown run`.');
    return undefined;
  });

/** `gastown unsling <bead>…` */
export const unsling = (invocation: Invocation, ids: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    for (const id of ids) {
      const outcome = await town.dispatch({ type: 'bead.unsling', payload: { id } });
      invocation.output.record('bead', { id, message: outcome.message });
      invocation.output.say(outcome.message);
    }
    return undefined;
  });

/** `gastown stop <polecat>` */
export const stop = (
  invocation: Invocation,
  [polecat]: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const outcome = await town.dispatch({
      type: 'polecat.stop',
      payload: { polecat: polecat!, requeue: options.requeue === true },
    });
    invocation.output.record('polecat', { id: polecat, message: outcome.message });
    invocation.output.say(outcome.message);
    return undefined;
  });

/** `gastown create <title>` */
export const create = (
  invocation: Invocation,
  [title]: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const priority = Number(options.priority);
    if (!Number.isInteger(priority) || priority < 0 || priority > 4) {
      throw new GastownError(
        'usage',
        `--priority wants a number from 0 (highest) to 4, found "${String(options.priority)}".`,
      );
    }
    const rig = await chooseRig(town, options.rig as string | undefined);
    const { subject } = await town.dispatch({
      type: 'bead.create',
      payload: {
        title: title!,
        rig,
        priority,
        dispatch: options.sling === true,
        ...(options.description !== undefined && { description: options.description as string }),
      },
    });
    const bead = (await town.records('beads')).find(record => record.id === subject)!;
    invocation.output.record('bead', bead);
    invocation.output.say(
      options.sling
        ? `${bead.id} created and slung.`
        : `${bead.id} created. Have it worked on: gastown sling ${bead.id}`,
    );
    return undefined;
  });
