import { ROLES } from '../../roles/index.ts';
import { type Action, type Effect, ROLE_NAMES, type RoleName } from '../../roles/role.ts';
import { isGastownError, toGastownError } from '../common/errors.ts';
import type { ActorRole } from '../ledger/commands.ts';
import { requestsOf } from '../ledger/requests.ts';
import { deedOf, effectWords } from './action-words.ts';
import type { TownContext } from './context.ts';
import { rememberLast } from './last-actions.ts';
import { observationOf, rememberRecent } from './world.ts';

/**
 * Carries out one effect; rejects when it could not. Idempotent: the same effect may be asked for again after a crash. The
 * reason goes with it, for the records that it writes: what the process remembers of it ends with the process.
 */
export type RunEffect = (effect: Effect, because: string) => Promise<void>;

/** Between two ticks while something is under way: what no event announces (stalls, timeouts) is seen this late at most. */
const BUSY_TICK_MS = 1_000;
/** Between two ticks of an idle town: Deacon's and Dogs' clocks need no finer one, and it keeps the core asleep. */
const IDLE_TICK_MS = 10_000;
/** Events within this time share one tick. */
const COALESCE_MS = 15;
/** A failed effect is not asked for again before this, doubling to the cap: a broken disk must not spin the loop. */
const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MAX_MS = 60_000;

export interface Loop {
  /** Asks for a tick soon. */
  wake(): void;
  /** Nothing runs, nothing waits for a back-off (a person is no back-off), and the last tick found nothing to do. */
  isQuiet(): boolean;
  /** Stops asking roles and waits for effects under way. */
  stop(): Promise<void>;
}

/**
 * The one loop: view = ledger + observation → each role decides → commands and effects. Level-triggered: a tick compares
 * desired with observed, so a lost event costs one tick and a doubled one nothing.
 */
export const startLoop = (options: {
  context: TownContext;
  observe: () => Promise<void>;
  runEffect: RunEffect;
}): Loop => {
  const { context, observe, runEffect } = options;
  const running = new Map<string, Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let ticking: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let acted = true;
  let seen: string | undefined;
  /** Roles that failed the last time they were asked, and how. */
  const thrown = new Map<RoleName, string>();

  const schedule = (delayMs: number) => {
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(() => void run(), delayMs);
  };

  const run = async () => {
    if (ticking) {
      again = true;
      return;
    }
    again = false;
    ticking = tick();
    try {
      await ticking;
    } catch (error) {
      // An observer that throws is a bug; the town stays up, says so, and tries again at the slow pace.
      context.log.error({ err: error }, 'tick failed');
      acted = false;
    } finally {
      ticking = undefined;
    }
    if (again) schedule(COALESCE_MS);
    else schedule(acted || running.size > 0 || isBusy(context) ? BUSY_TICK_MS : IDLE_TICK_MS);
  };

  const tick = async () => {
    await observe();
    acted = false;
    for (const role of ROLE_NAMES) {
      if (stopped) return;
      for (const action of decided(role)) await perform(role, action);
    }
    const now = seenOf(context);
    if (now === seen) return;
    seen = now;
    context.changed();
  };

  /**
   * What a role wants. One that throws is a bug, over one record as a rule: the others go on, its heart stops beating, and so
   * the Deacon tells a person of it.
   */
  const decided = (role: RoleName): Action[] => {
    const now = context.now();
    try {
      const actions = ROLES[role]({
        now,
        ledger: context.ledger.data,
        observed: observationOf(context.world, context.ledger),
        settings: context.config.settings,
        running: runningKeys(now),
      });
      context.world.heartbeats.set(role, now);
      thrown.delete(role);
      return actions;
    } catch (error) {
      const message = String(error);
      // Once, not each second: the log must not fill the disk.
      if (thrown.get(role) !== message) context.log.error({ role, err: error }, 'a role failed; the others go on');
      thrown.set(role, message);
      return [];
    }
  };

  /** Effects in flight and those that failed a moment ago: neither is asked for. */
  const runningKeys = (now: number): ReadonlySet<string> => {
    const keys = new Set(running.keys());
    // A back-off that ends later than any can was written before the clock went back: it must not last a day.
    for (const [key, { until }] of context.world.failing)
      if (until > now && until <= now + BACKOFF_MAX_MS) keys.add(key);
    return keys;
  };

  const perform = async (role: RoleName, action: Action) => {
    if (stopped) return;
    if ('command' in action.do) {
      const done = await command(role, action, action.do.command);
      acted ||= done;
      return;
    }
    const { effect } = action.do;
    if (runningKeys(context.now()).has(action.key)) return;
    acted = true;
    remember(role, action, effectWords(effect, action.subject));
    // Commands are in the ledger with their reasons; of effects only their results are.
    const { key, subject, because } = action;
    rememberRecent(context.world, { at: context.now(), role, subject, effect, because });
    context.log.debug({ role, key, because }, effect.type);
    const promise = runEffect(effect, because)
      .then(
        () => void context.world.failing.delete(action.key),
        error => failed({ ...action, effect }, error),
      )
      .finally(() => {
        running.delete(action.key);
        context.changed();
        wake();
      });
    running.set(action.key, promise);
  };

  const command = async (
    role: RoleName,
    action: Action,
    body: Parameters<TownContext['execute']>[1],
  ): Promise<boolean> => {
    try {
      await context.execute({ role: actorRole(role), name: actorRole(role) }, body, action.because);
      const { what, subject } = deedOf(body.type, action.subject);
      remember(role, action, `${what} ${subject}`);
      return true;
    } catch (error) {
      // The state moved between look and act: the next tick sees the new one. Anything else deserves to be read.
      const moved = isGastownError(error, 'conflict') || isGastownError(error, 'not_found');
      context.log[moved ? 'debug' : 'warn']({ role, key: action.key, err: error }, `${body.type} refused`);
      return false;
    }
  };

  const failed = (action: Action & { readonly effect: Effect }, error: unknown) => {
    if (stopped) return;
    const { failing } = context.world;
    const now = context.now();
    const err = toGastownError(error);
    const { wait } = err;
    const known = failing.get(action.key);
    // Waiting and failing are counted apart: what waited for a day has not failed once.
    const before = (known?.waitsOn !== undefined) === (wait !== undefined) ? known : undefined;
    const failures = (before?.failures ?? 0) + 1;
    const delayMs = wait?.forMs ?? Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (failures - 1));
    failing.set(action.key, {
      effect: action.effect,
      subject: action.subject,
      failures,
      since: before?.since ?? now,
      error: [err.message, err.hint].filter(Boolean).join(' '),
      until: now + delayMs,
      ...(wait && { waitsOn: wait.on }),
    });
    if (wait) context.log.debug({ key: action.key, retryInMs: delayMs, because: err.message }, 'effect waits');
    else context.log.warn({ key: action.key, retryInMs: delayMs, err }, 'effect failed');
  };

  const remember = (role: RoleName, action: Action, what: string) => {
    rememberLast(context.world, context.ledger.data, {
      role,
      subject: action.subject,
      last: { at: context.now(), action: what, because: action.because },
    });
  };

  const wake = () => {
    if (ticking) again = true;
    else schedule(COALESCE_MS);
  };

  wake();
  return {
    wake,
    isQuiet: () =>
      !acted &&
      running.size === 0 &&
      !ticking &&
      [...context.world.failing.values()].every(({ until, waitsOn }) => waitsOn === 'person' || until <= context.now()),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await ticking?.catch(() => undefined);
      await Promise.allSettled(running.values());
    },
  };
};

const actorRole = (role: RoleName): ActorRole => (role === 'dogs' ? 'dog' : role === 'polecat' ? 'town' : role);

/** What a tick learns without any event: sessions found again at the start, and whether their host can be reached. */
const seenOf = ({ world }: TownContext): string =>
  JSON.stringify([world.hostReachable, [...world.sessions].map(([id, { alive }]) => [id, alive])]);

/** Something is under way that no event may announce: live sessions, or an open queue. */
const isBusy = ({ ledger, world }: TownContext): boolean => {
  for (const session of world.sessions.values()) if (session.alive) return true;
  if (ledger.awayHost !== undefined) return false;
  for (const polecat of ledger.data.polecats.values()) if (polecat.hook) return true;
  return requestsOf(ledger.data)
    .open()
    .some(({ state }) => state !== 'queued');
};
