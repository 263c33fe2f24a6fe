import { cut, safeLine } from '../source/common/text.ts';
import type { Cause, Polecat, Session, SessionMode } from '../source/ledger/schema.ts';
import { actionsOf } from './action.ts';
import { spentBecause, spentBudget } from './budget.ts';
import { byId, iso, isStopped, liveSession, ms, polecatsOf, whyStopped } from './facts.ts';
import { endKey, fateOf, isWaiting, launchKey } from './fate.ts';
import type { Action, Decide, SessionObservation, WorldView } from './role.ts';
import { maxStarting, startingNow, startSlots } from './starting.ts';
import { whyNoDispatch } from './undispatched.ts';
import { whyNotStarted } from './unstarted.ts';

const act = actionsOf('polecat');

/** Characters of an agent's own words that a cause quotes. */
const QUOTE_CHARS = 300;

/**
 * Life cycle of the workers: starts a session for what is on a hook, takes over finished work, ends what gave up or asked
 * for a fresh start. What died, hangs or got lost is the Witness's.
 */
export const polecat: Decide = view => [
  ...orphans(view),
  ...polecatsOf(view.ledger).flatMap(one => follow(view, one)),
  ...launches(view),
];

/** A session that runs for something that is no longer on its polecat's hook (taken back, stopped by a person) is ended; its checkout is saved first. */
const orphans = (view: WorldView): Action[] =>
  [...view.ledger.sessions.values()].flatMap(session => {
    if (session.status === 'ended') return [];
    const owner = view.ledger.polecats.get(session.polecat);
    if (owner && liveSession(view.ledger, owner) === session) return [];
    const fate = fateOf(view, session);
    if (fate.kind === 'unknown') return [];
    return act.effect(
      { type: 'session.finish', session: session.id, outcome: 'stopped' },
      {
        key: endKey(session.id),
        subject: session.id,
        because: `${session.bead} is no longer on the hook of ${session.polecat}`,
      },
    );
  });

/** The town moved to another machine, which has ended this session: what still runs of it here works for nobody. */
export const abandoned: Decide = view =>
  [...view.observed.sessions].flatMap(([id, seen]) => {
    if (!seen.alive || view.ledger.sessions.get(id)?.status !== 'ended') return [];
    return act.effect(
      { type: 'session.abandon', session: id },
      { key: endKey(id), subject: id, because: `the town works on ${view.observed.awayHost} now` },
    );
  });

const follow = (view: WorldView, polecat: Polecat): Action[] => {
  const session = liveSession(view.ledger, polecat);
  if (!session) return requeued(polecat);
  const fate = fateOf(view, session);
  const about = { key: endKey(session.id), subject: polecat.hook! };
  const stopped = whyStopped(view);
  switch (fate.kind) {
    case 'collect':
      return [act.effect({ type: 'session.collect', session: session.id }, { ...about, because: fate.because })];
    case 'handoff':
      return [finish(session, 'handoff', { ...about, because: fate.because })];
    case 'gave_up': {
      // Refused for want of money, not for want of skill.
      const paused = pause(view, session);
      if (paused.length > 0) return paused;
      return [finish(session, 'failed', { ...about, because: fate.because }, gaveUp(view, session, fate.because))];
    }
    case 'alive':
      if (stopped !== undefined && !fate.seen.attached && !isOver(session)) return [endForNow(session, stopped)];
      if (polecat.next && polecat.next.mode !== session.mode) return switchTo(polecat.next.mode, session);
      if (isPausable(fate.seen)) {
        const paused = pause(view, session);
        if (paused.length > 0) return paused;
      }
      return settleState(view, polecat, isWaiting(view, session, fate.seen));
    default:
      return [];
  }
};

/** It said that it is done, or cannot go on: its end is near, and its work about to be taken. */
const isOver = ({ reported }: Session): boolean => reported !== undefined && reported.kind !== 'escalated';

/**
 * The emergency stop reaches who is at work already: what runs wild, or burns, is what it is pulled for. The work is saved and
 * the bead stays on the hook; after the thaw a session goes on with it. Who has its terminal has it in hand.
 */
const endForNow = (session: Session, because: string): Action =>
  act.effect(
    { type: 'session.finish', session: session.id, outcome: 'stopped', rests: { process: 'alive' } },
    { key: endKey(session.id), subject: session.bead, because },
  );

/** The agent goes on with the same conversation, in a terminal for a person or by its protocol again. */
const switchTo = (mode: SessionMode, session: Session): Action[] => [
  act.effect(
    { type: 'session.finish', session: session.id, outcome: 'stopped' },
    {
      key: endKey(session.id),
      subject: session.bead,
      because: mode === 'terminal' ? 'a person takes its terminal' : 'the person left its terminal',
    },
  ),
];

/**
 * Between two turns, or turned away by the meter, an agent is stopped when a budget of its bead is spent: its work is saved,
 * the bead stays on the hook, and a session goes on with the conversation once there is money again.
 */
const pause = (view: WorldView, session: Session): Action[] => {
  const bead = view.ledger.beads.get(session.bead);
  const spent = bead && !session.reported && spentBudget(view, bead);
  if (!spent) return [];
  return [
    act.effect(
      { type: 'session.finish', session: session.id, outcome: 'stopped' },
      { key: endKey(session.id), subject: session.bead, because: `paused between two turns: ${spentBecause(spent)}` },
    ),
  ];
};

/** A turn that runs is let end: what it did so far was paid for. Nobody's terminal is taken away. */
const isPausable = ({ agent, attached }: SessionObservation): boolean =>
  !attached && (agent?.state === 'idle' || agent?.state === 'limited') && agent.turns > 0;

/** The word shown for a live session. `stalled` is the Witness's word and is left alone. */
const settleState = (view: WorldView, polecat: Polecat, waits: boolean): Action[] => {
  const show = (state: 'waiting' | 'working', because: string) => [
    act.command(
      'polecat.state',
      { id: polecat.id, state },
      { key: `state:${polecat.id}`, subject: polecat.id, because },
    ),
  ];
  if (waits) return polecat.state === 'waiting' ? [] : show('waiting', 'it waits for an answer');
  if (polecat.state === 'waiting') return show('working', 'it goes on after its question');
  const startedUnrecorded = polecat.state === 'starting' && !view.running.has(launchKey(polecat.id));
  return startedUnrecorded ? show('working', 'its process runs') : [];
};

/** A hook without a session must be run again, whatever word the state still shows. */
const requeued = (polecat: Polecat): Action[] => {
  if (!polecat.hook || polecat.state === 'slung' || polecat.state === 'quarantined') return [];
  return [
    act.command(
      'polecat.state',
      { id: polecat.id, state: 'slung' },
      {
        key: `state:${polecat.id}`,
        subject: polecat.id,
        because: `${polecat.hook} is on its hook and no session runs for it`,
      },
    ),
  ];
};

/**
 * Sessions for slung polecats, most urgent bead first, few at once (see `starting.ts`), and none where `whyNotStarted` has
 * a reason.
 */
const launches = (view: WorldView): Action[] => {
  if (isStopped(view) || whyNoDispatch(view) !== undefined) return [];
  const starting = startingNow(view);
  const slots = startSlots(view, starting.size);
  if (slots <= 0) return [];
  return polecatsOf(view.ledger)
    .flatMap(polecat => {
      const bead = polecat.hook === undefined ? undefined : view.ledger.beads.get(polecat.hook);
      if (!bead || polecat.state !== 'slung' || starting.has(polecat.id) || liveSession(view.ledger, polecat))
        return [];
      return whyNotStarted(view, polecat, bead) === undefined ? [{ polecat, bead }] : [];
    })
    .sort(
      (a, b) =>
        a.bead.priority - b.bead.priority || ms(a.polecat.since) - ms(b.polecat.since) || byId(a.polecat, b.polecat),
    )
    .slice(0, slots)
    .map(({ polecat, bead }, index) =>
      act.effect(
        { type: 'session.launch', polecat: polecat.id, bead: bead.id },
        {
          key: launchKey(polecat.id),
          subject: bead.id,
          because: `on the hook of ${polecat.id}${bead.town.attempts > 0 ? `, attempt ${bead.town.attempts + 1}` : ''}; ${starting.size + index + 1} of ${maxStarting(view)} starting`,
        },
      ),
    );
};

const finish = (
  session: Session,
  outcome: 'handoff' | 'failed',
  about: { key: string; subject: string; because: string },
  cause?: Cause,
): Action => act.effect({ type: 'session.finish', session: session.id, outcome, ...(cause && { cause }) }, about);

const gaveUp = (view: WorldView, session: Session, because: string): Cause => {
  const words = safeLine(session.reported?.summary ?? '').trim();
  return { kind: 'failed', summary: words ? `${because}: ${cut(words, QUOTE_CHARS)}` : because, at: iso(view.now) };
};
