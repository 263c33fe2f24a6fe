import type { AgentCli } from './cli.ts';
import { claude } from './drivers/claude.ts';
import { codex } from './drivers/codex.ts';
import { copilot } from './drivers/copilot.ts';
import { gemini } from './drivers/gemini.ts';
import { opencode } from './drivers/opencode.ts';
import { pi } from './drivers/pi.ts';

/** Every agent CLI that the town can talk to by its own protocol, by the name that presets use as `kind`. */
export const AGENT_CLIS: ReadonlyMap<string, AgentCli> = new Map(
  [claude, codex, gemini, opencode, copilot, pi].map(cli => [cli.name, cli]),
);
