import path from 'node:path';
import { runSetup } from '../../components/setup.tsx';
import { GastownError } from '../common/errors.ts';
import { inspectOrigin } from '../git/repository.ts';
import { openAccess } from '../town/access.ts';
import { createTownAt } from '../town/create-town.ts';
import { defaultTown } from '../town/find.ts';
import { addRig, detectAt, prefixOf } from './rig.ts';

/**
 * The town for the repository the person stands in: the one found when it has this repository (or when there is no
 * repository here), else set up after at most three questions. Undefined when they decline.
 */
export const setUpHere = async (options: {
  town: string | undefined;
  root: string | undefined;
  cwd: string;
  env: NodeJS.ProcessEnv;
}): Promise<string | undefined> => {
  const { town, root, env } = options;
  if (!root) {
    if (town) return town;
    throw new GastownError(
      'town_not_found',
      `${options.cwd} is neither a Git repository nor in a town, and there is none at ${defaultTown(env)}.`,
      {
        hint: 'Go to a repository of yours and run `gastown` there, or try `gastown demo`.',
      },
    );
  }
  if (town && root.startsWith(path.join(town, 'rigs') + path.sep)) return town;
  const dir = town ?? defaultTown(env);
  const origin = await inspectOrigin(root);
  if (town && (await hasRig(town, { origin: origin.origin, env }))) return town;
  const name = rigName(root);
  const detected = await detectAt(origin);
  const gate = detected.gates.map(({ command }) => command).join(' && ');
  const answers = await runSetup({
    questions: [
      {
        key: 'setup',
        text: town
          ? `Add ${root} to your town at ${dir}? Work will land on its branch ${origin.branch}.`
          : `Set up a town at ${dir} for ${root}? Work will land on its branch ${origin.branch}.`,
        default: 'yes',
        choices: ['yes', 'no'],
      },
      {
        key: 'gate',
        text: 'Which command must pass before anything lands? (empty: you approve every merge yourself)',
        default: gate,
      },
      {
        key: 'policy',
        text: 'Who lets green work land? guarded: the town, and you where it looks risky; all: always you; auto: always the town',
        default: 'guarded',
        choices: ['guarded', 'all', 'auto'],
      },
    ],
    stdin: process.stdin,
    stdout: process.stdout,
  });
  if (answers?.setup !== 'yes') return undefined;
  if (!town) await createTownAt(dir, { name: path.basename(dir).replace(/^\./, ''), env });
  const access = await openAccess({ dir, env });
  try {
    const command = answers.gate!.trim();
    const unchanged = command === gate;
    await addRig(access, {
      name: await freeName(access.records('rigs'), name),
      origin: origin.origin,
      branch: origin.branch,
      policy: answers.policy!,
      gates: command === '' ? [] : unchanged ? [...detected.gates] : [{ name: 'test', command }],
      ...(detected.setup && { setup: detected.setup }),
      prefix: prefixOf(name),
    });
  } finally {
    await access.close();
  }
  return dir;
};

const hasRig = async (town: string, options: { origin: string; env: NodeJS.ProcessEnv }): Promise<boolean> => {
  const access = await openAccess({ dir: town, env: options.env });
  try {
    return (await access.records('rigs')).some(rig => !rig.removedAt && rig.origin === options.origin);
  } finally {
    await access.close();
  }
};

/** A rig's name from its folder: small letters, digits and dashes, beginning with a letter. */
const rigName = (root: string): string => {
  const name = path
    .basename(root)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40);
  return name || 'repo';
};

const freeName = async (records: Promise<readonly { id: string }[]>, wanted: string): Promise<string> => {
  const taken = new Set((await records).map(rig => rig.id));
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; ; number++) if (!taken.has(`${wanted}-${number}`)) return `${wanted}-${number}`;
};
