import type { AgentCli } from './cli.ts';
import { claude } from './drivers/claude.ts';
import { codex } from './drivers/codex.ts';

/** Every agent CLI that the town can talk to by its own protocol, by the name that presets use as `kind`. */
export const AGENT_CLIS: ReadonlyMap<string, AgentCli> = new Map([claude, codex].map(cli => [cli.name, cli]));
