import type { SetupQuestion } from '../../components/setup.tsx';

export interface SetupFacts {
  readonly dir: string;
  /** There is no town yet. */
  readonly isNew: boolean;
  readonly root: string;
  readonly branch: string;
  /** The command found in the repository; empty where none was. */
  readonly gate: string;
  /** Agent CLIs that are installed here and have a key or a login. */
  readonly agents: readonly string[];
}

/**
 * At most three questions, each with a default. Who does the work is asked where somebody else than scripts can; who lets it
 * land is then left at `guarded`, which asks before anything risky.
 */
export const setupQuestions = ({ dir, isNew, root, branch, gate, agents }: SetupFacts): readonly SetupQuestion[] => [
  {
    key: 'setup',
    text: isNew
      ? `Set up a town (a folder that keeps all your work) at ${dir} for ${root}? Work will land on its branch ${branch}. demo: first watch one at work, in a folder of its own`
      : `Add ${root} to your town at ${dir}? Work will land on its branch ${branch}.`,
    default: 'yes',
    choices: isNew ? ['yes', 'demo', 'no'] : ['yes', 'no'],
    ends: ['demo'],
  },
  {
    key: 'gate',
    text: 'Which command must pass before anything lands? (empty: you approve every merge yourself)',
    default: gate,
  },
  agents.length > 0
    ? {
        key: 'agent',
        text: 'Who does the work? shell: scripts that you write. What passed lands by itself, and you are asked where it looks risky.',
        default: agents[0]!,
        choices: [...agents, 'shell'],
      }
    : {
        key: 'policy',
        text: 'Who lets green work land? guarded: the town, and you where it looks risky; all: always you; auto: always the town',
        default: 'guarded',
        choices: ['guarded', 'all', 'auto'],
      },
];
