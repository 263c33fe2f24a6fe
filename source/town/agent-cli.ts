import { AGENT_CLIS } from '../agents/catalog.ts';
import type { AgentCli } from '../agents/cli.ts';
import { agentPresets } from '../agents/presets.ts';
import type { TownContext } from './context.ts';

/** The CLI behind an agent's name; undefined for scripts, for plain commands, and for a name that is gone from the config. */
export const cliOf = (context: Pick<TownContext, 'config'>, agent: string): AgentCli | undefined => {
  const preset = agentPresets(context.config.agents).get(agent);
  return preset && AGENT_CLIS.get(preset.kind);
};

/** The town talks to this agent by its protocol when nobody has its terminal. */
export const worksByItself = (context: Pick<TownContext, 'config'>, agent: string): boolean => {
  const preset = agentPresets(context.config.agents).get(agent);
  return preset !== undefined && !preset.terminal && AGENT_CLIS.get(preset.kind)?.wired !== undefined;
};
