import { GastownError } from '../common/errors.ts';
import { duration, plural } from '../common/text.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown trash` and `gastown trash list` */
export const list = (invocation: Invocation): Promise<undefined> =>
  withTown(invocation, async town => {
    const entries = await town.trash.list();
    for (const entry of entries) invocation.output.record('trash', entry);
    if (entries.length === 0) {
      invocation.output.say('The trash is empty.');
      return undefined;
    }
    invocation.output.table(
      ['ID', 'POLECAT', 'FOR', 'STILL HOLDS'],
      entries.map(entry => [
        entry.id,
        entry.polecat,
        duration(Date.now() - Date.parse(entry.at)),
        entry.holds.join('; ') || 'nothing',
      ]),
    );
    return undefined;
  });

/** `gastown trash restore <id>` */
export const restore = (invocation: Invocation, [id]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const entry = await town.trash.restore(id!);
    invocation.output.record('trash', entry);
    invocation.output.say(`${entry.polecat} has its checkout back: ${entry.checkout}`);
    return undefined;
  });

/** `gastown trash empty [id]`: without an id only with --all, since nothing brings it back. */
export const empty = (invocation: Invocation, [id]: string[], options: Record<string, unknown>): Promise<undefined> => {
  if ((id === undefined) !== (options.all === true)) {
    throw new GastownError('usage', 'Say which one is to be removed for good, or --all.', {
      hint: 'gastown trash lists them with what they still hold.',
    });
  }
  return withTown(invocation, async town => {
    const entries = await town.trash.empty(id);
    for (const entry of entries) invocation.output.record('trash', entry);
    invocation.output.say(`${plural(entries.length, 'checkout')} removed for good.`);
    return undefined;
  });
};
