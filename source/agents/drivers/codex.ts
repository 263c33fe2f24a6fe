import type { AgentCli, CliSetup, HomeFile } from '../cli.ts';
import { codexHooks } from '../hooks/formats.ts';
import { allowRules, type Toml, tomlText } from './codex-files.ts';
import { codexProtocol } from './codex-protocol.ts';

const FOLDER = '.codex';
/** What Codex calls a provider that is not one of its own. */
const PROVIDER = 'gastown';
const KEY_VARIABLE = 'GASTOWN_MODEL_KEY';
const MCP_VARIABLE = 'GASTOWN_MCP_TOKEN';

/**
 * Codex: JSON-RPC with its app-server for the town, its own screen for a person. Its own sandbox is off: that leaves `.git`
 * read-only, so that no commit could be made, and shuts `gt` off from the town.
 */
export const codex: AgentCli = {
  name: 'codex',
  title: 'Codex',
  program: 'codex',
  install: 'npm install -g @openai/codex',
  oldest: '0.169.0',
  hasOwnSandbox: true,
  api: 'openai',
  keys: ['OPENAI_API_KEY', 'CODEX_API_KEY'],
  login: [`${FOLDER}/auth.json`],
  files: setup => [
    { path: `${FOLDER}/config.toml`, text: tomlText(config(setup)) },
    json(`${FOLDER}/hooks.json`, { hooks: codexHooks(setup) }),
    { path: `${FOLDER}/rules/gastown.rules`, text: allowRules(ALLOWED) },
  ],
  env: ({ home, endpoint, mcp }) => ({
    CODEX_HOME: `${home}/${FOLDER}`,
    ...(endpoint && { [KEY_VARIABLE]: endpoint.key }),
    ...(mcp && { [MCP_VARIABLE]: mcp.token }),
  }),
  wired: {
    argv: setup => ['codex', 'app-server', ...common(setup)],
    protocol: codexProtocol,
  },
  terminal: ({ prompt, resume, ...setup }) => [
    'codex',
    ...(resume === undefined ? [] : ['resume', resume]),
    ...common(setup),
    '--no-alt-screen',
    // Without it a server of Codex's own stays behind in the background, for ever.
    '--no-daemon',
    // Its screen has no other way to trust hooks than to ask a person at each start.
    '--dangerously-bypass-hook-trust',
    ...(prompt === undefined ? [] : ['--', prompt]),
  ],
  can: { ask: true, steer: true, resume: true, mcp: true, hooks: true },
};

/** On the command line, which goes before a repository's own configuration: that could switch the guard off otherwise. */
const common = (setup: CliSetup): string[] => [
  ...['plugins', 'apps'].flatMap(feature => ['--disable', feature]),
  ...Object.entries(firm(setup)).flatMap(([name, value]) => ['-c', `${name}=${JSON.stringify(value)}`]),
];

const firm = ({ permissions, endpoint, model }: CliSetup) => ({
  'features.hooks': true,
  // A login shell reads /etc/profile, which sets PATH anew on many systems: `gt` would be gone.
  allow_login_shell: false,
  approval_policy: permissions === 'auto' ? 'never' : 'on-request',
  approvals_reviewer: 'user',
  sandbox_mode: permissions === 'auto' ? 'danger-full-access' : 'workspace-write',
  ...(endpoint && { model_provider: PROVIDER }),
  ...(model !== undefined && { model }),
});

const config = ({ cwd, endpoint, mcp }: CliSetup): Toml => ({
  check_for_update_on_startup: false,
  cli_auth_credentials_store: 'file',
  suppress_unstable_features_warning: true,
  // Without it the model may ask a person only in a mode of planning.
  features: { default_mode_request_user_input: true },
  analytics: { enabled: false },
  feedback: { enabled: false },
  history: { persistence: 'none' },
  notice: { hide_full_access_warning: true, model_migrations: SEEN_ADVICE },
  projects: { [cwd]: { trust_level: 'trusted' } },
  // Codex keeps variables from commands whose names look like secrets: `gt` needs its token.
  shell_environment_policy: { inherit: 'all', ignore_default_excludes: true, exclude: [KEY_VARIABLE, MCP_VARIABLE] },
  ...(endpoint && {
    model_providers: {
      [PROVIDER]: {
        name: 'Gas Town',
        base_url: `${endpoint.baseUrl}/v1`,
        env_key: KEY_VARIABLE,
        wire_api: 'responses',
      },
    },
  }),
  ...(mcp && {
    mcp_servers: {
      gastown: { url: mcp.url, bearer_token_env_var: MCP_VARIABLE, default_tools_approval_mode: 'approve' },
    },
  }),
});

/** Models whose successor its screen advises before anything else, and waits for an answer. The person has named a model. */
const SEEN_ADVICE = {
  'gpt-5.5': 'gpt-6-sol',
  'gpt-5.6-sol': 'gpt-6-sol',
  'gpt-5.6-terra': 'gpt-6-sol',
  'gpt-5.6-luna': 'gpt-6-luna',
};

/** What an agent does all the time and what is undone by Git itself. Any other command is asked about where a person is to be asked. */
const ALLOWED = [['gt'], ['bd'], ...['add', 'commit', 'status', 'diff', 'log', 'show'].map(verb => ['git', verb])];

const json = (name: string, value: unknown): HomeFile => ({ path: name, text: `${JSON.stringify(value, null, 2)}\n` });
