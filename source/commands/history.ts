import { historyLines } from '../town/history.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown history <id>`: oldest first, one JSON object a change under `--json`. */
export const history = (invocation: Invocation, [id]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const entries = await town.history(id!);
    for (const entry of entries) invocation.output.record('change', { id, ...entry });
    for (const line of historyLines(entries)) invocation.output.say(line);
    return undefined;
  });
