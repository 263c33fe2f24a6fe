import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Effect } from '../../../roles/role.ts';
import { shellDriver, shellScript } from '../../agents/drivers/shell.ts';
import { agentEnvironment } from '../../agents/environment.ts';
import { findPreset } from '../../agents/presets.ts';
import { isGastownError } from '../../common/errors.ts';
import { writeFileAtomic } from '../../common/files.ts';
import { prepareCheckout } from '../../git/checkout.ts';
import type { Bead, Polecat } from '../../ledger/schema.ts';
import { TOWN_ACTOR, type TownContext } from '../context.ts';
import { primeText } from '../prime.ts';
import { refreshRig } from './rigs.ts';
import { polecatAuthor, tokenHash } from './session.ts';
import { saveWork } from './work.ts';

/** Size of a session's terminal until somebody attaches: wide enough for test output, small enough for memory. */
export const SESSION_SIZE = { columns: 120, rows: 40 } as const;

/** Starts an agent for the bead on a polecat's hook: checkout on the target's tip, token, record, process. */
export const launchSession = async (
  context: TownContext,
  effect: Extract<Effect, { type: 'session.launch' }>,
): Promise<void> => {
  const polecat = context.ledger.data.polecats.get(effect.polecat);
  const bead = context.ledger.data.beads.get(effect.bead);
  if (!polecat || !bead || polecat.state !== 'slung' || polecat.hook !== bead.id) return;
  const rig = context.ledger.data.rigs.get(polecat.rig)!;
  const agent = bead.town.agent ?? rig.agent;
  const script = await agentScript(context, bead, agent);
  if (script === undefined) return;

  const landing = await context.landing(rig.id);
  const base = (context.world.rigs.get(rig.id) ?? (await refreshRig(context, rig.id))).tip;
  await saveEarlierWork(context, polecat);
  const checkout = context.paths.checkout(polecat.id);
  await prepareCheckout({
    landing,
    dir: checkout,
    base,
    branch: `polecat/${polecat.name}/${bead.id}`,
    author: polecatAuthor(polecat),
  });

  const session = `s-${randomBytes(6).toString('hex')}`;
  const token = randomBytes(32).toString('hex');
  await context.execute(TOWN_ACTOR, {
    type: 'session.start',
    payload: { id: session, polecat: polecat.id, bead: bead.id, agent, base, checkout, tokenHash: tokenHash(token) },
  });
  const files = await sessionFiles(context, {
    session,
    polecat,
    script,
    isPrompt: findPreset(agent, context.config.agents).kind === 'pty',
  });
  const host = await context.host();
  const { pid } = await shellDriver.start(host, {
    session,
    script: files.script,
    env: sessionEnvironment(context, { polecat, bead, session, token, prime: files.prime }),
    cwd: checkout,
    columns: SESSION_SIZE.columns,
    rows: SESSION_SIZE.rows,
    logFile: context.paths.sessionLog(session),
  });
  await context.execute(TOWN_ACTOR, { type: 'session.running', payload: { id: session, pid } });
};

/** The script to run, or undefined after parking a bead that nobody could start: starting it again would not help. */
const agentScript = async (context: TownContext, bead: Bead, agent: string): Promise<string | undefined> => {
  const park = async (reason: string) => {
    await context.execute(TOWN_ACTOR, { type: 'bead.park', payload: { id: bead.id, reason } }, reason);
    return undefined;
  };
  try {
    const preset = findPreset(agent, context.config.agents);
    if (preset.kind === 'shell') {
      return (
        shellScript(bead.description ?? '') ??
        (await park('The shell agent found no fenced sh block in its description: add one, or set another agent.'))
      );
    }
    return preset.command;
  } catch (error) {
    if (isGastownError(error, 'agent_unknown')) return park(`${error.message} ${error.hint ?? ''}`.trim());
    throw error;
  }
};

/** Whatever an earlier session left uncommitted is kept under refs/gastown/wip before the checkout is made anew. */
const saveEarlierWork = async (context: TownContext, polecat: Polecat): Promise<void> => {
  const earlier = polecat.session && context.ledger.data.sessions.get(polecat.session);
  if (earlier && earlier.outcome !== 'done') await saveWork(context, earlier);
};

const sessionFiles = async (
  context: TownContext,
  options: {
    session: string;
    polecat: Polecat;
    script: string;
    /** The agent is given the page; a bead's own script has no use for it. */
    isPrompt: boolean;
  },
): Promise<{ script: string; prime: string }> => {
  const dir = context.paths.sessionFiles(options.session);
  const home = context.paths.home(options.polecat.id);
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  await fs.mkdir(path.join(home, 'tmp'), { recursive: true, mode: 0o700 });
  await fs.mkdir(path.dirname(context.paths.sessionLog(options.session)), { recursive: true, mode: 0o700 });
  const script = path.join(dir, 'script.sh');
  const prime = path.join(dir, 'prime.md');
  await writeFileAtomic(script, options.script);
  await writeFileAtomic(prime, await primeText(context, options.polecat.id, { delivers: options.isPrompt }));
  return { script, prime };
};

const sessionEnvironment = (
  context: TownContext,
  options: { polecat: Polecat; bead: Bead; session: string; token: string; prime: string },
): Record<string, string> => {
  const { polecat, bead, session, token, prime } = options;
  const home = context.paths.home(polecat.id);
  const author = polecatAuthor(polecat);
  return agentEnvironment({
    base: context.env,
    home,
    bin: context.paths.bin,
    tmp: path.join(home, 'tmp'),
    extra: {
      GASTOWN_SOCKET: context.townSocket,
      GASTOWN_TOKEN: token,
      GASTOWN_INBOX: context.paths.inbox,
      GASTOWN_PRIME: prime,
      GASTOWN_SESSION: session,
      GASTOWN_POLECAT: polecat.id,
      GASTOWN_BEAD: bead.id,
      GASTOWN_RIG: polecat.rig,
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
