import { AGENT_CLIS } from '../agents/catalog.ts';
import { inspectCli } from '../agents/inspect-cli.ts';
import { agentPresets } from '../agents/presets.ts';
import { GastownError } from '../common/errors.ts';
import type { LedgerData } from '../ledger/schema.ts';

/** The agents that are to work here: those of repositories, and of beads that are not over. The built-in one needs nothing. */
export const agentsInUse = ({ rigs, beads }: LedgerData): string[] => {
  const used = new Set<string>();
  for (const rig of rigs.values()) if (!rig.removedAt) used.add(rig.agent);
  for (const { status, town } of beads.values())
    if (town.agent !== undefined && status !== 'closed' && status !== 'tombstone') used.add(town.agent);
  return [...used].filter(name => name !== 'shell').sort();
};

/** Whether an agent is here, in a version that was tried, and can be paid for; throws with what to do where it is not. */
export const checkAgent = async (
  name: string,
  { agents, env }: { agents: Readonly<Record<string, unknown>>; env: NodeJS.ProcessEnv },
): Promise<string> => {
  const preset = agentPresets(agents).get(name);
  if (!preset)
    throw new GastownError('agent_unknown', `no agent is called ${name}`, { hint: 'gastown agents lists them.' });
  const cli = AGENT_CLIS.get(preset.kind);
  if (!cli) return `a command of your own${preset.command ? `: ${preset.command}` : ''}`;
  const { path, version, isOld, key, hasLogin } = await inspectCli(cli, { preset, env });
  if (path === undefined)
    throw new GastownError('config_invalid', `${cli.title} is not installed`, { hint: `${cli.install}` });
  const [byKey, byLogin] = [key !== undefined && preset.billing !== 'login', hasLogin && preset.billing !== 'key'];
  if (!byKey && !byLogin) {
    const hint = `Start the town with ${cli.keys.join(' or ')} set, or log in with ${cli.program}.`;
    throw new GastownError('config_invalid', `${cli.title} has neither a key nor a login that it may use`, { hint });
  }
  const age = isOld ? `, older than ${cli.oldest}, which was tried` : '';
  return `${cli.title} ${version ?? 'of unknown version'}${age}, paid by ${byKey ? `the key in ${key}` : 'your login'}`;
};
