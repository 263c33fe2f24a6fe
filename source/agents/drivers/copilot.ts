import type { AgentCli, CliSetup, HomeFile } from '../cli.ts';
import { copilotHooks } from '../hooks/formats.ts';
import { acpProtocol } from './acp-protocol.ts';

/** A model is wanted with a key of one's own; without one named, this is asked for. */
const DEFAULT_MODEL = 'gpt-5.4';

/** GitHub Copilot CLI: ACP for the town, its own screen for a person. With a key it needs no login at GitHub. */
export const copilot: AgentCli = {
  name: 'copilot',
  title: 'GitHub Copilot CLI',
  program: 'copilot',
  install: 'npm install -g @github/copilot',
  oldest: '1.0.102',
  api: 'openai',
  keys: ['OPENAI_API_KEY'],
  login: ['.copilot/config.json'],
  files: setup => [
    // With a login that file is the person's: it holds their token, and knows which folders they trust.
    ...(setup.endpoint ? [json('.copilot/config.json', { trusted_folders: [setup.cwd], banner: 'never' })] : []),
    json('.copilot/hooks/gastown.json', copilotHooks(setup)),
    json('.copilot/mcp-config.json', { mcpServers: mcpServers(setup) }),
  ],
  env: ({ endpoint, model }) => ({
    COPILOT_AUTO_UPDATE: 'false',
    ...(endpoint && {
      COPILOT_PROVIDER_TYPE: endpoint.api === 'anthropic' ? 'anthropic' : 'openai',
      COPILOT_PROVIDER_BASE_URL: endpoint.api === 'anthropic' ? endpoint.baseUrl : `${endpoint.baseUrl}/v1`,
      COPILOT_PROVIDER_API_KEY: endpoint.key,
      COPILOT_PROVIDER_WIRE_API: 'responses',
      COPILOT_MODEL: model ?? DEFAULT_MODEL,
      COPILOT_OFFLINE: 'true',
    }),
  }),
  wired: {
    argv: setup => ['copilot', '--acp', ...common(setup)],
    protocol: acpProtocol,
  },
  terminal: ({ prompt, resume, ...setup }) => [
    'copilot',
    ...common(setup),
    ...(resume === undefined ? [] : ['--resume', resume]),
    ...(prompt === undefined ? [] : [`--interactive=${prompt}`]),
  ],
  can: { ask: true, steer: false, resume: true, mcp: true, hooks: true },
};

const common = ({ permissions, model, endpoint }: CliSetup): string[] => [
  '--disable-builtin-mcps',
  ...(permissions === 'auto' ? ['--allow-all'] : ALLOWED.flatMap(tool => ['--allow-tool', tool])),
  ...(model === undefined || endpoint ? [] : ['--model', model]),
];

/** What an agent does all the time and what is undone by Git itself. */
const ALLOWED = [
  'write',
  'gastown',
  'shell(gt:*)',
  'shell(bd:*)',
  ...['add', 'commit', 'status', 'diff', 'log', 'show'].map(verb => `shell(git ${verb}:*)`),
];

const mcpServers = ({ mcp }: CliSetup) =>
  mcp
    ? {
        gastown: { type: 'http', url: mcp.url, headers: { Authorization: `Bearer ${mcp.token}` }, tools: ['*'] },
      }
    : {};

const json = (name: string, value: unknown): HomeFile => ({ path: name, text: `${JSON.stringify(value, null, 2)}\n` });
