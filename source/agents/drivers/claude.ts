import path from 'node:path';
import type { AgentCli, CliSetup, HomeFile } from '../cli.ts';
import { claudeHooks } from '../hooks/formats.ts';
import { claudeProtocol } from './claude-protocol.ts';
import { sessionUuid } from './session-uuid.ts';

/** Given by `--settings`, which goes before a repository's own settings: it could not switch the guard off by them. */
const SETTINGS = '.claude/gastown-settings.json';
const MCP = '.claude/gastown-mcp.json';
/** How much of a key Claude Code keeps to know it again. */
const KEY_TAIL_CHARS = 20;

/** Claude Code: stream-json both ways for the town, its own screen for a person. */
export const claude: AgentCli = {
  name: 'claude',
  title: 'Claude Code',
  program: 'claude',
  install: 'npm install -g @anthropic-ai/claude-code',
  oldest: '2.1.300',
  api: 'anthropic',
  keys: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
  login: ['.claude/.credentials.json'],
  files: setup => [
    json('.claude.json', onboarded(setup)),
    // A bypass of permissions is asked about at each start otherwise, with "No, exit" as the default.
    json('.claude/settings.json', { skipDangerousModePermissionPrompt: true }),
    json(SETTINGS, settings(setup)),
    json(MCP, { mcpServers: mcpServers(setup) }),
  ],
  env: ({ endpoint, isRoot }) => ({
    CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    ...(endpoint && endpointEnv(endpoint)),
    // Claude Code does not let root bypass permissions unless it is told that it is in a sandbox.
    ...(isRoot && { IS_SANDBOX: '1' }),
  }),
  wired: {
    argv: setup => [
      'claude',
      '-p',
      ...['--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'],
      ...['--permission-prompt-tool', 'stdio'],
      ...common(setup),
    ],
    protocol: claudeProtocol,
  },
  terminal: ({ prompt, ...setup }) => ['claude', ...common(setup), ...(prompt === undefined ? [] : ['--', prompt])],
  can: { ask: true, steer: true, resume: true, mcp: true, hooks: true },
};

/**
 * The permission mode is always named: the default is `auto`, whose classifier cannot be reached through a gateway and
 * then stops each turn with a dialog.
 */
const common = (setup: CliSetup & { session: string; resume?: string }): string[] => [
  ...['--permission-mode', setup.permissions === 'auto' ? 'bypassPermissions' : 'acceptEdits'],
  ...['--settings', path.join(setup.home, SETTINGS)],
  ...['--mcp-config', path.join(setup.home, MCP), '--strict-mcp-config'],
  ...(setup.model === undefined ? [] : ['--model', setup.model]),
  ...(setup.resume === undefined ? ['--session-id', sessionUuid(setup.session)] : ['--resume', setup.resume]),
];

/** What Claude Code remembers of a person who has been through its dialogs. */
const onboarded = ({ cwd, endpoint }: CliSetup) => ({
  hasCompletedOnboarding: true,
  autoUpdates: false,
  bypassPermissionsModeAccepted: true,
  projects: { [cwd]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
  ...(endpoint && {
    customApiKeyResponses: { approved: [endpoint.key.slice(-KEY_TAIL_CHARS)], rejected: [] },
  }),
});

const settings = (setup: CliSetup) => ({
  disableAllHooks: false,
  hooks: claudeHooks(setup),
  permissions: { allow: ['Bash(gt:*)', 'Bash(bd:*)', ...GIT_ALLOWED, 'mcp__gastown'] },
  // A repository's own settings may name another gateway, which the town would neither see nor meter.
  ...(setup.endpoint && { env: endpointEnv(setup.endpoint) }),
});

/** What an agent does all the time and what is undone by Git itself. */
const GIT_ALLOWED = ['add', 'commit', 'status', 'diff', 'log', 'show'].map(verb => `Bash(git ${verb}:*)`);

const endpointEnv = ({ baseUrl, key }: { baseUrl: string; key: string }) => ({
  ANTHROPIC_BASE_URL: baseUrl,
  ANTHROPIC_API_KEY: key,
});

const mcpServers = ({ mcp }: CliSetup) =>
  mcp ? { gastown: { type: 'http', url: mcp.url, headers: { Authorization: `Bearer ${mcp.token}` } } } : {};

const json = (name: string, value: unknown): HomeFile => ({ path: name, text: `${JSON.stringify(value, null, 2)}\n` });
