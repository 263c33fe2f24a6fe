import { cut, duration, safeLine } from '../../source/common/text.ts';
import type { Polecat, Session } from '../../source/ledger/schema.ts';
import { actionsOf } from '../action.ts';
import { hasPassed, ms, SHELL } from '../facts.ts';
import { isWaiting } from '../fate.ts';
import type { Action, Evidence, SessionObservation, WorldView } from '../role.ts';
import { end } from './gone.ts';
import { LIMIT_OVER, NUDGE } from './words.ts';

const act = actionsOf('witness');

/** An interrupt or a nudge is itself input, and is echoed: activity this soon after it is not progress. */
const ECHO_GRACE_MS = 5_000;

/** Characters of what a tool does that a reason quotes. */
const TOOL_CHARS = 120;

export interface Watched {
  readonly polecat: Polecat;
  readonly session: Session;
  readonly seen: SessionObservation;
}

/** Interrupt, nudge, fresh session: one step at a time, each only while there is still no progress. */
export const ladder = (view: WorldView, watched: Watched): Action[] => {
  const { polecat, session, seen } = watched;
  const step = session.ladder?.step ?? 0;
  if (isWaiting(view, session, seen)) return step === 0 ? [] : [climb(session, 0, 'it waits for an answer')];
  if (step === 0) {
    const why = stuckBecause(view, session, seen);
    if (!why) return polecat.state === 'stalled' ? [show(polecat, 'working', 'it makes progress again')] : [];
    return [
      show(polecat, 'stalled', why),
      climb(session, 1, why),
      act.effect(
        { type: 'session.interrupt', session: session.id, rests: stillness(session, seen) },
        { key: `interrupt:${session.id}`, subject: session.bead, because: why },
      ),
    ];
  }
  const { ladderStepMs } = view.settings.witness;
  const isAlive = seen.lastProgressAt > steppedAt(session) + Math.min(ECHO_GRACE_MS, ladderStepMs / 2);
  if (isAlive && !isMute(session, seen)) {
    const why = 'it makes progress again';
    return [climb(session, 0, why), ...(polecat.state === 'stalled' ? [show(polecat, 'working', why)] : [])];
  }
  const shown = polecat.state === 'stalled' ? [] : [show(polecat, 'stalled', 'no progress since it was interrupted')];
  return !hasPassed(view, session.ladder!.at, ladderStepMs) ? shown : [...shown, ...nextStep(view, watched, step)];
};

/** Its model's service turned it away for a time that is over, and since then nothing was heard of it, nor said to it. */
export const isLimitOver = ({ now }: WorldView, { session, seen }: Watched): boolean => {
  const { state, limitedUntil } = seen.agent ?? {};
  if (state !== 'limited' || limitedUntil === undefined || session.reported) return false;
  return limitedUntil <= now && seen.lastProgressAt <= limitedUntil && steppedAt(session) <= limitedUntil;
};

/** Once: an agent that hears it only after its next call would find as many of it as there were looks. */
export const goOn = ({ session, seen }: Watched): Action[] => {
  const because = 'the limit of its model is over';
  return [
    climb(session, 0, because),
    act.effect(
      { type: 'session.nudge', session: session.id, text: LIMIT_OVER, rests: stillness(session, seen) },
      { key: `limit-over:${session.id}`, subject: session.bead, because },
    ),
  ];
};

/** When the ladder last had to do with it; 0 is never. */
const steppedAt = ({ ladder: last }: Session): number => (last ? ms(last.at) : 0);

/** A script cannot read a nudge: it goes straight from the interrupt to a fresh session. */
const nextStep = (view: WorldView, { session, seen }: Watched, step: number): Action[] => {
  const after = `no progress ${duration(view.settings.witness.ladderStepMs)} after ${step === 1 ? 'the interrupt' : 'the nudge'}`;
  const rests = stillness(session, seen);
  if (step === 1 && session.agent !== SHELL) {
    return [
      climb(session, 2, after),
      act.effect(
        { type: 'session.nudge', session: session.id, text: NUDGE, rests },
        { key: `nudge:${session.id}`, subject: session.bead, because: after },
      ),
    ];
  }
  const summary = `${after}: a fresh session takes over`;
  return [end(view, session, { outcome: 'stalled', kind: 'stalled', summary, rests })];
};

/** An agent that never printed anything: however busy its process is, nothing comes of it. */
const isMute = (session: Session, seen: SessionObservation): boolean => session.agent !== SHELL && seen.bytesOut === 0;

const stillness = (session: Session, seen: SessionObservation): Evidence =>
  isMute(session, seen) ? { process: 'alive', silent: true } : { process: 'alive', progressAt: seen.lastProgressAt };

/**
 * Why the session counts as stuck, or undefined. A script may be silent from its start: only its progress is judged. A
 * model that has a call open may think for longer than a tool may hang: nobody can see into it, and ending it loses what
 * the call cost.
 */
const stuckBecause = (view: WorldView, session: Session, seen: SessionObservation): string | undefined => {
  const { startupSilenceMs, stallAfterMs, modelPatienceMs } = view.settings.witness;
  const age = view.now - seen.startedAt;
  if (isMute(session, seen) && age >= startupSilenceMs) return `no output in the ${duration(age)} since its start`;
  // A report is progress too: an agent that waited for its answer until now has only begun to work again. So has one that was just told to.
  const reportedAt = session.reported ? ms(session.reported.at) : 0;
  // What the ledger has of the time to come was written before the clock was set back.
  const words = [reportedAt, steppedAt(session)].filter(at => at <= view.now);
  const still = view.now - Math.max(seen.lastProgressAt, seen.startedAt, ...words);
  if (seen.modelCall) {
    const patience = Math.max(stallAfterMs, modelPatienceMs);
    return still >= patience ? `its model has said nothing for ${duration(still)}` : undefined;
  }
  if (still < stallAfterMs) return undefined;
  const tool = seen.agent?.state === 'working' ? cut(safeLine(seen.agent.doing ?? '').trim(), TOOL_CHARS) : '';
  return tool
    ? `its tool hangs (${tool}): no output and no processor use for ${duration(still)}`
    : `no output and no processor use for ${duration(still)}`;
};

const climb = (session: Session, step: number, because: string): Action =>
  act.command(
    'session.ladder',
    { id: session.id, step },
    { key: `ladder:${session.id}`, subject: session.bead, because },
  );

const show = (polecat: Polecat, state: 'working' | 'stalled', because: string): Action =>
  act.command('polecat.state', { id: polecat.id, state }, { key: `state:${polecat.id}`, subject: polecat.id, because });
