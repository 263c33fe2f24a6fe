import type { AgentCli, CliSetup, HomeFile } from '../cli.ts';
import { geminiHooks } from '../hooks/formats.ts';
import { GEMINI_POLICY } from '../hooks/gemini-policy.ts';
import { acpProtocol } from './acp-protocol.ts';

/** Gemini CLI: ACP for the town, its own screen for a person. */
export const gemini: AgentCli = {
  name: 'gemini',
  title: 'Gemini CLI',
  program: 'gemini',
  install: 'npm install -g @google/gemini-cli',
  oldest: '0.61.0',
  api: 'gemini',
  keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  login: ['.gemini/oauth_creds.json', '.gemini/google_accounts.json'],
  files: setup => [
    json('.gemini/settings.json', settings(setup)),
    { path: '.gemini/policies/gastown.toml', text: GEMINI_POLICY },
  ],
  env: ({ endpoint }) => ({
    // Without it a second Node is started for the same work: 780 MB at the peak instead of 260.
    GEMINI_CLI_NO_RELAUNCH: 'true',
    ...(endpoint && { GEMINI_API_KEY: endpoint.key, GOOGLE_GEMINI_BASE_URL: endpoint.baseUrl }),
  }),
  wired: {
    argv: setup => ['gemini', '--acp', ...common(setup)],
    protocol: acpProtocol,
  },
  terminal: ({ prompt, resume, ...setup }) => [
    'gemini',
    ...common(setup),
    ...(resume === undefined ? [] : ['--resume', resume]),
    ...(prompt === undefined ? [] : [`--prompt-interactive=${prompt}`]),
  ],
  can: { ask: true, steer: false, resume: true, mcp: true, hooks: true },
};

const common = ({ permissions, model }: CliSetup): string[] => [
  ...['--approval-mode', permissions === 'auto' ? 'yolo' : 'auto_edit'],
  ...(model === undefined ? [] : ['--model', model]),
];

const settings = (setup: CliSetup) => ({
  security: {
    auth: { selectedType: setup.endpoint ? 'gemini-api-key' : 'oauth-personal' },
    folderTrust: { enabled: false },
  },
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  ui: { hideBanner: true, hideTips: true },
  hooks: geminiHooks(setup),
  mcpServers: mcpServers(setup),
});

const mcpServers = ({ mcp }: CliSetup) =>
  mcp ? { gastown: { httpUrl: mcp.url, headers: { Authorization: `Bearer ${mcp.token}` }, trust: true } } : {};

const json = (name: string, value: unknown): HomeFile => ({ path: name, text: `${JSON.stringify(value, null, 2)}\n` });
