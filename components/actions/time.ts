import type { Outcome, PastMoment } from '../../source/town/view.ts';
import { feedLines } from '../rows/past-rows.ts';
import type { ScreenContext } from '../situation.ts';
import type { ScreenState, TimeTravel } from '../state.ts';
import { type Action, refuse, type Step, say, step, withoutFlash } from './step.ts';

/** What `{` and `}` go by. */
export const HOUR_MS = 3_600_000;

interface Distance {
  readonly steps?: number;
  readonly byMs?: number;
}

/** `[ ] { }`: to another moment of the town's past. A key held down adds up; one question at most is under way. */
export const travel =
  ({ steps = 0, byMs = 0 }: Distance): Action =>
  (state, context) => {
    const { time } = state;
    if (time?.asked !== undefined)
      return step({ ...state, time: { ...time, steps: time.steps + steps, byMs: time.byMs + byMs } });
    const moment = time?.moment;
    if (moment && steps + byMs > 0 && moment.stepsBack === 0) return comeBack(state, context);
    if (moment && steps + byMs < 0 && isOldest(moment)) return refuse(state, BEGINNING, context);
    const setOut: TimeTravel = { log: state.log, ...time, steps, byMs };
    return ask(moment ? state : say(state, 'Looking back…', { now: context.now }), setOut);
  };

/** Back to the present, at once: what is still being asked is no longer wanted. */
export const comeBack: Action = (state, context) => {
  const { time, ...rest } = withoutFlash(state);
  if (!time) return step(state);
  return step(time.moment ? say({ ...rest, log: time.log }, 'This is now.', { now: context.now }) : rest);
};

/** A moment of the past, or why there is none. It changes nothing under a dialog that was opened meanwhile. */
export const arrive = (
  state: ScreenState,
  { serial, result }: { serial: number; result: PastMoment | Outcome },
  context: ScreenContext,
): Step => {
  const { time } = state;
  if (time?.asked !== serial) return step(state);
  const { asked: _, ...rest } = time;
  const stayed = stay(withoutFlash(state), { ...rest, steps: 0, byMs: 0 });
  if ('ok' in result) return refuse(stayed, result.message, context);
  if (state.dialogs.length > 0) return step(stayed);
  const there = show(withoutFlash(state), rest, result);
  const further = rest.steps + rest.byMs;
  if (further === 0) return step(there);
  if (further > 0 && result.stepsBack === 0) return comeBack(there, context);
  if (further < 0 && isOldest(result)) return refuse(halt(there), BEGINNING, context);
  return ask(there, there.time!);
};

const BEGINNING = 'This is the beginning of the town; {time-forward} goes forward, {back} comes back to now.';

const isOldest = ({ stepsBack, steps }: PastMoment): boolean => stepsBack >= steps - 1;

/** Asks for what has added up: changes first, then hours. */
const ask = (state: ScreenState, time: TimeTravel): Step => {
  const serial = state.serial + 1;
  const { steps, byMs, moment } = time;
  const rest = steps === 0 ? { steps: 0, byMs: 0 } : { steps: 0, byMs };
  return step(
    { ...state, serial, time: { ...time, ...rest, asked: serial } },
    { type: 'look', serial, request: { ...(moment && { from: moment.id }), ...(steps === 0 ? { byMs } : { steps }) } },
  );
};

/** Where it was: in the present, if nothing of the past was shown yet. */
const stay = (state: ScreenState, time: TimeTravel): ScreenState => {
  const { time: _, ...present } = state;
  return time.moment ? { ...state, time } : present;
};

const show = (state: ScreenState, time: TimeTravel, moment: PastMoment): ScreenState => ({
  ...state,
  time: { ...time, moment },
  log: {
    source: { kind: 'feed' },
    name: 'events up to then',
    lines: feedLines(moment.view.feed),
    follow: true,
    wrap: state.log.wrap,
    top: 0,
    unseen: 0,
  },
});

const halt = (state: ScreenState): ScreenState => ({ ...state, time: { ...state.time!, steps: 0, byMs: 0 } });
