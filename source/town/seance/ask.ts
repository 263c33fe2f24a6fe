import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { AGENT_CLIS } from '../../agents/catalog.ts';
import type { AgentCli } from '../../agents/cli.ts';
import { agentEnvironment } from '../../agents/environment.ts';
import { type AgentPreset, findPreset } from '../../agents/presets.ts';
import { askOnce } from '../../agents/wire/ask-once.ts';
import { GastownError, isGastownError } from '../../common/errors.ts';
import { safeText } from '../../common/text.ts';
import type { Session } from '../../ledger/schema.ts';
import type { TownContext } from '../context.ts';
import { furnishHome } from '../effects/agent.ts';
import { confine, planSandbox } from '../effects/sandbox.ts';
import { accountOf } from '../meter/keys.ts';
import { sessionNamed, tailOf } from '../seance.ts';
import { SEANCE_LIMIT_MS, type SeanceAnswer, type SeanceQuestion } from './question.ts';

const QUESTION_CHARS = 20_000;

/** Not copied with a home: what tools keep there to be faster, which may be gigabytes. */
const CACHES: ReadonlySet<string> = new Set(['tmp', '.cache', '.npm', '.cargo', '.rustup', '.gradle', '.m2', 'go']);

/**
 * Asks an earlier session of a bead: its conversation is gone on with in a copy of its home, over its checkout as it lies
 * there, which it can only read. The session itself, its record and its polecat stay as they are; only its cost grows.
 */
export const askSession = async (
  context: TownContext,
  { bead, which, question }: SeanceQuestion,
): Promise<SeanceAnswer> => {
  const session = sessionNamed(context.ledger.data, { bead, which });
  if (question.trim() === '' || question.length > QUESTION_CHARS) {
    throw new GastownError('usage', `A question has 1 to ${QUESTION_CHARS} characters.`);
  }
  if (session.status !== 'ended') {
    throw new GastownError('conflict', `${session.id} still runs.`, {
      hint: `Tell it directly: gastown nudge ${session.polecat} "${'<question>'}"`,
    });
  }
  const asked = resumable(context, session);
  if ('why' in asked) return tail(context, session, asked.why);
  try {
    const text = await ask(context, { session, question, ...asked });
    if (text.trim() !== '') return { kind: 'answer', session: session.id, text: safeText(text) };
    return await tail(context, session, 'it said nothing');
  } catch (error) {
    if (!isGastownError(error) || !NOT_ANSWERED.has(error.code)) throw error;
    return tail(context, session, error.message.replace(/\.$/, ''));
  }
};

const NOT_ANSWERED: ReadonlySet<string> = new Set(['terminal', 'timeout', 'config_invalid', 'invalid']);

const tail = async (context: TownContext, { id }: Session, why: string): Promise<SeanceAnswer> => ({
  kind: 'tail',
  session: id,
  why,
  lines: await tailOf(context, id),
});

interface Resumable {
  readonly cli: AgentCli & { readonly wired: NonNullable<AgentCli['wired']> };
  readonly preset: AgentPreset;
  readonly conversation: string;
}

/** How it can be asked, or why not, in words that end a sentence. */
const resumable = (context: TownContext, session: Session): Resumable | { readonly why: string } => {
  let preset: AgentPreset;
  try {
    preset = findPreset(session.agent, context.config.agents);
  } catch (error) {
    if (!isGastownError(error)) throw error;
    return { why: `there is no agent ${session.agent} any more` };
  }
  const cli = AGENT_CLIS.get(preset.kind);
  if (!cli) return { why: `${session.agent} is a script, which nobody can ask` };
  if (!cli.wired || !cli.can.resume) return { why: `${cli.title} cannot go on with an earlier conversation` };
  if (session.conversation === undefined) return { why: 'its conversation was never known by a name' };
  if (!existsSync(session.checkout)) return { why: 'its checkout is gone' };
  if (!existsSync(context.paths.home(session.polecat))) return { why: 'the home of its polecat is gone' };
  return { cli: { ...cli, wired: cli.wired }, preset, conversation: session.conversation };
};

const ask = async (
  context: TownContext,
  { session, question, cli, preset, conversation }: Resumable & { session: Session; question: string },
): Promise<string> => {
  const rig = context.ledger.data.rigs.get(session.rig)!;
  const isMetered = accountOf({ cli, preset }, context.env) !== undefined;
  const sandbox = await planSandbox(context, { rig, isMetered });
  const dir = path.join(context.paths.dir, 'run', 'seances', randomBytes(6).toString('hex'));
  const copy = path.join(dir, 'home');
  const original = context.paths.home(session.polecat);
  // In a sandbox the copy stands where the home was: CLIs keep its path in their databases.
  const home = sandbox.on ? original : copy;
  const cwd = session.checkout;
  try {
    await copyHome(original, copy);
    const endpoint = await context.meter.endpointAgain({ session: session.id, cli, preset, rig: rig.id });
    const place = { home, cwd, ...(endpoint && { endpoint }) };
    // Where no wall keeps it from writing it has to ask, and is denied.
    const permissions = sandbox.on ? 'auto' : 'ask';
    const furnished = await furnishHome(context, { cli, preset, permissions, ...place, lies: copy });
    const { paths } = context;
    const env = agentEnvironment({
      ...{ base: context.env, home, bin: paths.bin, tmp: path.join(home, 'tmp') },
      extra: furnished.env,
    });
    const words = cli.wired.argv({ ...furnished.setup, session: session.id, resume: conversation });
    const argv = preset.command ? [preset.command, ...words.slice(1)] : words;
    const network = sandbox.network ?? 'open';
    const program = preset.command || cli.program;
    const walls = {
      rig: rig.id,
      home,
      checkout: cwd,
      isLooking: true,
      homeCopy: copy,
      files: dir,
      env,
      network,
      program,
    };
    const under = sandbox.on ? await confine(context, { ...walls, ...(endpoint && { endpoint }) }) : [];
    return await askOnce({
      protocol: cli.wired.protocol,
      start: {
        ...{ session: session.id, cwd, prompt: promptOf(session, question), resume: conversation },
        ...(preset.model !== undefined && { model: preset.model }),
      },
      argv: [...under, ...argv],
      ...{ env, cwd, limitMs: SEANCE_LIMIT_MS, signal: context.closing },
      onUsage: reports => context.meter.reported(session.id, reports),
    });
  } finally {
    context.meter.release(session.id);
    await fs.rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
};

const promptOf = ({ bead, id }: Session, question: string): string =>
  `Your work on ${bead} (session ${id}) is over. A question about it follows: answer it from what you know, and look at \
files where that helps. Change nothing, run no gt command, and end your turn with the answer.\n\n${question.trim()}`;

const copyHome = async (from: string, to: string): Promise<void> => {
  await fs.mkdir(path.join(to, 'tmp'), { recursive: true, mode: 0o700 });
  await fs.cp(from, to, {
    recursive: true,
    // An agent may have linked anything: links are copied as links, which lead nowhere inside.
    verbatimSymlinks: true,
    mode: fs.constants.COPYFILE_FICLONE,
    filter: async source => {
      const name = path.relative(from, source);
      if (CACHES.has(name)) return false;
      const stat = await fs.lstat(source).catch(() => undefined);
      return stat !== undefined && (stat.isFile() || stat.isDirectory() || stat.isSymbolicLink());
    },
  });
};
