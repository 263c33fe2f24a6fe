import fs from 'node:fs/promises';
import path from 'node:path';
import { AGENT_CLIS } from '../../agents/catalog.ts';
import type { AgentCli, CliSetup, HomeFile, ModelEndpoint } from '../../agents/cli.ts';
import { shellScript } from '../../agents/drivers/shell.ts';
import { type AgentPreset, findPreset } from '../../agents/presets.ts';
import type { McpAccess } from '../../agents/wire/protocol.ts';
import { prepareWire, wireScript } from '../../agents/wire/wire.ts';
import { GastownError } from '../../common/errors.ts';
import { writeFileAtomic } from '../../common/files.ts';
import type { Bead, SessionMode } from '../../ledger/schema.ts';
import type { TownContext } from '../context.ts';
import { accountVariables } from '../meter/keys.ts';

/** How the agent for a bead is run. */
export type AgentPlan =
  /** A script of the bead's or of the config's. */
  | { readonly kind: 'script'; readonly script: string; readonly readsPrompt: boolean }
  | { readonly kind: 'cli'; readonly cli: AgentCli; readonly preset: AgentPreset; readonly mode: SessionMode };

/**
 * What to run for a bead. Throws `agent_unknown`, or `invalid` for a shell agent whose bead has no script: starting it
 * again would not help.
 */
export const planAgent = (
  context: Pick<TownContext, 'config'>,
  options: { bead: Bead; agent: string; mode?: SessionMode },
): AgentPlan => {
  const { bead, agent, mode } = options;
  const preset = findPreset(agent, context.config.agents);
  if (preset.kind === 'shell') {
    const script = shellScript(bead.description ?? '');
    if (script !== undefined) return { kind: 'script', script, readsPrompt: false };
    throw new GastownError(
      'invalid',
      'The shell agent found no fenced sh block in its description: add one, or set another agent.',
    );
  }
  const cli = AGENT_CLIS.get(preset.kind);
  if (!cli) return { kind: 'script', script: preset.command, readsPrompt: true };
  const own = cli.wired && !preset.terminal ? 'wired' : 'terminal';
  return { kind: 'cli', cli, preset, mode: cli.wired ? (mode ?? own) : 'terminal' };
};

/** What is known of a session before its command line is made. */
export interface CliLaunch {
  readonly session: string;
  readonly plan: Extract<AgentPlan, { kind: 'cli' }>;
  readonly home: string;
  readonly cwd: string;
  readonly prompt: string;
  /** The agent's own id of the conversation to go on with. */
  readonly resume?: string;
  /** What is said instead where the CLI no longer has that conversation. */
  readonly task?: string;
  readonly endpoint?: ModelEndpoint;
  readonly mcp?: McpAccess;
  /** The words of a command with those of its sandbox before them. */
  confined(argv: readonly string[]): readonly string[];
}

/**
 * Furnishes the private home of an agent CLI and makes the script that runs it: by its protocol through a FIFO and a file,
 * or in the terminal. Answers with the variables that it wants beside the allow-list.
 */
export const furnishCli = async (
  context: Pick<TownContext, 'paths' | 'env'>,
  launch: CliLaunch,
): Promise<{ script: string; env: Record<string, string> }> => {
  const { cli, preset, mode } = launch.plan;
  const { setup, env } = await furnishHome(context, { ...launch, cli, preset, permissions: preset.permissions });
  const named = { ...setup, session: launch.session, ...(launch.resume !== undefined && { resume: launch.resume }) };
  const program = (argv: readonly string[]) =>
    launch.confined(preset.command ? [preset.command, ...argv.slice(1)] : argv);
  if (mode === 'terminal') {
    const { prompt, resume } = launch;
    const argv = program(cli.terminal({ ...named, ...(resume === undefined && { prompt }) }));
    return { script: `exec ${argv.map(quote).join(' ')}\n`, env };
  }
  const dir = context.paths.sessionFiles(launch.session);
  await prepareWire(dir, {
    session: launch.session,
    cwd: launch.cwd,
    prompt: launch.prompt,
    ...(preset.model !== undefined && { model: preset.model }),
    ...(launch.resume !== undefined && { resume: launch.resume }),
    ...(launch.task !== undefined && { task: launch.task }),
    ...(launch.mcp && { mcp: launch.mcp }),
  });
  return { script: wireScript(dir, program(cli.wired!.argv(named))), env };
};

export interface CliHome {
  readonly cli: AgentCli;
  readonly preset: AgentPreset;
  readonly permissions: CliSetup['permissions'];
  readonly home: string;
  /** Where that home lies while the CLI does not run, if elsewhere. */
  readonly lies?: string;
  readonly cwd: string;
  readonly endpoint?: ModelEndpoint;
  readonly mcp?: McpAccess;
}

/** Writes the private home of an agent CLI. Answers with what its command line is made from, and with its variables. */
export const furnishHome = async (
  context: Pick<TownContext, 'env'>,
  { cli, preset, permissions, home, lies = home, cwd, endpoint, mcp }: CliHome,
): Promise<{ setup: CliSetup; env: Record<string, string> }> => {
  const setup: CliSetup = {
    home,
    cwd,
    guard: `gt guard ${cli.name}`,
    remind: `gt remind ${cli.name}`,
    permissions,
    isRoot: process.getuid?.() === 0,
    ...(preset.model !== undefined && { model: preset.model }),
    ...(endpoint && { endpoint }),
    ...(mcp && { mcp }),
  };
  if (!endpoint) await copyLogin(cli, { from: context.env.HOME, to: lies });
  for (const file of cli.files(setup)) await writeHomeFile(lies, file);
  // What goes through the meter has neither a key of its own nor another address.
  const kept = endpoint ? without(preset.env, accountVariables(cli)) : preset.env;
  return { setup, env: { ...cli.env(setup), ...kept } };
};

const without = (env: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));

/** A person's login is copied, never linked: an agent that writes there must not change the person's own. */
const copyLogin = async (cli: AgentCli, { from, to }: { from: string | undefined; to: string }): Promise<void> => {
  if (from === undefined) return;
  for (const file of cli.login) {
    const text = await fs.readFile(path.join(from, file), 'utf8').catch(absent);
    if (text !== undefined) await writeHomeFile(to, { path: file, text });
  }
};

/** The agent owns its home and may have put links there: what would lead out of it is refused. */
const writeHomeFile = async (home: string, file: HomeFile): Promise<void> => {
  const target = path.resolve(home, file.path);
  const folder = path.dirname(target);
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  const inside = path.relative(await fs.realpath(home), await fs.realpath(folder));
  if (inside.startsWith('..') || path.isAbsolute(inside)) {
    throw new GastownError('forbidden', `${file.path} of a private home leads out of it.`, {
      hint: `Remove the links in ${home}.`,
    });
  }
  await writeFileAtomic(target, file.text);
};

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};

/** One word for sh, whatever it holds. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
