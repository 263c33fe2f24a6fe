import path from 'node:path';
import type { AgentCli, CliSetup, HomeFile, ModelApi } from '../cli.ts';
import { opencodePlugin } from '../hooks/formats.ts';
import { acpProtocol } from './acp-protocol.ts';

const CONFIG = '.config/opencode/gastown.json';

/**
 * opencode: ACP for the town, its own screen for a person. One process a session, although its `serve` could hold several in
 * one and save memory: there the working folder is a session's but token, key, home and sandbox are the process's, so that
 * one agent would act with another's; and one crash would end them all.
 */
export const opencode: AgentCli = {
  name: 'opencode',
  title: 'opencode',
  program: 'opencode',
  install: 'npm install -g opencode-ai',
  oldest: '1.18.0',
  api: 'anthropic',
  keys: ['ANTHROPIC_API_KEY'],
  login: ['.local/share/opencode/auth.json'],
  files: setup => [
    { path: CONFIG, text: `${JSON.stringify(config(setup), null, 2)}\n` },
    { path: '.config/opencode/plugin/gastown.js', text: opencodePlugin(setup) },
    ...INSTALLED,
  ],
  env: ({ home }) => ({
    OPENCODE_CONFIG: path.join(home, CONFIG),
    // A repository's own configuration could take the permissions and the plugin back.
    OPENCODE_DISABLE_PROJECT_CONFIG: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  }),
  wired: {
    argv: () => ['opencode', 'acp'],
    protocol: acpProtocol,
  },
  terminal: ({ prompt, resume }) => [
    'opencode',
    ...(resume === undefined ? [] : ['--session', resume]),
    ...(prompt === undefined ? [] : [`--prompt=${prompt}`]),
  ],
  can: { ask: true, steer: false, resume: true, mcp: true, hooks: true },
};

/**
 * opencode fetches the library for plugins from npm before its first turn, and waits for minutes where there is no network.
 * The guard needs none: what is recorded as installed is not fetched.
 */
const INSTALLED: readonly HomeFile[] = (() => {
  const dependencies = { '@opencode-ai/plugin': '*' };
  const lock = { lockfileVersion: 3, packages: { '': { dependencies } } };
  return [
    { path: '.config/opencode/package.json', text: JSON.stringify({ dependencies }) },
    { path: '.config/opencode/package-lock.json', text: JSON.stringify(lock) },
    { path: '.config/opencode/node_modules/.keep', text: '' },
  ];
})();

/** The built-in provider of each service, pointed elsewhere: its models and their prices stay known. */
const PROVIDERS: Readonly<Record<ModelApi, { name: string; version: string }>> = {
  anthropic: { name: 'anthropic', version: '/v1' },
  openai: { name: 'openai', version: '/v1' },
  gemini: { name: 'google', version: '/v1beta' },
};

const config = (setup: CliSetup) => ({
  autoupdate: false,
  share: 'disabled',
  permission: permission(setup),
  mcp: mcp(setup),
  ...(setup.model !== undefined && { model: modelName(setup) }),
  ...provider(setup),
});

/** Models are named with their provider there; people who name one alone mean the one that pays. */
const modelName = ({ model, endpoint }: CliSetup): string =>
  endpoint && !model!.includes('/') ? `${PROVIDERS[endpoint.api].name}/${model}` : model!;

const provider = ({ endpoint }: CliSetup) => {
  if (!endpoint) return {};
  const { name, version } = PROVIDERS[endpoint.api];
  const options = { baseURL: `${endpoint.baseUrl}${version}`, apiKey: endpoint.key };
  return { enabled_providers: [name], provider: { [name]: { options } } };
};

/** Rules are looked up in order and the last that matches counts. */
const permission = ({ permissions }: CliSetup) =>
  permissions === 'auto'
    ? { '*': 'allow' }
    : {
        '*': 'allow',
        bash: Object.fromEntries([['*', 'ask'], ...ALLOWED.map(command => [command, 'allow'])]),
        webfetch: 'ask',
        external_directory: 'ask',
      };

/** What an agent does all the time and what is undone by Git itself. */
const ALLOWED = ['gt *', 'bd *', ...['add', 'commit', 'status', 'diff', 'log', 'show'].map(verb => `git ${verb} *`)];

const mcp = ({ mcp: access }: CliSetup) =>
  access
    ? {
        gastown: {
          type: 'remote',
          url: access.url,
          enabled: true,
          headers: { Authorization: `Bearer ${access.token}` },
          oauth: false,
        },
      }
    : {};
