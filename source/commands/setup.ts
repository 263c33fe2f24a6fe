import path from 'node:path';
import { runSetup } from '../../components/setup.tsx';
import { AGENT_CLIS } from '../agents/catalog.ts';
import { isUsable } from '../agents/inspect-cli.ts';
import { GastownError } from '../common/errors.ts';
import { inspectOrigin } from '../git/repository.ts';
import { openAccess } from '../town/access.ts';
import { createTownAt } from '../town/create-town.ts';
import { defaultTown } from '../town/find.ts';
import { addRig, detectAt, prefixOf } from './rig.ts';
import { setupQuestions } from './setup-questions.ts';

/**
 * The town for the repository the person stands in: the one found when it has this repository (or when there is no
 * repository here), else set up after at most three questions. Undefined when they decline, `demo` when they would rather
 * see one first.
 */
export const setUpHere = async (options: {
  town: string | undefined;
  root: string | undefined;
  cwd: string;
  env: NodeJS.ProcessEnv;
}): Promise<{ dir: string } | 'demo' | undefined> => {
  const { town, root, env } = options;
  if (!root) {
    if (town) return { dir: town };
    throw new GastownError(
      'town_not_found',
      `${options.cwd} is neither a Git repository nor in a town, and there is none at ${defaultTown(env)}.`,
      {
        hint: 'Go to a repository of yours and run `gastown` there, or try `gastown demo`.',
      },
    );
  }
  if (town && root.startsWith(path.join(town, 'rigs') + path.sep)) return { dir: town };
  const dir = town ?? defaultTown(env);
  const origin = await inspectOrigin(root);
  if (town && (await hasRig(town, { origin: origin.origin, env }))) return { dir: town };
  const name = rigName(root);
  const detected = await detectAt(origin);
  const gate = detected.gates.map(({ command }) => command).join(' && ');
  const questions = setupQuestions({
    dir,
    isNew: town === undefined,
    root,
    branch: origin.branch,
    gate,
    agents: await usableAgents(env),
  });
  const answers = await runSetup({ questions, stdin: process.stdin, stdout: process.stdout });
  if (answers?.setup === 'demo') return 'demo';
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
      policy: answers.policy ?? 'guarded',
      agent: answers.agent ?? 'shell',
      gates: command === '' ? [] : unchanged ? [...detected.gates] : [{ name: 'test', command }],
      ...(detected.setup && { setup: detected.setup }),
      prefix: prefixOf(name),
    });
  } finally {
    await access.close();
  }
  return { dir };
};

/** CLIs that could begin at once, in the order of the catalogue; nothing is run to find out. */
const usableAgents = async (env: NodeJS.ProcessEnv): Promise<string[]> => {
  const usable = await Promise.all([...AGENT_CLIS.values()].map(cli => isUsable(cli, env)));
  return [...AGENT_CLIS.keys()].filter((_, index) => usable[index]);
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
