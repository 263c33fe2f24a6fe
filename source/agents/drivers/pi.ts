import path from 'node:path';
import type { AgentCli, CliSetup, HomeFile, ModelApi } from '../cli.ts';
import { piExtension } from '../hooks/formats.ts';
import { piProtocol } from './pi-protocol.ts';
import { sessionUuid } from './session-uuid.ts';

const FOLDER = '.pi/agent';
const EXTENSION = `${FOLDER}/gastown.mjs`;

/** pi: JSON over `--mode rpc` for the town, its own screen for a person. It knows no MCP; `gt` on the PATH does all. */
export const pi: AgentCli = {
  name: 'pi',
  title: 'pi',
  program: 'pi',
  install: 'npm install -g @earendil-works/pi-coding-agent',
  oldest: '0.85.0',
  api: 'anthropic',
  keys: ['ANTHROPIC_API_KEY'],
  login: [`${FOLDER}/auth.json`],
  files: setup => [
    // A project's own extensions would run in pi itself, beside the guard.
    json(`${FOLDER}/settings.json`, {
      defaultProjectTrust: 'never',
      quietStartup: true,
      enableInstallTelemetry: false,
      retry: { enabled: true, maxRetries: MAX_RETRIES },
    }),
    json(`${FOLDER}/models.json`, { providers: providers(setup) }),
    { path: EXTENSION, text: piExtension(setup, { asks: setup.permissions === 'ask' }) },
  ],
  env: () => ({ PI_OFFLINE: '1', PI_TELEMETRY: '0', PI_SKIP_VERSION_CHECK: '1' }),
  wired: {
    argv: setup => ['pi', '--mode', 'rpc', ...common(setup)],
    protocol: piProtocol,
  },
  terminal: ({ prompt, ...setup }) => ['pi', ...common(setup), ...(prompt === undefined ? [] : ['--', prompt])],
  can: { ask: true, steer: true, resume: true, mcp: false, hooks: true },
};

/** pi gives up after three; a service that is overloaded for a minute is everyday life. */
const MAX_RETRIES = 8;

const common = (setup: CliSetup & { session: string; resume?: string }): string[] => [
  ...(setup.endpoint ? ['--provider', PROVIDERS[setup.endpoint.api].name] : []),
  ...(setup.model === undefined ? [] : ['--model', setup.model]),
  ...['--session-id', setup.resume ?? sessionUuid(setup.session)],
  ...['--no-approve', '--extension', path.join(setup.home, EXTENSION)],
];

/** The built-in provider of each service, pointed elsewhere: its models and their prices stay known. */
const PROVIDERS: Readonly<Record<ModelApi, { name: string; version: string }>> = {
  anthropic: { name: 'anthropic', version: '' },
  openai: { name: 'openai', version: '/v1' },
  gemini: { name: 'google', version: '/v1beta' },
};

const providers = ({ endpoint }: CliSetup) => {
  if (!endpoint) return {};
  const { name, version } = PROVIDERS[endpoint.api];
  return { [name]: { baseUrl: `${endpoint.baseUrl}${version}`, apiKey: endpoint.key } };
};

const json = (name: string, value: unknown): HomeFile => ({ path: name, text: `${JSON.stringify(value, null, 2)}\n` });
