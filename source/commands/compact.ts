import { EXIT, GastownError } from '../common/errors.ts';
import { plural } from '../common/text.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown compact [--older-than 30d] [--dry-run]` */
export const compact = (
  invocation: Invocation,
  _args: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const { output } = invocation;
    const olderThanMs = options.olderThan === undefined ? undefined : durationMs(String(options.olderThan));
    const dryRun = options.dryRun === true;
    const { ids, savedChars } = await town.compact({ dryRun, ...(olderThanMs !== undefined && { olderThanMs }) });
    output.record('compaction', { ids, savedChars, dryRun });
    if (ids.length === 0)
      output.say('There is nothing to fold: no bead was closed so long ago with more to say than a digest.');
    else
      output.say(
        `${plural(ids.length, 'bead')} ${dryRun ? 'would be folded' : 'folded'}: ${savedChars} characters less. gastown restore <bead> brings one back.`,
      );
    return undefined;
  });

/** `gastown restore <bead>` */
export const restore = (invocation: Invocation, [id]: string[]): Promise<number> =>
  withTown(invocation, async town => {
    await town.restore(id!);
    invocation.output.record('restored', { id });
    invocation.output.say(`${id} has its whole text again.`);
    return EXIT.done;
  });

const UNITS_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

export const durationMs = (text: string): number => {
  const match = /^(\d+)([dhms])$/.exec(text);
  if (match) return Number(match[1]) * UNITS_MS[match[2]!]!;
  throw new GastownError('usage', `--older-than wants a time such as 30d or 12h, found "${text}".`);
};
