import { duration } from '../../source/common/text.ts';
import type { Escalation, Town } from '../../source/ledger/schema.ts';
import { actionsOf } from '../action.ts';
import { EFFECT_WORDS } from '../effect-words.ts';
import { ms, townOf, wasEscalated } from '../facts.ts';
import { type Action, DOG_NAMES, type DogName, ROLE_NAMES, type RoleName, type WorldView } from '../role.ts';
import { pauseOf } from './pressure.ts';

const act = actionsOf('deacon');

/** What the town tells a person of itself, once for each occurrence. */
export const told = (view: WorldView): Action[] => [
  ...pausesTold(view),
  ...silentRoles(view),
  ...failing(view),
  ...sickDogs(view),
];

/**
 * What the town told a person of itself and what is over by itself needs nobody any more: left open it would climb to the
 * top of the queue. Only what is known to be over is closed: of another process's failures nothing is known.
 */
export const settled = (view: WorldView): Action[] =>
  [...view.ledger.escalations.values()].flatMap(escalation => {
    const because = escalation.closedAt === undefined && whySettled(view, escalation);
    if (!because) return [];
    return act.command(
      'escalation.close',
      { id: escalation.id, reason: because },
      { key: `close:${escalation.id}`, subject: escalation.subject ?? escalation.id, because },
    );
  });

const whySettled = (view: WorldView, escalation: Escalation): string | undefined => {
  const { key = '', subject = '', at, acknowledgedAt } = escalation;
  const { ledger, observed } = view;
  // It says what happened, and asks for nothing.
  if (key.startsWith('boot:')) return acknowledgedAt === undefined ? undefined : 'it was seen';
  if (key.startsWith('pause:'))
    return key === pauseKey(townOf(ledger)?.dispatchPaused) ? undefined : 'dispatch is not paused for that any more';
  if (key.startsWith('quarantine:'))
    return ledger.polecats.get(subject)?.state === 'quarantined' ? undefined : 'it may work again';
  if (key.startsWith('failing:')) {
    const isOfThisProcess = ms(at) >= observed.startedAt;
    const goesOn = [...observed.failing].some(([tried, { since }]) => failingKey(tried, since) === key);
    return isOfThisProcess && !goesOn ? 'it does not fail any more' : undefined;
  }
  const dog = DOG_NAMES.find(name => key.startsWith(dogKey(name, '')));
  if (dog) return sickSince(view, dog) === key ? undefined : 'its last run came off';
  const role = ROLE_NAMES.find(name => key.startsWith(silentKey(name, '')));
  const beat = role && observed.heartbeats.get(role);
  if (role === undefined || beat === undefined) return undefined;
  return beat > Number(key.slice(silentKey(role, '').length)) ? 'it makes its decisions again' : undefined;
};

const pauseKey = (paused: Town['dispatchPaused']): string => `pause:${paused && pauseOf(paused.reason)}:${paused?.at}`;
const failingKey = (tried: string, since: number): string => `failing:${tried}:${since}`;
const dogKey = (dog: DogName, since: number | ''): string => `dog:${dog}:${since}`;
const silentKey = (role: RoleName, since: number | ''): string => `silent:${role}:${since}`;

/** A pause that only a person can make short is told to one: what kills or fails agents in numbers does not pass by waiting. */
const pausesTold = (view: WorldView): Action[] => {
  const paused = townOf(view.ledger)?.dispatchPaused;
  const pause = paused && pauseOf(paused.reason);
  if (pause !== 'deaths' && pause !== 'storm') return [];
  const key = pauseKey(paused);
  if (wasEscalated(view.ledger, key)) return [];
  const title =
    pause === 'deaths' ? 'Agents die in numbers: dispatch is paused' : 'Agents fail in a row: dispatch is paused';
  const body = `${paused!.reason}. Nothing new is started meanwhile; what runs goes on, and what is tested lands. It goes on by itself.`;
  return [
    act.command(
      'escalation.open',
      { severity: 'high', subject: 'town', title, body, key },
      { key: `escalate:${key}`, subject: 'town', because: paused!.reason },
    ),
  ];
};

/**
 * A role whose loop stands still while this one runs. Compared with the Deacon's own last beat and not with the clock:
 * after a machine slept, all beats are old and nobody is to blame. Nor is anybody where that beat is still to come: the
 * clock was set back since, and the others have beaten by the new one.
 */
const silentRoles = (view: WorldView): Action[] => {
  const { heartbeats, startedAt } = view.observed;
  const own = heartbeats.get('deacon');
  if (own === undefined || own > view.now) return [];
  return ROLE_NAMES.flatMap(role => {
    const last = heartbeats.get(role) ?? startedAt;
    const silentMs = own - last;
    const key = silentKey(role, last);
    if (silentMs <= view.settings.deacon.heartbeatStaleMs || wasEscalated(view.ledger, key)) return [];
    const title = `The ${role} loop has been silent for ${duration(silentMs)}`;
    return act.command(
      'escalation.open',
      { severity: 'high', title, body: SILENT, key },
      { key: `escalate:${key}`, subject: 'town', because: title },
    );
  });
};

const SILENT =
  'What it decides is not done meanwhile; the other roles go on. logs/town.log in the folder of the town says why.';

/** What the town tries in vain again and again: nobody looks into a log for a bead that never starts. */
const failing = (view: WorldView): Action[] =>
  [...view.observed.failing].flatMap(([tried, { effect, subject, failures, since, error, waitsOn }]) => {
    const key = failingKey(tried, since);
    if (waitsOn || failures < view.settings.deacon.tellAfterFailures || wasEscalated(view.ledger, key)) return [];
    const title = `${EFFECT_WORDS[effect.type].doing} (${subject}) failed ${failures} times in a row`;
    return act.command(
      'escalation.open',
      { severity: 'high', subject, title, body: `${error}\n\nIt is tried again with growing pauses.`, key },
      { key: `escalate:${key}`, subject, because: title },
    );
  });

/** A job that failed once may have met a moment's trouble; one that fails again does not do what the town relies on. */
const DOG_FAILURES_TOLD = 2;

const sickDogs = (view: WorldView): Action[] =>
  DOG_NAMES.flatMap(dog => {
    const key = sickSince(view, dog);
    if (key === undefined || wasEscalated(view.ledger, key)) return [];
    const { note, failed } = view.observed.dogs.get(dog)!;
    const title = `The ${dog} job failed ${failed!.times} times in a row`;
    const body = `${note}\n\nIt is tried again by its interval. gastown dog run ${dog} tries it now, gastown dog off ${dog} ends it.`;
    return act.command(
      'escalation.open',
      { severity: 'medium', subject: 'town', title, body, key },
      { key: `escalate:${key}`, subject: 'town', because: title },
    );
  });

/** The key of what is told of a Dog that fails, or undefined. One that is off is nobody's business. */
const sickSince = ({ ledger, observed }: WorldView, dog: DogName): string | undefined => {
  const failed = observed.dogs.get(dog)?.failed;
  if (!failed || failed.times < DOG_FAILURES_TOLD || townOf(ledger)?.dogsOff?.[dog]) return undefined;
  return dogKey(dog, failed.since);
};
