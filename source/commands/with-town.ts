import { GastownError } from '../common/errors.ts';
import { openAccess, type TownAccess } from '../town/access.ts';
import { requireTown } from '../town/find.ts';
import type { Invocation } from './invocation.ts';

/** Runs one piece of work on the town meant, and lets go of it whatever happens. */
export const withTown = async <T>(invocation: Invocation, work: (town: TownAccess) => Promise<T>): Promise<T> => {
  const dir = requireTown({
    ...(invocation.town !== undefined && { town: invocation.town }),
    cwd: invocation.cwd,
    env: invocation.env,
  });
  const access = await openAccess({ dir, env: invocation.env });
  try {
    return await work(access);
  } finally {
    await access.close();
  }
};

/** The rig meant: the one named, else the only one. */
export const chooseRig = async (town: TownAccess, name?: string): Promise<string> => {
  const rigs = (await town.records('rigs')).filter(rig => !rig.removedAt).map(rig => rig.id);
  if (name !== undefined) {
    if (rigs.includes(name)) return name;
    throw new GastownError('not_found', `There is no rig "${name}".`, {
      hint: rigs.length > 0 ? `There are: ${rigs.join(', ')}.` : RIG_HINT,
    });
  }
  if (rigs.length === 1) return rigs[0]!;
  throw new GastownError(
    'usage',
    rigs.length === 0 ? 'This town has no repository yet.' : `Which repository? There are: ${rigs.join(', ')}.`,
    {
      hint: rigs.length === 0 ? RIG_HINT : 'Name one with --rig.',
    },
  );
};

const RIG_HINT = 'Add one with: gastown rig add <name> <path or URL>';
