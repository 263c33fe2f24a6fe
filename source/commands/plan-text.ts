import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { GastownError } from '../common/errors.ts';
import { compactJson } from '../common/json.ts';
import type { TownAccess } from '../town/access.ts';
import { editInput, type ShownConvoy, showConvoy } from '../town/plan/shown.ts';
import { type Plan, parsePlan } from '../town/plan.ts';
import type { Invocation } from './invocation.ts';
import { readPlanFile } from './plan.ts';
import { withTown } from './with-town.ts';

/** `gastown plan show <convoy>`: as the Markdown that `plan edit` takes back. */
export const planShow = (invocation: Invocation, [id]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const shown = await shownBy(town, id!);
    invocation.output.record('plan', recordOf(shown));
    invocation.output.say(withHeader(shown).trimEnd());
    return undefined;
  });

/** `gastown plan edit <convoy>`: in the person's editor, or from a file that was written from what `plan show` said. */
export const planEdit = (
  invocation: Invocation,
  [id]: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const { cwd, env, output } = invocation;
    const file = options.file === undefined ? undefined : path.resolve(cwd, options.file as string);
    const isChanged = await editPlan(town, id!, { file, edit: written => openEditor(written, env) });
    output.say(isChanged ? `${changedWords(id!)}: gastown plan approve ${id}` : UNCHANGED);
    output.record('plan', recordOf(await shownBy(town, id!)));
    return undefined;
  });

export const UNCHANGED = 'Nothing was changed.';

export const changedWords = (id: string): string => `${id} is changed; nothing of it starts before you approve it`;

/**
 * Changes a proposed plan to what a file holds, or to what `edit` makes of one that is written for it; answers whether that
 * changed anything. Throws what is wrong with the text, naming where it was kept.
 */
export const editPlan = async (
  town: TownAccess,
  id: string,
  { file: given, edit }: { file?: string | undefined; edit: (file: string) => Promise<void> },
): Promise<boolean> => {
  const shown = await shownBy(town, id);
  if (shown.convoy.status !== 'proposed') {
    throw new GastownError('conflict', `${id} is ${shown.convoy.status}: only a proposed plan is edited as a whole.`, {
      hint: 'Its beads are changed one by one: gastown bd update <id>.',
    });
  }
  const file = given ?? (await writeForEditing(shown));
  if (given === undefined) await edit(file);
  const { plan, base } = await readEdited(town, file, shown);
  const isChanged = compactJson(plan) !== compactJson(shown.plan);
  if (isChanged) {
    try {
      await town.dispatch({ type: 'plan.edit', payload: { ...editInput(shown, plan), base: base ?? shown.version } });
    } catch (error) {
      throw keeping(error, file);
    }
  }
  if (given === undefined) await fs.rm(path.dirname(file), { recursive: true });
  return isChanged;
};

const shownBy = async (town: TownAccess, id: string): Promise<ShownConvoy> => {
  const [beads, convoys] = await Promise.all([town.records('beads'), town.records('convoys')]);
  const byId = <T extends { id: string }>(records: readonly T[]) => new Map(records.map(one => [one.id, one]));
  return showConvoy({ beads: byId(beads), convoys: byId(convoys) }, id);
};

const recordOf = ({ convoy, version, text }: ShownConvoy): object => ({
  id: convoy.id,
  status: convoy.status,
  title: convoy.title,
  rig: convoy.rig,
  version,
  markdown: text,
});

/** The version goes with the text, so that a file which was kept meets no other plan than the one it was written from. */
const withHeader = ({ convoy, version, text }: ShownConvoy): string =>
  `<!-- ${convoy.id}, ${convoy.status}, version ${version}. A bead is named by the id behind its title; a new one needs none. -->\n\n${text}`;
const VERSION = /^<!-- \S+, \w+, version ([0-9a-z]+)\./;

const writeForEditing = async (shown: ShownConvoy): Promise<string> => {
  const folder = path.join(os.tmpdir(), `gastown-plan-${randomUUID()}`);
  await fs.mkdir(folder, { mode: 0o700 });
  const file = path.join(folder, `${shown.convoy.id}.md`);
  await fs.writeFile(file, withHeader(shown), { mode: 0o600 });
  return file;
};

/** The person's own editor on a file, in this terminal. Throws `usage` when it does not end well. */
export const openEditor = async (file: string, env: NodeJS.ProcessEnv): Promise<void> => {
  const editor = env.VISUAL || env.EDITOR || 'vi';
  // As Git does it: what the person set is a command line, and the file is its last word.
  const result = await execa('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit', env, reject: false });
  if (!result.failed) return;
  throw new GastownError('usage', `The editor (${editor}) did not end well; nothing was changed.`, {
    hint: `Your text is in ${file}. Set EDITOR to the editor that you use.`,
  });
};

const readEdited = async (
  town: TownAccess,
  file: string,
  shown: ShownConvoy,
): Promise<{ plan: Plan; base: string | undefined }> => {
  const source = await readPlanFile(file);
  const rig = (await town.records('rigs')).find(({ id }) => id === shown.convoy.rig);
  const known = new Set((await town.records('beads')).map(({ id }) => id));
  try {
    const plan = parsePlan(source, file, { known, ...(rig && { agent: rig.agent }) });
    return { plan, base: VERSION.exec(source.toString('utf8'))?.[1] };
  } catch (error) {
    throw keeping(error, file);
  }
};

/** What was written is not lost with the refusal. */
const keeping = (error: unknown, file: string): unknown => {
  if (!(error instanceof GastownError)) return error;
  return new GastownError(error.code, error.message, {
    hint: `${error.code === 'plan_invalid' ? '' : `${error.hint ?? ''} `}Your text is in ${file}: put it right and give it with --file.`.trim(),
    cause: error,
  });
};
