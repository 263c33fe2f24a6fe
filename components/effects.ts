import type { CommandInput } from '../source/ledger/commands.ts';
import type { Outcome, TownHandle } from '../source/town/view.ts';
import type { Effect } from './actions/step.ts';
import type { ScreenEvent } from './reducer.ts';

/** What only the running terminal program can do. */
export interface ScreenTerminal {
  attach(session: string, name: string): Promise<Outcome>;
  suspend(): Promise<void>;
  redraw(): Promise<void>;
  quit(how: 'leave' | 'stop'): void;
}

/** Turns text into a plan, or says what is wrong with it. */
export type ReadPlan = (text: string, rig: string) => CommandInput<'plan.import'> | { readonly error: string };

export interface EffectsOptions {
  readonly handle: TownHandle;
  readonly terminal: () => ScreenTerminal | undefined;
  readonly readPlan?: ReadPlan;
  readonly send: (event: ScreenEvent) => void;
}

/** Carries out what the reducer asked for, without anybody waiting for it; results come back as events. */
export const runEffect = async (effect: Effect, options: EffectsOptions): Promise<void> => {
  const { handle, terminal, send } = options;
  switch (effect.type) {
    case 'dispatch':
      return dispatch(effect, options);
    case 'load': {
      const lines = await (effect.view === 'diff' ? handle.diff(effect.subject) : handle.why(effect.subject));
      return send({ type: 'loaded', serial: effect.serial, lines });
    }
    case 'plan':
      return plan(effect, options);
    case 'attach': {
      const outcome = await terminal()?.attach(effect.session, effect.name);
      return outcome && send({ type: 'outcome', ...outcome });
    }
    case 'suspend':
      return terminal()?.suspend();
    case 'redraw':
      return terminal()?.redraw();
    case 'quit':
      return terminal()?.quit(effect.how);
  }
};

const dispatch = async (
  effect: Extract<Effect, { type: 'dispatch' }>,
  { handle, send }: EffectsOptions,
): Promise<void> => {
  const before = handle.getView().beads;
  let outcome: Outcome = { ok: true, message: '' };
  for (const intent of effect.intents) {
    outcome = await handle.dispatch(intent);
    if (!outcome.ok) break;
  }
  if (effect.selectNew && outcome.ok) {
    const created = [...handle.getView().beads.keys()].find(id => !before.has(id));
    if (created !== undefined) send({ type: 'selectBead', id: created });
  }
  send({
    type: 'outcome',
    ok: outcome.ok,
    message:
      outcome.ok && effect.hint ? `${outcome.message.replace(/([^.!?…])$/, '$1.')} ${effect.hint}` : outcome.message,
    ...(effect.dialog !== undefined && { dialog: effect.dialog }),
    ...(effect.draft !== undefined && { draft: effect.draft }),
  });
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
      hint: 'Space shows it for approval.',
    },
    options,
  );
};
