import { loadDogs } from './effects/dogs.ts';
import { holdTown } from './hold-town.ts';
import { createProjector } from './project/view.ts';
import { answerOperator } from './requests.ts';

/** A town that does not run, under its lock for one command: it answers as it would over its socket. */
export const holdForCommand = async (
  dir: string,
  env: NodeJS.ProcessEnv,
): Promise<{ ask: (verb: string, args?: unknown) => Promise<unknown>; close: () => Promise<void> }> => {
  const { context, close } = await holdTown({ dir, env, purpose: 'command' });
  try {
    await loadDogs(context);
  } catch (error) {
    await close();
    throw error;
  }
  const project = createProjector();
  const view = () => project({ ...context, now: context.now() }, []);
  return { ask: (verb, args) => answerOperator(context, { view }, { verb, args }), close };
};
