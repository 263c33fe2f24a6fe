import { GastownError } from '../common/errors.ts';
import { digestLines } from '../town/digest.ts';
import { durationMs } from './compact.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown digest [--since <time>]`: what happened since the screen was last open, or since a moment. */
export const digest = (invocation: Invocation, _args: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, async town => {
    const now = Date.now();
    const since = options.since === undefined ? undefined : sinceOf(String(options.since), now);
    const found = await town.digest(since);
    invocation.output.record('digest', found);
    for (const line of digestLines(found, now)) invocation.output.say(line);
    return undefined;
  });

/** `8h`, or a moment as `2026-11-23T10:00`. */
export const sinceOf = (text: string, now: number): number => {
  const at = Date.parse(text);
  if (/^\d{4}-/.test(text)) {
    if (Number.isNaN(at) || at > now)
      throw new GastownError('usage', `--since wants a moment that has passed, found "${text}".`);
    return at;
  }
  return now - durationMs(text);
};
