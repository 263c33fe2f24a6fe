import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Effect } from '../../../roles/role.ts';
import { shellArgv, shellDriver } from '../../agents/drivers/shell.ts';
import { agentEnvironment } from '../../agents/environment.ts';
import { isGastownError } from '../../common/errors.ts';
import { writeFileAtomic } from '../../common/files.ts';
import { prepareCheckout } from '../../git/checkout.ts';
import type { Bead, Polecat, Rig, Session, SessionSandbox } from '../../ledger/schema.ts';
import { TOWN_ACTOR, type TownContext } from '../context.ts';
import { accountOf } from '../meter/keys.ts';
import { primeText, resumeText } from '../prime.ts';
import { type AgentPlan, furnishCli, planAgent } from './agent.ts';
import { refreshRig } from './rigs.ts';
import { confine, planSandbox, sessionInbox } from './sandbox.ts';
import { polecatAuthor, tokenHash } from './session.ts';
import { saveWork } from './work.ts';

/** Size of a session's terminal until somebody attaches: wide enough for test output, small enough for memory. */
export const SESSION_SIZE = { columns: 120, rows: 40 } as const;

/** Starts an agent for the bead on a polecat's hook: checkout, token, record, process. */
export const launchSession = async (
  context: TownContext,
  effect: Extract<Effect, { type: 'session.launch' }>,
  because?: string,
): Promise<void> => {
  const polecat = context.ledger.data.polecats.get(effect.polecat);
  const bead = context.ledger.data.beads.get(effect.bead);
  if (!polecat || !bead || polecat.state !== 'slung' || polecat.hook !== bead.id) return;
  const rig = context.ledger.data.rigs.get(polecat.rig)!;
  const agent = bead.town.agent ?? rig.agent;
  const planned = await planOrPark(context, { bead, agent, polecat, rig });
  if (!planned) return;
  const { plan, sandbox } = planned;

  const earlier = earlierSession(context, polecat);
  const { base, conversation } = await placeWork(context, { polecat, bead, plan, earlier });
  const session = `s-${randomBytes(6).toString('hex')}`;
  const token = randomBytes(32).toString('hex');
  await context.execute(
    TOWN_ACTOR,
    {
      type: 'session.start',
      payload: {
        id: session,
        polecat: polecat.id,
        bead: bead.id,
        agent,
        base,
        checkout: context.paths.checkout(polecat.id),
        tokenHash: tokenHash(token),
        sandbox,
        ...(plan.kind === 'cli' && { mode: plan.mode }),
        ...(conversation !== undefined && { conversation }),
      },
    },
    because,
  );
  const { script, env } = await furnish(context, { session, token, polecat, bead, plan, sandbox, conversation });
  const host = await context.host();
  const { pid } = await shellDriver.start(host, {
    session,
    script,
    env,
    cwd: context.paths.checkout(polecat.id),
    columns: SESSION_SIZE.columns,
    rows: SESSION_SIZE.rows,
    logFile: context.paths.sessionLog(session),
  });
  await context.execute(TOWN_ACTOR, { type: 'session.running', payload: { id: session, pid } }, RUNS);
};

/** Why a session counts as running. */
export const RUNS = 'its process runs';

const CANNOT_START: ReadonlySet<string> = new Set(['agent_unknown', 'invalid', 'config_invalid']);

/** The plan, or undefined after parking a bead that nobody could start: starting it again would not help. */
const planOrPark = async (
  context: TownContext,
  { bead, agent, polecat, rig }: { bead: Bead; agent: string; polecat: Polecat; rig: Rig },
): Promise<{ plan: AgentPlan; sandbox: SessionSandbox } | undefined> => {
  try {
    const plan = planAgent(context, { bead, agent, ...(polecat.next && { mode: polecat.next.mode }) });
    if (plan.kind === 'cli') context.meter.check(plan);
    const isMetered = plan.kind === 'cli' && accountOf(plan, context.env) !== undefined;
    const own = plan.kind === 'cli' ? { cli: plan.cli, permissions: plan.preset.permissions } : {};
    return { plan, sandbox: await planSandbox(context, { rig, isMetered, ...own }) };
  } catch (error) {
    if (!isGastownError(error) || !CANNOT_START.has(error.code)) throw error;
    const reason = `${error.message} ${error.hint ?? ''}`.trim();
    await context.execute(TOWN_ACTOR, { type: 'bead.park', payload: { id: bead.id, reason } }, reason);
    return undefined;
  }
};

const earlierSession = (context: TownContext, polecat: Polecat): Session | undefined =>
  polecat.session === undefined ? undefined : context.ledger.data.sessions.get(polecat.session);

/** Ends after which an agent goes on where the last one was: its work was not judged, only cut short. */
const CUT_SHORT: ReadonlySet<Session['outcome']> = new Set(['died', 'lost', 'stalled', 'handoff', 'stopped']);

/**
 * The checkout for a new session. A script begins anew on the target's tip; an agent whose last session was cut short
 * finds its work again, uncommitted files as a commit, and goes on with its conversation where that can be resumed. One
 * that only changes between its protocol and a terminal finds everything as it was.
 */
const placeWork = async (
  context: TownContext,
  options: { polecat: Polecat; bead: Bead; plan: AgentPlan; earlier: Session | undefined },
): Promise<{ base: string; conversation?: string }> => {
  const { polecat, bead, plan, earlier } = options;
  const { next } = polecat;
  if (next && earlier?.bead === bead.id && existsSync(earlier.checkout)) {
    return { base: earlier.base, ...(next.resume !== undefined && { conversation: next.resume }) };
  }
  const landing = await context.landing(polecat.rig);
  const tip = (context.world.rigs.get(polecat.rig) ?? (await refreshRig(context, polecat.rig))).tip;
  const saved = earlier && earlier.outcome !== 'done' ? await saveWork(context, earlier) : undefined;
  const isSame = earlier?.bead === bead.id && CUT_SHORT.has(earlier.outcome) && plan.kind === 'cli';
  const goesOn = isSame && saved !== undefined && (await landing.isAncestor(earlier.base, saved));
  const from = goesOn ? { base: earlier.base, head: saved } : { base: tip, head: tip };
  await prepareCheckout({
    landing,
    dir: context.paths.checkout(polecat.id),
    base: from.head,
    branch: `polecat/${polecat.name}/${bead.id}`,
    author: polecatAuthor(polecat),
  });
  const conversation = isSame && earlier.outcome !== 'handoff' ? earlier.conversation : undefined;
  return { base: from.base, ...(conversation !== undefined && { conversation }) };
};

interface Furnishing {
  readonly session: string;
  readonly token: string;
  readonly polecat: Polecat;
  readonly bead: Bead;
  readonly plan: AgentPlan;
  readonly sandbox: SessionSandbox;
  readonly conversation: string | undefined;
}

/** Files and environment of the session: its script, its prompt, the private home of its CLI. */
const furnish = async (
  context: TownContext,
  furnishing: Furnishing,
): Promise<{ script: string; env: Record<string, string> }> => {
  const { session, polecat, bead, plan, sandbox, conversation } = furnishing;
  const dir = context.paths.sessionFiles(session);
  const home = context.paths.home(polecat.id);
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  await fs.mkdir(path.join(home, 'tmp'), { recursive: true, mode: 0o700 });
  await fs.mkdir(path.dirname(context.paths.sessionLog(session)), { recursive: true, mode: 0o700 });
  const script = path.join(dir, 'script.sh');
  const prime = path.join(dir, 'prime.md');
  const delivers = plan.kind === 'cli' || plan.readsPrompt;
  const text = await primeText(context, polecat.id, { delivers });
  await writeFileAtomic(prime, text);
  const basic = sessionEnvironment(context, { ...furnishing, prime, extra: {} });
  const checkout = context.paths.checkout(polecat.id);
  // Whoever plans looks at the repository, and changes nothing in it.
  const isLooking = bead.town.role === 'mayor';
  const walls = { rig: polecat.rig, home, checkout, isLooking, files: dir, env: basic };
  if (plan.kind === 'script') {
    await writeFileAtomic(script, plan.script);
    if (!sandbox.on) return { script, env: basic };
    const command = plan.readsPrompt ? plan.script : '';
    const words = await confine(context, { ...walls, command, network: sandbox.network ?? 'open' });
    const outer = path.join(dir, 'confined.sh');
    await writeFileAtomic(outer, `exec ${[...words, ...shellArgv(script)].map(quote).join(' ')}\n`);
    return { script: outer, env: basic };
  }
  const { cli, preset } = plan;
  const endpoint = await context.meter.endpoint({ session, cli, preset, rig: polecat.rig });
  const mcp = cli.can.mcp ? await context.mcp.access(furnishing.token) : undefined;
  const places = { ...(mcp && { mcp }), ...(endpoint && { endpoint }) };
  const words = sandbox.on
    ? await confine(context, {
        ...walls,
        ...places,
        network: sandbox.network ?? 'open',
        program: preset.command || cli.program,
      })
    : [];
  const made = await furnishCli(context, {
    session,
    plan,
    ...places,
    home,
    cwd: walls.checkout,
    prompt: conversation === undefined ? text : resumeText(context, polecat),
    confined: argv => [...words, ...argv],
    ...(conversation !== undefined && { resume: conversation, task: text }),
  });
  await writeFileAtomic(script, made.script);
  return { script, env: sessionEnvironment(context, { ...furnishing, prime, extra: made.env }) };
};

/** One word for sh, whatever it holds. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

const sessionEnvironment = (
  context: TownContext,
  options: Furnishing & { prime: string; extra: Readonly<Record<string, string>> },
): Record<string, string> => {
  const { polecat, bead, session, token, prime, extra } = options;
  const home = context.paths.home(polecat.id);
  const author = polecatAuthor(polecat);
  return agentEnvironment({
    base: context.env,
    home,
    bin: context.paths.bin,
    tmp: path.join(home, 'tmp'),
    extra: {
      ...extra,
      GASTOWN_SOCKET: context.townSocket,
      GASTOWN_TOKEN: token,
      GASTOWN_INBOX: sessionInbox(context.paths.sessionFiles(session)),
      GASTOWN_PRIME: prime,
      GASTOWN_SESSION: session,
      GASTOWN_POLECAT: polecat.id,
      GASTOWN_BEAD: bead.id,
      GASTOWN_RIG: polecat.rig,
      GASTOWN_CHECKOUT: context.paths.checkout(polecat.id),
      // A script that needs the project's dependencies runs this first; most need none, and an install costs minutes.
      GASTOWN_SETUP: context.ledger.data.rigs.get(polecat.rig)?.setup ?? ':',
      // The record's counter was raised when the session record was made.
      GASTOWN_ATTEMPT: String(context.ledger.data.beads.get(bead.id)?.town.attempts ?? 1),
      // How often the work came back; a person's refusal is not counted against the bead, but it is rework all the same.
      GASTOWN_REWORK: String(bead.town.reworks + (bead.town.cause?.kind === 'rejected' ? 1 : 0)),
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_COMMITTER_NAME: author.name,
      GIT_COMMITTER_EMAIL: author.email,
    },
  });
};
