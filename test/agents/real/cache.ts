import os from 'node:os';
import path from 'node:path';

/** Where real agent CLIs are installed for tests: outside of the repository, and kept between runs. */
export const CACHE =
  process.env.GASTOWN_AGENTS_CACHE ||
  path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'gastown-agents');

/** npm's name of each CLI of the catalogue. */
export const PACKAGES: Readonly<Record<string, string>> = {
  claude: '@anthropic-ai/claude-code',
  codex: '@openai/codex',
  gemini: '@google/gemini-cli',
  opencode: 'opencode-ai',
  copilot: '@github/copilot',
  pi: '@earendil-works/pi-coding-agent',
};
