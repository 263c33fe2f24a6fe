import { z } from 'zod';
import { GastownError } from '../common/errors.ts';
import { AGENT_CLIS } from './catalog.ts';

/**
 * How an agent is run: `shell` runs a bead's own script, `pty` a command that works on a prompt, and each CLI of the
 * catalogue is talked to by its own protocol.
 */
export const AGENT_KINDS = ['shell', 'pty', 'claude', 'codex', 'gemini', 'copilot', 'opencode', 'pi'] as const;
export type AgentKind = (typeof AGENT_KINDS)[number];

/** `[agents.<name>]` in town.toml. */
export const presetSchema = z.strictObject({
  description: z.string().max(200).optional().describe('One plain sentence for people.'),
  kind: z
    .enum(AGENT_KINDS)
    .optional()
    .describe('What it is a kind of; `pty`, where a command is given and its name is no CLI of the catalogue.'),
  command: z
    .string()
    .min(1)
    .max(4_000)
    .optional()
    .describe(
      'Of a `pty` agent: run by `sh -eu` in the checkout; the text of the bead is in the file that `GASTOWN_PRIME` names. Of a CLI: its program, where it is not found on the PATH under its usual name.',
    ),
  model: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The model it is to use, as the CLI names it; its own default otherwise.'),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(4_000))
    .default({})
    .describe('Variables for it, beside the allow-list.'),
  permissions: z
    .enum(['auto', 'ask'])
    .default('auto')
    .describe(
      '`auto`: works on by itself, inside the sandbox. `ask`: what its CLI holds dangerous needs a person’s word.',
    ),
  billing: z
    .enum(['auto', 'key', 'login'])
    .default('auto')
    .describe(
      'Who pays: an API key through the town’s meter, or the person’s own login. `auto`: a key where there is one.',
    ),
  terminal: z.boolean().default(false).describe('Its own screen in a terminal instead of its protocol.'),
  doneOnExitZero: z
    .boolean()
    .default(true)
    .describe('Its exit with 0 is the claim that the work is done; else it has to say so by `gt done`.'),
  rework: z
    .enum(['fresh', 'continue'])
    .default('fresh')
    .describe('After its work was sent back: a fresh session on the new target, or the old one goes on.'),
});

export interface AgentPreset {
  readonly name: string;
  readonly description: string;
  readonly kind: AgentKind;
  /** Of `pty` a script for `sh -eu`, of a CLI its program where it is another than usual; else empty. */
  readonly command: string;
  readonly model?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly permissions: 'auto' | 'ask';
  readonly billing: 'auto' | 'key' | 'login';
  readonly terminal: boolean;
  readonly doneOnExitZero: boolean;
  readonly rework: 'fresh' | 'continue';
}

const USUAL = {
  command: '',
  env: {},
  permissions: 'auto',
  billing: 'auto',
  terminal: false,
  doneOnExitZero: true,
  rework: 'fresh',
} as const;

/** The embedded agent, which needs no key and no network, and every CLI of the catalogue under its own name. */
const builtIn = (): readonly AgentPreset[] => [
  { ...USUAL, name: 'shell', description: "Runs the bead's fenced sh block in its checkout.", kind: 'shell' },
  ...[...AGENT_CLIS.values()].map(cli => ({
    ...USUAL,
    name: cli.name,
    description: `${cli.title}, driven by its own protocol.`,
    kind: cli.name as AgentKind,
  })),
];

/** All presets by name: the built-in ones, and the user's, which override them. Throws `config_invalid` naming what is wrong. */
export const agentPresets = (own: Readonly<Record<string, unknown>> = {}): ReadonlyMap<string, AgentPreset> => {
  const presets = new Map(builtIn().map(preset => [preset.name, preset]));
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
  const { kind: named, command = '', description, model, ...rest } = parsed.data;
  const kind = named ?? (AGENT_CLIS.has(name) ? (name as AgentKind) : 'pty');
  if (kind === 'pty' && command === '') {
    throw new GastownError('config_invalid', `agents.${name}: it wants a command, or a kind.`, {
      hint: 'As in: [agents.fix] command = "npm run fix", or: [agents.fast] kind = "claude" model = "…".',
    });
  }
  return {
    ...rest,
    name,
    kind,
    command,
    description: description ?? (command.split('\n')[0] || `${kind}${model ? ` with ${model}` : ''}`),
    ...(model !== undefined && { model }),
  };
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
