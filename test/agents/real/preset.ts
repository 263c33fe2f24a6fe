import type { AgentCli, ModelApi } from '../../../source/agents/cli.ts';
import { agentProgram } from './drive.ts';

/** Models that each CLI knows, so that it offers its tools and that its calls have a price. */
export const MODELS: Readonly<Record<string, string>> = {
  claude: 'claude-sonnet-4-5',
  codex: 'gpt-5.5',
  gemini: 'gemini-2.5-pro',
  opencode: 'claude-sonnet-4-5',
  copilot: 'gpt-5.4',
  pi: 'claude-sonnet-4-5',
};

const ADDRESS: Readonly<Record<ModelApi, string>> = {
  anthropic: 'ANTHROPIC_BASE_URL',
  openai: 'OPENAI_BASE_URL',
  gemini: 'GOOGLE_GEMINI_BASE_URL',
};

/** A key that opens nothing; agents must not even see it. */
export const DUMMY_KEY = 'dummy-key-of-a-test-0123456789';

/** `[agents.<name>]` of town.toml for a CLI in the cache, by a key at a scripted model. */
export const presetToml = (
  cli: AgentCli,
  { model, permissions = 'auto' }: { model: string; permissions?: 'auto' | 'ask' },
): string =>
  [
    `[agents.${cli.name}]`,
    `command = ${JSON.stringify(agentProgram(cli))}`,
    `model = ${JSON.stringify(MODELS[cli.name])}`,
    `permissions = "${permissions}"`,
    `env = { ${cli.keys[0]} = "${DUMMY_KEY}", ${ADDRESS[cli.api]} = "${model}" }`,
  ].join('\n');
