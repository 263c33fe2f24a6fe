import fs from 'node:fs/promises';
import path from 'node:path';
import { GastownError } from '../common/errors.ts';
import { plural } from '../common/text.ts';
import type { CommandInput } from '../ledger/commands.ts';
import type { TownAccess } from '../town/access.ts';
import { planInput } from '../town/plan/shown.ts';
import { type PlanSurroundings, parsePlan } from '../town/plan.ts';
import type { Invocation } from './invocation.ts';
import { chooseRig, withTown } from './with-town.ts';

/** `gastown plan import <file>` */
export const planImport = async (
  invocation: Invocation,
  [file]: string[],
  options: Record<string, unknown>,
): Promise<undefined> => {
  const source = path.resolve(invocation.cwd, file!);
  await withTown(invocation, async town => {
    const rig = await chooseRig(town, options.rig as string | undefined);
    const convoy = await importPlan(town, { file: source, rig, approve: options.sling === true });
    invocation.output.record('convoy', convoy);
    invocation.output.say(`${convoy.id}: "${convoy.title}" with ${plural(convoy.beads.length, 'bead')} for ${rig}.`);
    invocation.output.say(
      options.sling
        ? 'It is approved; its beads are dispatched as they become ready.'
        : `It waits for your approval: gastown plan approve ${convoy.id}`,
    );
  });
};

/** `gastown plan propose <goal…>` */
export const planPropose = (
  invocation: Invocation,
  words: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const { output } = invocation;
    const { message, subject } = await town.dispatch({
      type: 'mayor.plan',
      payload: {
        goal: words.join(' '),
        ...(options.rig !== undefined && { rig: options.rig as string }),
        ...(options.agent !== undefined && { agent: options.agent as string }),
      },
    });
    output.record('bead', (await town.records('beads')).find(({ id }) => id === subject)!);
    output.say(message);
    output.say(
      town.running
        ? 'gastown attention shows its questions and its plan.'
        : 'No town runs just now: gastown opens the screen, gastown run works without one.',
    );
    return undefined;
  });

/** `gastown plan approve <convoy>` */
export const planApprove = (invocation: Invocation, [id]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    await town.dispatch({ type: 'convoy.approve', payload: { id: id! } });
    const convoy = (await town.records('convoys')).find(record => record.id === id)!;
    invocation.output.record('convoy', convoy);
    invocation.output.say(`${id} is approved: ${plural(convoy.beads.length, 'bead')} on the way.`);
    return undefined;
  });

/** `gastown plan cancel <convoy>` */
export const planCancel = (
  invocation: Invocation,
  [id]: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const reason = options.message as string | undefined;
    await town.dispatch({ type: 'convoy.cancel', payload: { id: id!, ...(reason && { reason }) } });
    invocation.output.record('convoy', (await town.records('convoys')).find(record => record.id === id)!);
    invocation.output.say(`${id} is cancelled; what is under way of it goes on to its end.`);
    return undefined;
  });

/** Reads a Markdown plan and hands it to the ledger as one convoy, in one transaction. */
export const importPlan = async (town: TownAccess, plan: { file: string; rig: string; approve: boolean }) => {
  const source = await readPlanFile(plan.file);
  const rig = (await town.records('rigs')).find(({ id }) => id === plan.rig);
  const known = new Set((await town.records('beads')).map(({ id }) => id));
  const { subject } = await town.dispatch({
    type: 'plan.import',
    payload: {
      ...readPlan(source, { file: plan.file, rig: plan.rig, known, ...(rig && { agent: rig.agent }) }),
      source: plan.file,
      approve: plan.approve,
    },
  });
  return (await town.records('convoys')).find(convoy => convoy.id === subject)!;
};

/** The bytes of a plan's file. Rejects with `plan_invalid` when it cannot be read. */
export const readPlanFile = async (file: string): Promise<Buffer> => {
  try {
    return await fs.readFile(file);
  } catch (error) {
    throw new GastownError(
      'plan_invalid',
      `The plan ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      { cause: error },
    );
  }
};

/** A plan's text as the ledger takes it. Throws `plan_invalid` naming the line. */
export const readPlan = (
  source: string | Uint8Array,
  { file, rig, ...around }: { file: string; rig: string } & PlanSurroundings,
): CommandInput<'plan.import'> => ({ ...planInput(parsePlan(source, file, around)), rig });
