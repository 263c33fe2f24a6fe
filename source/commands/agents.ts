import { AGENT_CLIS } from '../agents/catalog.ts';
import type { AgentCli } from '../agents/cli.ts';
import { type FoundCli, inspectCli } from '../agents/inspect-cli.ts';
import { type AgentPreset, agentPresets } from '../agents/presets.ts';
import { readConfig } from '../town/config.ts';
import { findTown } from '../town/find.ts';
import { townPaths } from '../town/paths.ts';
import type { Invocation } from './invocation.ts';

/** `gastown agents`: every agent by name, what was found of it here, and what it can do. */
export const agents = async (invocation: Invocation): Promise<undefined> => {
  const presets = [...agentPresets(await ownPresets(invocation)).values()];
  const rows = await Promise.all(presets.map(preset => describe(preset, invocation)));
  for (const { fields } of rows) invocation.output.record('agent', fields);
  invocation.output.table(
    ['AGENT', 'FOUND', 'PAYS BY', 'CAN', 'WHAT'],
    rows.map(({ row }) => row),
  );
  invocation.output.say('');
  invocation.output.say(
    'Try one: gastown agents test <agent>. Own ones are written into town.toml, as [agents.<name>].',
  );
  return undefined;
};

/** The user's presets: those of the town meant, where there is one. */
export const ownPresets = async ({ town, cwd, env }: Invocation): Promise<Readonly<Record<string, unknown>>> => {
  const dir = findTown({ ...(town !== undefined && { town }), cwd, env });
  return dir === undefined ? {} : (await readConfig(townPaths(dir).config)).agents;
};

const describe = async (preset: AgentPreset, { env }: Invocation): Promise<{ fields: object; row: string[] }> => {
  const cli = AGENT_CLIS.get(preset.kind);
  const { name, kind, description, model, permissions, billing } = preset;
  const common = { name, kind, description, permissions, ...(model !== undefined && { model }) };
  if (!cli) return { fields: common, row: [name, 'built in', '-', '-', description] };
  const found = await inspectCli(cli, { preset, env });
  const can = abilities(cli);
  return {
    fields: {
      ...common,
      billing,
      title: cli.title,
      installed: found.path !== undefined,
      ...found,
      oldest: cli.oldest,
      install: cli.install,
      can: cli.can,
    },
    row: [
      name,
      foundText(cli, found),
      found.path === undefined ? '-' : payText(preset, found),
      can.join(' '),
      found.path === undefined ? cli.install : description,
    ],
  };
};

const foundText = (cli: AgentCli, { path, version, complaint, isOld }: FoundCli): string => {
  if (path === undefined) return 'not installed';
  if (version === undefined) return `found, version unknown (${complaint})`;
  return isOld ? `${version}, older than ${cli.oldest}, which was tried` : version;
};

const payText = ({ billing }: AgentPreset, { key, hasLogin }: FoundCli): string => {
  if (key !== undefined && billing !== 'login') return `key in ${key}`;
  if (hasLogin && billing !== 'key') return 'your login';
  return billing === 'key' ? 'no key is set' : 'neither a key nor a login';
};

const ABILITIES: Readonly<Record<keyof AgentCli['can'], string>> = {
  ask: 'ask',
  steer: 'steer',
  resume: 'resume',
  mcp: 'mcp',
  hooks: 'guard',
};

const abilities = ({ can }: AgentCli): string[] =>
  Object.entries(ABILITIES).flatMap(([key, word]) => (can[key as keyof AgentCli['can']] ? [word] : []));
