import fs from 'node:fs/promises';
import path from 'node:path';
import { GastownError } from '../common/errors.ts';
import { plural } from '../common/text.ts';
import type { CommandInput } from '../ledger/commands.ts';
import type { TownAccess } from '../town/access.ts';
import { parsePlan } from '../town/plan.ts';
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

/** `gastown plan approve <convoy>` */
export const planApprove = (invocation: Invocation, [id]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    await town.dispatch({ type: 'convoy.approve', payload: { id: id! } });
    const convoy = (await town.records('convoys')).find(record => record.id === id)!;
    invocation.output.record('convoy', convoy);
    invocation.output.say(`${id} is approved: ${plural(convoy.beads.length, 'bead')} on the way.`);
    return undefined;
  });

/** Reads a Markdown plan and hands it to the ledger as one convoy, in one transaction. */
export const importPlan = async (town: TownAccess, plan: { file: string; rig: string; approve: boolean }) => {
  let source: Buffer;
  try {
    source = await fs.readFile(plan.file);
  } catch (error) {
    throw new GastownError(
      'plan_invalid',
      `The plan ${plan.file} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      { cause: error },
    );
  }
  const { subject } = await town.dispatch({
    type: 'plan.import',
    payload: { ...readPlan(source, { file: plan.file, rig: plan.rig }), source: plan.file, approve: plan.approve },
  });
  return (await town.records('convoys')).find(convoy => convoy.id === subject)!;
};

/** A plan's text as the ledger takes it. Throws `plan_invalid` naming the line. */
export const readPlan = (
  source: string | Uint8Array,
  options: { file: string; rig: string },
): CommandInput<'plan.import'> => {
  const { title, goal, beads } = parsePlan(source, options.file);
  return {
    title,
    rig: options.rig,
    ...(goal && { goal }),
    beads: beads.map(({ type, ...bead }) => ({ ...bead, ...(type && { issue_type: type }) })),
  };
};
