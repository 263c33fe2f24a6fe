import { GastownError } from '../common/errors.ts';
import { NUDGE_MODES, type NudgeMode } from '../town/view.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown nudge <polecat> <text…>` */
export const nudge = (
  invocation: Invocation,
  [polecat, ...words]: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const mode = options.mode as NudgeMode | undefined;
    if (mode !== undefined && !NUDGE_MODES.includes(mode))
      throw new GastownError('usage', `--mode wants one of ${NUDGE_MODES.join(', ')}, found "${mode}".`);
    const { message } = await town.dispatch({
      type: 'polecat.nudge',
      payload: {
        polecat: polecat!,
        text: words.join(' '),
        ...(mode && { mode }),
        ...(options.urgent === true && { urgent: true }),
      },
    });
    invocation.output.record('nudge', { polecat, message });
    invocation.output.say(message);
    return undefined;
  });
