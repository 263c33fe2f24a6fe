import { z } from 'zod';
import { GastownError } from '../common/errors.ts';

/** How an agent is run. `shell` runs a bead's own script; `pty` runs a command that works on a prompt. */
const presetSchema = z.strictObject({
  /** One plain sentence for people. */
  description: z.string().max(200).optional(),
  kind: z.enum(['shell', 'pty']).default('pty'),
  /** Run by `sh -eu` in the checkout; the bead's text is in the file that `GASTOWN_PRIME` names. */
  command: z.string().min(1).max(4_000),
  /** Its exit with 0 is the claim that the work is done; else it has to say so by `gt done`. */
  doneOnExitZero: z.boolean().default(true),
  /** After a bounce: a fresh session on the new target, or the old one goes on. */
  rework: z.enum(['fresh', 'continue']).default('fresh'),
});

export interface AgentPreset {
  readonly name: string;
  readonly description: string;
  readonly kind: 'shell' | 'pty';
  /** Script for `sh -eu`. Empty for `shell`, whose script is in the bead. */
  readonly command: string;
  readonly doneOnExitZero: boolean;
  readonly rework: 'fresh' | 'continue';
}

/** The embedded agent: needs no key and no network. */
const BUILT_IN: readonly AgentPreset[] = [
  {
    name: 'shell',
    description: "Runs the bead's fenced sh block in its checkout.",
    kind: 'shell',
    command: '',
    doneOnExitZero: true,
    rework: 'fresh',
  },
];

/** All presets by name: the built-in ones, and the user's, which override them. Throws `config_invalid` naming what is wrong. */
export const agentPresets = (own: Readonly<Record<string, unknown>> = {}): ReadonlyMap<string, AgentPreset> => {
  const presets = new Map(BUILT_IN.map(preset => [preset.name, preset]));
  for (const [name, value] of Object.entries(own)) presets.set(name, userPreset(name, value));
  return presets;
};

/** The preset of that name. Throws `agent_unknown` with the names there are and the nearest of them. */
export const findPreset = (name: string, own: Readonly<Record<string, unknown>> = {}): AgentPreset => {
  const presets = agentPresets(own);
  const preset = presets.get(name);
  if (preset) return preset;
  const names = [...presets.keys()].sort();
  const near = nearest(name, names);
  throw new GastownError('agent_unknown', `There is no agent "${name}".`, {
    hint: `${near ? `Did you mean ${near}? ` : ''}Known agents: ${names.join(', ')}.`,
  });
};

const userPreset = (name: string, value: unknown): AgentPreset => {
  const parsed = presetSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const where = ['agents', name, ...issue.path].join('.');
    throw new GastownError('config_invalid', `${where}: ${issue.message}.`, {
      hint: 'An agent wants at least a command, as in: [agents.fix] command = "npm run fix".',
    });
  }
  return { ...parsed.data, name, description: parsed.data.description ?? parsed.data.command.split('\n')[0]! };
};

/** The name that differs by the fewest single edits, if by few enough to be a slip of the hand. */
const nearest = (wanted: string, names: readonly string[]): string | undefined => {
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  return names
    .map(name => ({ name, distance: editDistance(wanted.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)[0]?.name;
};

const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
};
