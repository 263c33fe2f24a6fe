import { toGastownError } from '../source/common/errors.ts';
import { safeLine } from '../source/common/text.ts';
import type { CommandInput } from '../source/ledger/commands.ts';
import type { LogSource, Outcome, TownHandle } from '../source/town/view.ts';
import type { Effect } from './actions/step.ts';
import type { ScreenEvent } from './reducer.ts';

/** What only the running terminal program can do. */
export interface ScreenTerminal {
  attach(session: string, name: string): Promise<Outcome>;
  /** Gives the whole terminal to a program of the person's for as long as the work runs. */
  lend(work: () => Promise<void>): Promise<void>;
  copy(text: string): void;
  suspend(): Promise<void>;
  redraw(): Promise<void>;
  quit(how: 'leave' | 'stop'): void;
}

/** Turns text into a plan, or says what is wrong with it. */
export type ReadPlan = (text: string, rig: string) => CommandInput<'plan.import'> | { readonly error: string };

/** Has a proposed plan changed in the person's editor, to which `lend` gives the terminal; answers in one line what became of it. */
export type EditPlan = (convoy: string, lend: ScreenTerminal['lend']) => Promise<Outcome>;

/** Shows a whole log in the person's pager, to which `lend` gives the terminal. */
export type PageLog = (source: LogSource, lend: ScreenTerminal['lend']) => Promise<Outcome>;
/** Gives the terminal to a town in a temporary folder that shows every part at work. */
export type ShowDemo = (lend: ScreenTerminal['lend']) => Promise<void>;
/** The same for one bead, which may be in any state but closed. */
export type EditBead = (bead: string, lend: ScreenTerminal['lend']) => Promise<Outcome>;

export interface EffectsOptions {
  readonly handle: TownHandle;
  readonly terminal: () => ScreenTerminal | undefined;
  readonly readPlan?: ReadPlan;
  readonly editPlan?: EditPlan;
  readonly pageLog?: PageLog;
  readonly showDemo?: ShowDemo;
  readonly editBead?: EditBead;
  readonly send: (event: ScreenEvent) => void;
}

/** Carries out what the reducer asked for, without anybody waiting for it; results come back as events. */
export const runEffect = async (effect: Effect, options: EffectsOptions): Promise<void> => {
  const { handle, terminal, send } = options;
  switch (effect.type) {
    case 'dispatch':
      return dispatch(effect, options);
    case 'load':
      return load(effect, options);
    case 'review':
      return send({ type: 'reviewed', serial: effect.serial, result: await settled(handle.review(effect.merge)) });
    case 'offer':
      return send({
        type: 'offered',
        serial: effect.serial,
        result: await settled(handle.planUndo(effect.way, effect.before)),
      });
    case 'look':
      return send({ type: 'arrived', serial: effect.serial, result: await settled(handle.past(effect.request)) });
    case 'plan':
      return plan(effect, options);
    case 'editPlan': {
      const { editPlan } = options;
      const screen = terminal();
      if (!editPlan || !screen) return;
      return send({ type: 'outcome', ...(await settled(editPlan(effect.convoy, work => screen.lend(work)))) });
    }
    case 'demo': {
      const screen = terminal();
      if (!options.showDemo || !screen) return send({ type: 'outcome', ok: false, message: NO_DEMO });
      await options.showDemo(work => screen.lend(work));
      return send({ type: 'outcome', ok: true, message: 'Back in your town. The demo and its folder are gone.' });
    }
    case 'editBead': {
      const { editBead } = options;
      const screen = terminal();
      if (!editBead || !screen) return;
      return send({ type: 'outcome', ...(await settled(editBead(effect.bead, work => screen.lend(work)))) });
    }
    case 'attach': {
      const outcome = await terminal()?.attach(effect.session, effect.name);
      return outcome && send({ type: 'outcome', ...outcome });
    }
    case 'page': {
      const { pageLog } = options;
      const screen = terminal();
      if (!pageLog || !screen) return;
      const outcome = await settled(pageLog(effect.source, work => screen.lend(work)));
      return outcome.ok ? undefined : send({ type: 'outcome', ...outcome });
    }
    case 'saveLog':
      return send({ type: 'outcome', ...(await settled(handle.saveLog(effect.source, effect.file))) });
    case 'copy':
      return terminal()?.copy(effect.text);
    case 'suspend':
      return terminal()?.suspend();
    case 'redraw':
      return terminal()?.redraw();
    case 'quit':
      return terminal()?.quit(effect.how);
  }
};

const NO_DEMO = 'This is the demo, or it cannot be shown from here: gastown demo';

/** Reasons come at once from memory; a history is read from Git and follows. */
const load = async (
  { subject, serial, history }: Extract<Effect, { type: 'load' }>,
  { handle, send }: EffectsOptions,
): Promise<void> => {
  send({ type: 'loaded', serial, lines: await handle.why(subject) });
  if (history) send({ type: 'loaded', serial, history: await handle.history(subject) });
};

/** A question that fails is answered too: what waits for it must not wait for ever. */
const settled = <T>(answer: Promise<T>): Promise<T | Outcome> =>
  answer.catch((error: unknown) => ({ ok: false, message: safeLine(toGastownError(error).message) }));

const dispatch = async (
  effect: Extract<Effect, { type: 'dispatch' }>,
  { handle, send }: EffectsOptions,
): Promise<void> => {
  const before = handle.getView().beads;
  const outcome = await dispatchAll(effect, handle);
  if (effect.selectNew && outcome.ok) {
    const created = [...handle.getView().beads.keys()].find(id => !before.has(id));
    if (created !== undefined) send({ type: 'selectBead', id: created });
  }
  send({
    type: 'outcome',
    ok: outcome.ok,
    message: outcome.ok ? goodNews(effect, outcome.message) : outcome.message,
    ...(effect.dialog !== undefined && { dialog: effect.dialog }),
    ...(effect.draft !== undefined && { draft: effect.draft }),
  });
};

const dispatchAll = async (
  { intents, each }: Extract<Effect, { type: 'dispatch' }>,
  handle: TownHandle,
): Promise<Outcome> => {
  let outcome: Outcome = { ok: true, message: '' };
  const refused: string[] = [];
  for (const intent of intents) {
    outcome = await handle.dispatch(intent);
    if (!outcome.ok && !each) return outcome;
    if (!outcome.ok) refused.push(outcome.message);
  }
  if (!each) return outcome;
  const done = `${intents.length - refused.length} of ${intents.length} done`;
  return refused.length === 0
    ? { ok: true, message: `All ${intents.length} are done.` }
    : { ok: false, message: `${done}; refused: ${refused[0]}` };
};

const goodNews = ({ done, hint }: Extract<Effect, { type: 'dispatch' }>, message: string): string => {
  const said = done ?? message;
  return hint ? `${said.replace(/([^.!?…])$/, '$1.')} ${hint}` : said;
};

const plan = async (effect: Extract<Effect, { type: 'plan' }>, options: EffectsOptions): Promise<void> => {
  const read = options.readPlan?.(effect.text, effect.rig);
  if (!read) return;
  if ('error' in read) return options.send({ type: 'outcome', ok: false, message: read.error });
  return dispatch(
    {
      type: 'dispatch',
      intents: [{ type: 'plan.import', payload: read }],
      draft: effect.draft,
      hint: effect.hint,
    },
    options,
  );
};
