/** What a CLI's hooks call: commands for `sh`. See `guard.ts` and `remind.ts` for what they read and answer. */
export interface HookCommands {
  /** `gt guard <cli>`: before each tool call. */
  readonly guard: string;
  /** `gt remind <cli>`: when a turn ends. */
  readonly remind: string;
}

/** A guard answers from its own process in some 50 ms; on a machine full of starting agents in seconds. */
export const GUARD_LIMIT_MS = 15_000;
/** A reminder asks the town, which answers from memory. */
export const REMIND_LIMIT_MS = 20_000;

/** For `hooks` in Claude Code's settings.json. Limits are in seconds there. */
export const claudeHooks = ({ guard, remind }: HookCommands) => ({
  PreToolUse: [{ matcher: '*', hooks: [{ type: 'command', command: guard, timeout: GUARD_LIMIT_MS / 1000 }] }],
  Stop: [{ hooks: [{ type: 'command', command: remind, timeout: REMIND_LIMIT_MS / 1000 }] }],
});

/**
 * For `hooks` in Codex's hooks.json, which has Claude Code's form. Codex silently skips hooks that it does not trust: start
 * it with `--dangerously-bypass-hook-trust`, or write their trust first, or the guard is none.
 */
export const codexHooks = (commands: HookCommands) => claudeHooks(commands);

/** For `hooks` in Gemini CLI's settings.json. Limits are in milliseconds there, and a matcher is a regular expression. */
export const geminiHooks = ({ guard, remind }: HookCommands) => ({
  BeforeTool: [
    {
      matcher: '.*',
      hooks: [{ name: 'gastown-guard', type: 'command', command: guard, timeout: GUARD_LIMIT_MS }],
    },
  ],
  AfterAgent: [
    {
      matcher: '*',
      hooks: [{ name: 'gastown-remind', type: 'command', command: remind, timeout: REMIND_LIMIT_MS }],
    },
  ],
});

/** All of a file in Copilot's `~/.copilot/hooks/`. Limits are in seconds there. */
export const copilotHooks = ({ guard, remind }: HookCommands) => ({
  version: 1,
  hooks: {
    preToolUse: [{ type: 'command', bash: guard, timeoutSec: GUARD_LIMIT_MS / 1000 }],
    agentStop: [{ type: 'command', bash: remind, timeoutSec: REMIND_LIMIT_MS / 1000 }],
  },
});

/**
 * Text of a plugin file for opencode's `plugin` folder: it asks the guard before each tool call, and says the reminder in
 * a session whose turn ended. Sessions of subagents end turns too; they owe the town no report.
 */
export const opencodePlugin = (commands: HookCommands): string => `${CALL(commands)}
export const Gastown = async ({ client, directory }) => ({
  'tool.execute.before': async (input, output) => {
    const refusal = await refusalOf({ cwd: directory, tool_name: input.tool, tool_input: output.args });
    if (refusal !== undefined) throw new Error(refusal);
  },
  event: async ({ event }) => {
    if (event.type !== 'session.idle') return;
    const id = event.properties.sessionID;
    const { data } = await client.session.get({ path: { id } });
    if (data?.parentID) return;
    const reminder = await reminderOf({ session_id: id });
    if (reminder !== undefined) {
      await client.session.promptAsync({ path: { id }, body: { parts: [{ type: 'text', text: reminder }] } });
    }
  },
});
`;

/**
 * Text of an extension file for pi: it asks the guard before each tool call, and says the reminder before the agent
 * settles. pi has no permissions of its own: with `asks` a person is asked before each shell command.
 */
export const piExtension = (
  commands: HookCommands,
  { asks = false }: { asks?: boolean } = {},
): string => `${CALL(commands)}
let allowed = ${!asks};
const REFUSED = 'A person refused this. Go on without it, or report what you need.';

export default function gastown(pi) {
  pi.on('tool_call', async (event, context) => {
    const reason = await refusalOf({ cwd: context.cwd, tool_name: event.toolName, tool_input: event.input });
    if (reason !== undefined) return { block: true, reason };
    if (allowed || event.toolName !== 'bash' || !context.hasUI) return undefined;
    const options = ${JSON.stringify(PI_OPTIONS)};
    const answer = await context.ui.select('${PI_QUESTION}' + event.input.command, options);
    if (answer === options[1]) allowed = true;
    return answer === options[0] || answer === options[1] ? undefined : { block: true, reason: REFUSED };
  });
  pi.on('agent_before_settle', async event => {
    if (event.outcome !== 'completed') return undefined;
    const content = await reminderOf({});
    if (content === undefined) return undefined;
    return { entries: [{ type: 'custom_message', customType: '${PI_ENTRY}', content, display: true }], continue: true };
  });
}
`;

/** What the extension for pi calls the entries that it adds to a session. */
export const PI_ENTRY = 'gastown';
/** What the extension for pi asks, and what may be answered: allow, allow from now on, refuse. */
export const PI_QUESTION = 'Run: ';
export const PI_OPTIONS = ['Allow', 'Allow all in this session', 'Refuse'] as const;

/** What both plugins share. They run in the agent's own runtime, which may be Node or Bun. */
const CALL = ({ guard, remind }: HookCommands): string => `// Written by Gas Town at each start of a session.
import { spawn } from 'node:child_process';

const call = (command, value, timeout) =>
  new Promise(resolve => {
    const child = spawn('sh', ['-c', command], { stdio: ['pipe', 'pipe', 'pipe'], timeout });
    let said = '';
    let complaint = '';
    child.stdout.on('data', chunk => (said += chunk));
    child.stderr.on('data', chunk => (complaint += chunk));
    child.stdin.on('error', () => {});
    child.on('error', error => resolve({ code: null, said, complaint: String(error) }));
    child.on('close', code => resolve({ code, said, complaint }));
    child.stdin.end(JSON.stringify(value));
  });

const refusalOf = async value => {
  const { code, complaint } = await call(${JSON.stringify(guard)}, value, ${GUARD_LIMIT_MS});
  return code === 2 ? complaint.trim() || 'Refused.' : undefined;
};

const reminderOf = async value => {
  const { code, said } = await call(${JSON.stringify(remind)}, value, ${REMIND_LIMIT_MS});
  return code === 0 && said.trim() !== '' ? JSON.parse(said).reason : undefined;
};
`;
