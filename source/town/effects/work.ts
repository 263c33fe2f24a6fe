import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Effect } from '../../../roles/role.ts';
import { isGastownError } from '../../common/errors.ts';
import { createMasker } from '../../common/secrets.ts';
import { safeLine } from '../../common/text.ts';
import type { Landing } from '../../git/landing.ts';
import { type Cause, LIMITS, type Session } from '../../ledger/schema.ts';
import { TOWN_ACTOR, type TownContext } from '../context.ts';
import { proposalOf } from '../plan/proposal.ts';
import { stillHolds } from './recheck.ts';
import { polecatAuthor, sessionGone } from './session.ts';

/** After SIGTERM a process group has this long before SIGKILL. */
const TERM_GRACE_MS = 3_000;
const EXIT_POLL_MS = 50;
/** Lines of a dead session's screen kept as evidence. */
const EVIDENCE_LINES = 40;

/**
 * Takes over finished work: fetches it by path, commits what was left uncommitted, checks that it descends from where it
 * began and changes something, and hands it in as one transaction. A claim that does not hold ends the session as failed.
 */
export const collectWork = async (
  context: TownContext,
  effect: Extract<Effect, { type: 'session.collect' }>,
): Promise<void> => {
  const session = context.ledger.data.sessions.get(effect.session);
  if (!session) throw sessionGone(effect.session);
  if (session.status === 'ended') return;
  if (isPlanning(context, session)) return collectPlan(context, session);
  const landing = await context.landing(session.rig);
  // First: what it still wrote after a look at its files would be gone with the next use of its checkout.
  await endProcess(context, session.id);
  const collected = await collectCommit(context, landing, session);
  if (typeof collected !== 'string') {
    await endSession(context, session, { outcome: 'failed', cause: collected });
    return;
  }
  const summary = session.reported?.summary;
  if ((await landing.treeOf(collected)) === (await landing.treeOf(session.base))) {
    if (session.reported?.noChange) {
      await context.execute(
        TOWN_ACTOR,
        { type: 'work.nothing', payload: { session: session.id, ...(summary && { summary }) } },
        'The session ended well and says that nothing needed to be changed.',
      );
    } else {
      const cause = causeOf(
        'no_change',
        'It ended well but changed nothing, and did not say that nothing was needed (gt done --no-change).',
        context,
      );
      await endSession(context, session, { outcome: 'failed', cause });
    }
    return;
  }
  const merge = `mr-${session.id.slice(2)}`;
  const ref = `refs/gastown/merges/${merge}`;
  await landing.setRef(ref, collected);
  const files = await landing.changedFiles(session.base, collected);
  const patch = await landing.patchId(session.base, collected);
  await context.execute(
    TOWN_ACTOR,
    {
      type: 'work.done',
      payload: {
        session: session.id,
        merge,
        ref,
        base: session.base,
        head: collected,
        files: files.length,
        ...(patch && { patch }),
        ...(summary && { summary }),
      },
    },
    `The session ended well with ${files.length} changed ${files.length === 1 ? 'file' : 'files'}.`,
  );
};

/** Whatever lies in the checkout of a planning session is its notepad: what it hands in is a proposed convoy. */
const isPlanning = (context: TownContext, { bead }: Session): boolean =>
  context.ledger.data.beads.get(bead)?.town.role === 'mayor';

const collectPlan = async (context: TownContext, session: Session): Promise<void> => {
  const plan = proposalOf(context.ledger.data, session.bead);
  const { summary, noChange } = session.reported ?? {};
  if (!plan && !noChange) {
    const cause = causeOf('no_change', 'It ended well but proposed no plan (gt propose -f plan.md).', context);
    return endSession(context, session, { outcome: 'failed', cause });
  }
  await endProcess(context, session.id);
  await context.execute(
    TOWN_ACTOR,
    {
      type: 'work.nothing',
      payload: { session: session.id, ...(plan && { plan: plan.id }), ...(summary && { summary }) },
    },
    plan ? `The session proposed ${plan.id}.` : 'The session says that nothing is to be planned.',
  );
};

/** Ends a session whose work did not get done: saves what is in its checkout, ends the process, records why. */
export const finishSession = async (
  context: TownContext,
  effect: Extract<Effect, { type: 'session.finish' }>,
  because?: string,
): Promise<void> => {
  const session = context.ledger.data.sessions.get(effect.session);
  if (!session) throw sessionGone(effect.session);
  if (session.status === 'ended') return;
  if (!(await stillHolds(context, session.id, effect.rests))) return;
  await endSession(context, session, {
    outcome: effect.outcome,
    because,
    ...(effect.cause && { cause: effect.cause }),
  });
};

/** Ends what still runs for a session that the ledger says is over. Its work is safe before anything is ended, and again after. */
export const abandonSession = async (context: TownContext, id: string): Promise<void> => {
  const session = context.ledger.data.sessions.get(id);
  if (!session) throw sessionGone(id);
  if (session.status !== 'ended') return;
  // A session that came after it has the checkout now: what lies there is that one's work. Once the town works elsewhere
  // none comes after it here.
  const isItsOwn =
    context.ledger.awayHost !== undefined || context.ledger.data.polecats.get(session.polecat)?.session === id;
  if (isItsOwn) await saveWork(context, session);
  await endProcess(context, id);
  if (isItsOwn) await saveWork(context, session);
};

/** Keeps uncommitted and committed work of a checkout as a commit under refs/gastown/wip; undefined when there is no checkout. */
export const saveWork = async (context: TownContext, session: Session): Promise<string | undefined> => {
  // A session of another copy of this town left its checkout there; what lies at such a path here is not its work.
  const isOurs = session.checkout.startsWith(`${context.paths.dir}${path.sep}`);
  if (!isOurs || !existsSync(session.checkout) || isPlanning(context, session)) return undefined;
  const landing = await context.landing(session.rig);
  const ref = `refs/gastown/wip/${session.polecat}/${session.id}`;
  let head = session.base;
  try {
    head = await landing.fetchWork(session.checkout, ref);
  } catch (error) {
    // The agent broke its own repository: its files are still worth keeping, on top of where it began.
    if (!isGastownError(error, 'git_failed')) throw error;
    context.log.warn({ session: session.id, err: error }, 'checkout has no readable HEAD');
  }
  const polecat = context.ledger.data.polecats.get(session.polecat);
  const { sha } = await landing.snapshot({
    checkout: session.checkout,
    head,
    author: polecatAuthor(polecat ?? { name: 'polecat', rig: session.rig }),
    message: `Work in progress on ${session.bead}`,
    ref,
  });
  return sha;
};

export const causeOf = (
  kind: Cause['kind'],
  summary: string,
  context: TownContext,
  output?: readonly string[],
): Cause => ({
  kind,
  summary,
  at: context.isoNow(),
  ...(output?.length && { output: output.join('\n').slice(-LIMITS.evidenceChars) }),
});

const endSession = async (
  context: TownContext,
  session: Session,
  end: {
    outcome: Extract<Effect, { type: 'session.finish' }>['outcome'];
    because?: string | undefined;
    cause?: Cause;
  },
): Promise<void> => {
  const screen = await lastLines(context, session.id);
  await endProcess(context, session.id);
  await saveWork(context, session);
  const seen = context.world.sessions.get(session.id);
  const cause = end.cause && {
    ...end.cause,
    ...(screen.length > 0 && !end.cause.output && { output: screen.join('\n').slice(-LIMITS.evidenceChars) }),
  };
  await context.execute(
    TOWN_ACTOR,
    {
      type: 'session.end',
      payload: {
        id: session.id,
        outcome: end.outcome,
        ...(seen?.exitCode !== undefined && { exitCode: seen.exitCode }),
        ...(seen?.signal && { signal: seen.signal }),
        ...(cause && { cause }),
        ...(session.reported?.summary && { note: session.reported.summary }),
      },
    },
    end.cause?.summary ?? end.because,
  );
};

/** TERM to the group that the host started, KILL after the grace; done when the host reports it gone or does not know it. */
const endProcess = async (context: TownContext, session: string): Promise<void> => {
  const host = context.hostIfConnected();
  if (!host) return;
  const alive = async () => (await host.list()).find(({ id }) => id === session)?.alive ?? false;
  if (!(await alive())) return;
  await host.signal(session, 'SIGTERM');
  for (let waited = 0; waited < TERM_GRACE_MS; waited += EXIT_POLL_MS) {
    await sleep(EXIT_POLL_MS);
    if (!(await alive())) return;
  }
  await host.signal(session, 'SIGKILL');
  while (await alive()) await sleep(EXIT_POLL_MS, undefined, { signal: context.closing });
};

const lastLines = async (context: TownContext, session: string): Promise<string[]> => {
  const host = context.hostIfConnected();
  if (!host || !context.world.sessions.has(session)) return [];
  const lines = await host.tail(session, EVIDENCE_LINES);
  const mask = createMasker();
  return lines.map(line => mask(safeLine(line)).trimEnd());
};

/** The commit that holds all of the work, or why it cannot be taken. */
const collectCommit = async (context: TownContext, landing: Landing, session: Session): Promise<string | Cause> => {
  const ref = `refs/gastown/work/${session.id}`;
  let head: string;
  try {
    head = await landing.fetchWork(session.checkout, ref);
  } catch (error) {
    if (!isGastownError(error, 'git_failed')) throw error;
    return causeOf('failed', `Its repository could not be read: ${safeLine(error.message).slice(0, 300)}`, context);
  }
  if (!(await landing.isAncestor(session.base, head))) {
    return causeOf(
      'failed',
      'Its branch no longer contains the commit it started from: history before it was rewritten.',
      context,
    );
  }
  const bead = context.ledger.data.beads.get(session.bead)!;
  const polecat = context.ledger.data.polecats.get(session.polecat)!;
  const { sha } = await landing.snapshot({
    checkout: session.checkout,
    head,
    author: polecatAuthor(polecat),
    message: `${bead.title}\n\nBead: ${bead.id}`,
    ref,
  });
  return sha;
};
