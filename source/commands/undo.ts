import { EXIT, GastownError } from '../common/errors.ts';
import { duration } from '../common/text.ts';
import type { TownAccess } from '../town/access.ts';
import { nothingToUndo } from '../town/undo.ts';
import type { Invocation } from './invocation.ts';
import { isWanted } from './is-wanted.ts';
import { withTown } from './with-town.ts';

/** `gastown undo [number]` */
export const undo = (invocation: Invocation, [number]: string[], options: Record<string, unknown>): Promise<number> =>
  withTown(invocation, town => {
    if (options.list) return list(invocation, town);
    return takeBack(invocation, town, { way: 'undo', of: stepNumber(number), options });
  });

/** `gastown redo` */
export const redo = (invocation: Invocation, _args: string[], options: Record<string, unknown>): Promise<number> =>
  withTown(invocation, town => takeBack(invocation, town, { way: 'redo', of: undefined, options }));

const stepNumber = (text?: string): number | undefined => {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new GastownError('usage', `undo wants the number of a step, found "${text}".`, {
    hint: 'gastown undo --list shows the numbers.',
  });
};

const list = async ({ output }: Invocation, town: TownAccess): Promise<number> => {
  const steps = await town.undoSteps();
  for (const step of steps) output.record('step', { ...step });
  if (steps.length === 0) output.say(nothingToUndo('undo'));
  else
    output.table(
      ['NUMBER', 'AGO', 'WHAT'],
      steps.map(({ of, at, what }) => [String(of), duration(Date.now() - Date.parse(at)), what]),
    );
  return EXIT.done;
};

/** Says what it changes, asks a person at a terminal, does it. */
const takeBack = async (
  { output }: Invocation,
  town: TownAccess,
  { way, of, options }: { way: 'undo' | 'redo'; of: number | undefined; options: Record<string, unknown> },
): Promise<number> => {
  const offer = await town.undo(way, of);
  if (!offer) {
    if (of !== undefined)
      throw new GastownError('not_found', `Command ${of} is not one of your steps that can be taken back.`, {
        hint: 'gastown undo --list shows them.',
      });
    throw new GastownError('not_found', nothingToUndo(way));
  }
  output.record(way, { what: offer.what, at: offer.at, lines: offer.lines, refusal: offer.refusal });
  output.say(`${way === 'undo' ? 'Take back' : 'Do again'}: ${offer.what} (${duration(Date.now() - offer.at)} ago)`);
  for (const line of offer.lines) output.say(`    ${line}`);
  if (!offer.intent)
    throw new GastownError('conflict', offer.refusal ?? 'It cannot be done any more.', {
      hint: 'gastown undo --list shows the steps before it.',
    });
  if (options.dryRun) return EXIT.done;
  if (!options.yes && !output.json && !(await isWanted('Do it?'))) {
    output.say('Nothing was changed.');
    return EXIT.done;
  }
  const { ok, message } = await town.dispatch(offer.intent);
  output.say(message);
  return ok ? EXIT.done : EXIT.failed;
};
