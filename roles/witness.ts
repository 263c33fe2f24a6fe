import { duration, plural } from '../source/common/text.ts';
import type { Bead, Cause, LedgerData, Polecat, Session } from '../source/ledger/schema.ts';
import { actionsOf } from './action.ts';
import { respawnCap } from './caps.ts';
import { activeRig, byId, iso, isStopped, liveSession, ms, polecatsOf, SHELL, wasEscalated } from './facts.ts';
import { asksPerson, endKey, fateOf, isWaiting, wasInterrupted } from './fate.ts';
import type { Action, Decide, SessionObservation, WorldView } from './role.ts';

const act = actionsOf('witness');

/** An interrupt or a nudge is itself input, and is echoed: activity this soon after it is not progress. */
const ECHO_GRACE_MS = 5_000;

const NUDGE =
  'Gas Town: there has been no progress for a while. Go on with the bead on your hook (gt prime shows it), ' +
  'or report with gt done, gt handoff or gt escalate.';

const LIMIT_OVER =
  'Gas Town: the service of your model turned you away, and may answer again by now. Go on where you were; ' +
  'when the work is finished and committed, run gt done -m "<summary>".';

const REMINDER =
  'Gas Town: you ended your turn without reporting. If the work is finished and committed, run gt done -m "<summary>" ' +
  '(gt done --no-change if nothing needed doing). If it is not, go on. If you cannot, run gt failed, gt handoff or gt escalate. gt prime shows the task again.';

const PLANNING_REMINDER =
  'Gas Town: you ended your turn without reporting. If the plan is ready, hand it in with gt propose -f plan.md and run ' +
  'gt done -m "<summary>" (gt done --no-change if nothing is to be planned). If it is not, go on. If you need a person, run gt ask.';

/**
 * Recovers polecats whose session is lost, dead or stuck, and gives up on beads and polecats that cost too many sessions.
 * Every class is judged anew each tick from the newest observation, and again by the effect before it acts (a session
 * that ended meanwhile is left alone), so a stale look never ends a healthy session. An unreachable host is no evidence.
 */
export const witness: Decide = view => [
  ...doubleHooks(view),
  ...homeless(view),
  ...exhaustedBeads(view),
  ...polecatsOf(view.ledger).flatMap(polecat => [...quarantine(view, polecat), ...watch(view, polecat)]),
];

const watch = (view: WorldView, polecat: Polecat): Action[] => {
  const session = polecat.hook === undefined ? undefined : liveSession(view.ledger, polecat);
  if (!session) return [];
  const fate = fateOf(view, session);
  switch (fate.kind) {
    case 'lost':
      return [
        end(view, session, 'lost', {
          kind: 'died',
          summary: `the terminal host has not known its session for ${duration(fate.forMs)}`,
        }),
      ];
    case 'dead':
      return [bury(view, session, fate.seen)];
    case 'alive': {
      if (isStopped(view) || wasAsleep(view) || fate.seen.attached) return [];
      const watched = { polecat, session, seen: fate.seen };
      if (isLimitOver(view, watched)) return [goOn(watched)];
      return fate.seen.agent?.state === 'idle' ? idle(view, watched) : ladder(view, watched);
    }
    default:
      return [];
  }
};

// ------------------------------------------------------------------------------------------------------- dead and lost

/** After an interrupt an end is a stall's end, whatever the exit code says. */
const bury = (view: WorldView, session: Session, seen: SessionObservation): Action => {
  const age = duration(view.now - seen.startedAt);
  if (wasInterrupted(session))
    return end(view, session, 'stalled', {
      kind: 'stalled',
      summary: `ended after it was interrupted for making no progress, ${age} after its start`,
    });
  if (seen.signal)
    return end(view, session, 'died', {
      kind: 'died',
      summary: `ended by signal ${seen.signal}, ${age} after its start, without a report`,
    });
  if (seen.exitCode === undefined)
    return end(view, session, 'died', {
      kind: 'died',
      summary: `ended ${age} after its start without a report or an exit code`,
    });
  return end(view, session, 'failed', {
    kind: 'failed',
    summary: `ended with exit code ${seen.exitCode}, ${age} after its start`,
  });
};

const end = (
  view: WorldView,
  session: Session,
  outcome: 'lost' | 'died' | 'failed' | 'stalled',
  { kind, summary }: Pick<Cause, 'kind' | 'summary'>,
): Action =>
  act.effect(
    { type: 'session.finish', session: session.id, outcome, cause: { kind, summary, at: iso(view.now) } },
    { key: endKey(session.id), subject: session.bead, because: summary },
  );

// --------------------------------------------------------------------------------------------------------------- stuck

interface Watched {
  readonly polecat: Polecat;
  readonly session: Session;
  readonly seen: SessionObservation;
}

/**
 * An agent between two turns that has not said what came of its work: it is told, some times, then a fresh session takes
 * over. One that asked a person, or was just interrupted by the ladder, is not idle but waits.
 */
const idle = (view: WorldView, watched: Watched): Action[] => {
  const { session, seen } = watched;
  const { idleAfterMs, maxReminders } = view.settings.witness;
  if (session.reported || asksPerson(view, session) || (session.ladder?.step ?? 0) > 0) return ladder(view, watched);
  if (seen.agent!.turns === 0 || view.now - seen.agent!.since < idleAfterMs) return [];
  const count = (session.reminded ?? 0) + 1;
  if (count > maxReminders) {
    const summary = `ended its turn ${plural(count, 'time')} without reporting`;
    return [end(view, session, 'failed', { kind: 'failed', summary })];
  }
  const because = 'it ended its turn without reporting';
  return [
    act.command(
      'session.reminded',
      { id: session.id, count },
      { key: `reminded:${session.id}`, subject: session.bead, because },
    ),
    act.effect(
      { type: 'session.nudge', session: session.id, text: reminderFor(view.ledger, session.bead) },
      { key: `remind:${session.id}`, subject: session.bead, because },
    ),
  ];
};

/** Its model's service turned it away for a time that is over, and nothing has been heard of it since. */
const isLimitOver = ({ now }: WorldView, { session, seen }: Watched): boolean => {
  const { state, limitedUntil } = seen.agent ?? {};
  if (state !== 'limited' || limitedUntil === undefined || session.reported) return false;
  return limitedUntil <= now && seen.lastProgressAt <= limitedUntil;
};

const goOn = ({ session }: Watched): Action =>
  act.effect(
    { type: 'session.nudge', session: session.id, text: LIMIT_OVER },
    { key: `limit-over:${session.id}`, subject: session.bead, because: 'the limit of its model is over' },
  );

/** What an agent is told that ended its turn without a report. */
export const reminderFor = (ledger: LedgerData, bead: string): string =>
  ledger.beads.get(bead)?.town.role === 'mayor' ? PLANNING_REMINDER : REMINDER;

/** Interrupt, nudge, fresh session: one step at a time, each only while there is still no progress. */
const ladder = (view: WorldView, watched: Watched): Action[] => {
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
        { type: 'session.interrupt', session: session.id },
        { key: `interrupt:${session.id}`, subject: session.bead, because: why },
      ),
    ];
  }
  const { ladderStepMs } = view.settings.witness;
  const steppedAt = ms(session.ladder!.at);
  if (seen.lastProgressAt > steppedAt + Math.min(ECHO_GRACE_MS, ladderStepMs / 2)) {
    const why = 'it makes progress again';
    return [climb(session, 0, why), ...(polecat.state === 'stalled' ? [show(polecat, 'working', why)] : [])];
  }
  const shown = polecat.state === 'stalled' ? [] : [show(polecat, 'stalled', 'no progress since it was interrupted')];
  return view.now - steppedAt < ladderStepMs ? shown : [...shown, ...nextStep(view, watched, step)];
};

/** A script cannot read a nudge: it goes straight from the interrupt to a fresh session. */
const nextStep = (view: WorldView, { session }: Watched, step: number): Action[] => {
  const after = `no progress ${duration(view.settings.witness.ladderStepMs)} after ${step === 1 ? 'the interrupt' : 'the nudge'}`;
  if (step === 1 && session.agent !== SHELL) {
    return [
      climb(session, 2, after),
      act.effect(
        { type: 'session.nudge', session: session.id, text: NUDGE },
        { key: `nudge:${session.id}`, subject: session.bead, because: after },
      ),
    ];
  }
  return [end(view, session, 'stalled', { kind: 'stalled', summary: `${after}: a fresh session takes over` })];
};

/** Why the session counts as stuck, or undefined. A script may be silent from its start: only its progress is judged. */
const stuckBecause = (view: WorldView, session: Session, seen: SessionObservation): string | undefined => {
  const { startupSilenceMs, stallAfterMs } = view.settings.witness;
  const age = view.now - seen.startedAt;
  if (session.agent !== SHELL && seen.bytesOut === 0 && age >= startupSilenceMs)
    return `no output in the ${duration(age)} since its start`;
  // A report is progress too: an agent that waited for its answer until now has only begun to work again.
  const reportedAt = session.reported ? ms(session.reported.at) : 0;
  const still = view.now - Math.max(seen.lastProgressAt, seen.startedAt, reportedAt);
  return still >= stallAfterMs ? `no output and no processor use for ${duration(still)}` : undefined;
};

/** This loop itself did not run for a while (a sleeping machine): the clocks it compares say nothing yet. */
const wasAsleep = (view: WorldView): boolean => {
  const last = view.observed.heartbeats.get('witness');
  return last !== undefined && view.now - last > view.settings.deacon.heartbeatStaleMs;
};

const climb = (session: Session, step: number, because: string): Action =>
  act.command(
    'session.ladder',
    { id: session.id, step },
    { key: `ladder:${session.id}`, subject: session.bead, because },
  );

const show = (polecat: Polecat, state: 'working' | 'stalled', because: string): Action =>
  act.command('polecat.state', { id: polecat.id, state }, { key: `state:${polecat.id}`, subject: polecat.id, because });

// ---------------------------------------------------------------------------------------------------------------- caps

/** Wanted, but for a repository that the town does not (or no longer) have: only a person can say where it belongs. */
const homeless = (view: WorldView): Action[] =>
  [...view.ledger.beads.values()].flatMap(bead => {
    if (!bead.town.dispatch || bead.status !== 'open' || activeRig(view.ledger, bead.town.rig)) return [];
    const reason = bead.town.rig ? `its rig ${bead.town.rig} was removed` : 'it belongs to no rig';
    return act.command(
      'bead.park',
      { id: bead.id, reason },
      { key: `park:${bead.id}`, subject: bead.id, because: reason },
    );
  });

/** A bead that cost its share of sessions waits for a person, with the evidence, instead of costing another one. */
const exhaustedBeads = (view: WorldView): Action[] =>
  [...view.ledger.beads.values()].flatMap(bead => {
    if (!isToRun(view, bead)) return [];
    const reason = respawnCap(view, bead);
    if (!reason) return [];
    const { cause } = bead.town;
    return act.command(
      'bead.park',
      { id: bead.id, reason, ...(cause && { cause }), severity: 'high' },
      {
        key: `park:${bead.id}`,
        subject: bead.id,
        because: reason,
      },
    );
  });

/** Wanted on a hook, or on one with no session running: what the next launch would be for. */
const isToRun = (view: WorldView, bead: Bead): boolean => {
  if (bead.status === 'open') return bead.town.dispatch !== undefined;
  if (bead.status !== 'hooked' && bead.status !== 'in_progress') return false;
  const holder = view.ledger.polecats.get(bead.assignee ?? '');
  return holder?.hook === bead.id && liveSession(view.ledger, holder) === undefined;
};

/**
 * A polecat whose sessions end again and again rests: its bead goes back for another one. Judged only between sessions.
 * It may work again once the window has passed.
 */
const quarantine = (view: WorldView, polecat: Polecat): Action[] => {
  const { maxRestarts, restartWindowMs } = view.settings.witness;
  const about = { key: `state:${polecat.id}`, subject: polecat.id };
  if (polecat.state === 'quarantined') {
    if (polecat.hook || view.now - ms(polecat.since) < restartWindowMs) return [];
    return [
      act.command(
        'polecat.state',
        { id: polecat.id, state: 'idle' },
        { ...about, because: `rested for ${duration(restartWindowMs)}` },
      ),
    ];
  }
  const recent = polecat.restarts.filter(at => view.now - ms(at) < restartWindowMs);
  if (recent.length < maxRestarts || liveSession(view.ledger, polecat)) return [];
  const bead = polecat.hook === undefined ? undefined : view.ledger.beads.get(polecat.hook);
  if (bead && respawnCap(view, bead)) return [];
  const because = `${plural(recent.length, 'session')} of it ended badly within ${duration(restartWindowMs)}`;
  const key = `quarantine:${polecat.id}:${recent.at(-1)}`;
  return [
    ...(bead
      ? [
          act.command(
            'hook.release',
            { polecat: polecat.id, requeue: true, prefer: false },
            {
              key: `release:${polecat.id}`,
              subject: bead.id,
              because: `${polecat.id} is quarantined: another polecat takes it`,
            },
          ),
        ]
      : []),
    act.command('polecat.state', { id: polecat.id, state: 'quarantined' }, { ...about, because }),
    ...escalate(view, {
      key,
      subject: polecat.id,
      title: `${polecat.id} is quarantined`,
      body: `${because}. It rests for ${duration(restartWindowMs)}; its bead goes to another polecat.`,
    }),
  ];
};

/** Cannot be while the ledger holds; if it is, two agents do one thing, and a person must choose. */
const doubleHooks = (view: WorldView): Action[] => {
  const holders = new Map<string, Polecat[]>();
  for (const polecat of polecatsOf(view.ledger)) {
    if (polecat.hook) holders.set(polecat.hook, [...(holders.get(polecat.hook) ?? []), polecat]);
  }
  return [...holders].flatMap(([bead, polecats]) => {
    if (polecats.length < 2) return [];
    const names = polecats.sort(byId).map(polecat => polecat.id);
    return escalate(view, {
      key: `double-hook:${bead}:${names.join('+')}`,
      subject: bead,
      title: `${bead} is on ${plural(polecats.length, 'hook')}`,
      body: `${names.join(' and ')} hold it. Stop all but one.`,
    });
  });
};

const escalate = (view: WorldView, what: { key: string; subject: string; title: string; body: string }): Action[] => {
  if (wasEscalated(view.ledger, what.key)) return [];
  return [
    act.command(
      'escalation.open',
      { severity: 'high', ...what },
      { key: `escalate:${what.key}`, subject: what.subject, because: what.title },
    ),
  ];
};
