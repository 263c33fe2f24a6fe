import { plural } from '../../source/common/text.ts';
import type { OperatorIntent } from '../../source/town/view.ts';
import type { Check } from '../enabled.ts';
import { type Situation, situationsOf } from '../situation.ts';
import { withoutMarks } from './marks.ts';
import { type Action, say, step } from './step.ts';

export interface Telling {
  readonly intents: (situation: Situation) => readonly OperatorIntent[];
  /** Words for the wait. */
  readonly doing: (situation: Situation) => string;
  /** Of several marked rows, those for which this is not true are left out. */
  readonly check?: Check;
}

/** An action that tells the town something at once: of the selected row, or of all marked ones. */
export const tell =
  ({ intents, doing, check }: Telling): Action =>
  (state, context) => {
    const { able, left } = sifted(situationsOf(state, context), check);
    const wanted = able.flatMap(intents);
    if (wanted.length === 0) return step(state);
    const more = able.length > 1 ? ` and ${able.length - 1} more` : '';
    const words = [`${doing(able[0]!)}${more}`, ...left].join('. ');
    const several = able.length > 1;
    return step(say(withoutMarks(state), words, { now: context.now }), {
      type: 'dispatch',
      intents: wanted,
      ...(several && { each: true as const }),
    });
  };

/** The rows that a command can be done with, and words for the others. */
export const sifted = (
  situations: readonly Situation[],
  check: Check | undefined,
): { readonly able: readonly Situation[]; readonly left: readonly string[] } => {
  if (situations.length < 2 || !check) return { able: situations.slice(0, 1), left: [] };
  const able = situations.filter(situation => check(situation) === true);
  const unable = situations.find(situation => check(situation) !== true);
  if (!unable) return { able, left: [] };
  return { able, left: [`${plural(situations.length - able.length, 'row')} left out: ${check(unable)}`] };
};
