import { DOG_NAMES, type DogName } from '../../roles/role.ts';
import { findPreset } from '../agents/presets.ts';
import { GastownError } from '../common/errors.ts';
import { plural } from '../common/text.ts';
import { commandWords } from '../ledger/command-words.ts';
import type { CommandType } from '../ledger/commands.ts';
import type { LedgerData } from '../ledger/schema.ts';
import { letBudgetStop, raiseBudget } from './budgets.ts';
import { commentOn } from './comment.ts';
import { unfoldReopened } from './compaction.ts';
import { OPERATOR, type TownContext } from './context.ts';
import { runDog } from './effects/dogs.ts';
import { landIntegration, startIntegration, stopIntegration } from './integrate.ts';
import { nudgePolecat } from './nudges.ts';
import { proposePlan } from './propose.ts';
import { answerQuestion } from './questions.ts';
import { revertMerge } from './revert.ts';
import { tellTerminal } from './tell-terminal.ts';
import { answerTerminal } from './terminals.ts';
import type { AttentionRow, OperatorIntent, Outcome, TownView } from './view.ts';
import { saveWrong } from './wrong.ts';

/** Does what a person asked and says in one line what was done. Rejects with a clear error when it cannot be done. */
export const performIntent = async (context: TownContext, intent: OperatorIntent, view: TownView): Promise<Outcome> => {
  switch (intent.type) {
    case 'attention.answer':
      return answerAttention(context, intent.payload, view);
    case 'attention.choose':
      return chooseAnswer(context, intent.payload, view);
    case 'mayor.plan':
      return proposePlan(context, intent.payload);
    case 'convoy.sling':
      return slingConvoy(context, intent.payload.id);
    case 'polecat.stop':
      return stopPolecat(context, intent.payload);
    case 'polecat.prompt':
      return done(await promptPolecat(context, intent.payload));
    case 'polecat.nudge':
      return done(await nudgePolecat(context, intent.payload));
    case 'polecat.wrong': {
      const file = await saveWrong(context, intent.payload.polecat);
      return done(`Kept in ${file}. It holds what the screen showed: read it before you give it to anyone.`);
    }
    case 'merge.comment':
      return commentOn(context, intent.payload);
    case 'landed.revert':
      return revertMerge(context, intent.payload);
    case 'integrate.start':
      return startIntegration(context, intent.payload);
    case 'integrate.land':
      return landIntegration(context, intent.payload.name);
    case 'integrate.stop':
      return stopIntegration(context, intent.payload.name);
    case 'dog.run':
      return runDogNow(context, intent.payload.dog);
    case 'history.undo': {
      const { payload } = intent;
      await context.execute(OPERATOR, intent, `The operator took back command ${payload.of}.`);
      return done('Done; gastown undo takes back one step more, and gastown redo does it again.');
    }
    default: {
      requireKnownAgents(context, intent);
      const receipt = await context.execute(OPERATOR, intent, ownWords(intent.payload));
      const subject = receipt.written[0]?.id;
      if (subject !== undefined) await unfoldReopened(context, [subject]);
      return { ...done(describe(intent.type, subject ?? '')), ...(subject && { subject }) };
    }
  }
};

/** A name that no preset bears is refused where it is given, not when a polecat first tries to start it. */
const requireKnownAgents = (context: TownContext, intent: OperatorIntent): void => {
  const { payload } = intent as {
    payload: { agent?: unknown; beads?: readonly { agent?: unknown }[]; set?: { agent?: unknown } };
  };
  const named = [payload.agent, payload.set?.agent, ...(payload.beads ?? []).map(bead => bead.agent)];
  for (const agent of named) if (typeof agent === 'string') findPreset(agent, context.config.agents);
};

const done = (message: string): Outcome => ({ ok: true, message });

const answerAttention = async (
  context: TownContext,
  payload: { key: string; answer: 'yes' | 'no'; note?: string; word?: string },
  view: TownView,
): Promise<Outcome> => {
  const row = view.attention.find(({ key }) => key === payload.key);
  if (!row) {
    throw new GastownError('conflict', 'This question has changed or was settled meanwhile; nothing was done.', {
      hint: 'Look at the queue again.',
    });
  }
  if (payload.answer === 'no' && row.no === undefined)
    throw new GastownError('invalid', 'There is nothing to refuse here.');
  if (payload.answer === 'yes' && row.yes === undefined)
    throw new GastownError('invalid', 'There is nothing to approve here.');
  return payload.answer === 'yes'
    ? sayYes(context, row, { view, word: payload.word })
    : sayNo(context, row, payload.note);
};

/** At once: by its protocol, through the composer of its own screen, or typed where neither is known. */
const promptPolecat = async (
  context: TownContext,
  { polecat: id, text }: { polecat: string; text: string },
): Promise<string> => {
  const polecat = context.ledger.data.polecats.get(id);
  const session = polecat?.session === undefined ? undefined : context.ledger.data.sessions.get(polecat.session);
  if (!polecat || !session || !context.world.terminals.has(session.id) || text.trim() === '')
    return nudgePolecat(context, { polecat: id, text, mode: 'now' });
  await tellTerminal(context, session, text);
  return `Sent to ${polecat.name}: its composer took it.`;
};

/** The key of a row names the session and the very ask: one that changed meanwhile is another row. */
const chooseAnswer = async (
  context: TownContext,
  payload: { key: string; option: string; text?: string },
  view: TownView,
): Promise<Outcome> => {
  const row = view.attention.find(({ key }) => key === payload.key);
  const [, session, ...ask] = payload.key.split(':');
  const question = context.ledger.data.escalations.get(ask.join(':'))?.question && ask.join(':');
  const wire = session === undefined ? undefined : context.wire(session);
  const terminal = context.world.terminals.has(session ?? '') ? context.ledger.data.sessions.get(session!) : undefined;
  if (!row || (!wire && !question && !terminal)) {
    throw new GastownError('conflict', 'This question has changed or was settled meanwhile; nothing was done.', {
      hint: 'Look at the queue again.',
    });
  }
  const option = row.options?.find(({ id }) => id === payload.option);
  if (!option) throw new GastownError('usage', `There is no answer "${payload.option}" to this.`);
  const { text } = payload;
  if (question) return done(await answerQuestion(context, question, { option: option.id, text }));
  if (!wire) {
    await answerTerminal(context, terminal!, { ask: ask.join(':'), option: option.id });
    if (text?.trim()) await tellTerminal(context, terminal!, text);
    return done(`${option.label}: typed for ${row.subject}, and its screen went on.`);
  }
  await wire.act({ type: 'answer', ask: ask.join(':'), option: option.id, ...(text !== undefined && { text }) });
  return done(`${option.label}: said to ${row.subject}.`);
};

const sayYes = async (
  context: TownContext,
  row: AttentionRow,
  { view, word }: { view: TownView; word: string | undefined },
): Promise<Outcome> => {
  const because = 'The operator approved it.';
  switch (row.kind) {
    case 'approval': {
      const gates = view.merges.find(({ id }) => id === row.subject)?.gates.map(gate => ({ ...gate })) ?? [];
      await context.execute(
        OPERATOR,
        {
          type: 'merge.approve',
          payload: { id: row.subject, head: row.head!, gates, ...(word !== undefined && { word }) },
        },
        because,
      );
      return done(`${row.subject} is approved at ${row.head!.slice(0, 9)}.`);
    }
    case 'plan':
      await context.execute(OPERATOR, { type: 'convoy.approve', payload: { id: row.subject } }, because);
      return done('The plan is approved: its beads are dispatched as they become ready.');
    case 'parked':
      await context.execute(
        OPERATOR,
        { type: 'bead.sling', payload: { id: row.subject } },
        'The operator wants it tried again.',
      );
      return done(`${row.subject} is tried again.`);
    case 'budget':
      return done(await raiseBudget(context, row.subject));
    case 'held':
      await context.execute(OPERATOR, { type: 'merge.release', payload: { id: row.subject } }, because);
      return done(`${row.subject} is released: it goes on from its place in the queue.`);
    default:
      await context.execute(
        OPERATOR,
        { type: 'escalation.acknowledge', payload: { id: row.subject } },
        'The operator has seen it.',
      );
      return done('Acknowledged.');
  }
};

const sayNo = async (context: TownContext, row: AttentionRow, note?: string): Promise<Outcome> => {
  const said = context.ledger.data.merges.get(row.subject)?.comments?.length ?? 0;
  const reason = note?.trim() || (said > 0 ? 'See the comments on its lines.' : 'The operator said no.');
  switch (row.kind) {
    case 'approval':
      await context.execute(
        OPERATOR,
        { type: 'merge.reject', payload: { id: row.subject, reason, rework: true } },
        reason,
      );
      return done(
        `${row.subject} goes back to its polecat with your note${said > 0 ? ` and ${plural(said, 'comment')}` : ''}.`,
      );
    case 'held':
      await context.execute(OPERATOR, { type: 'merge.reject', payload: { id: row.subject, reason } }, reason);
      return done(`${row.subject} is rejected.`);
    case 'budget':
      return done(await letBudgetStop(context, row.subject));
    case 'plan':
      await context.execute(OPERATOR, { type: 'convoy.cancel', payload: { id: row.subject, reason } }, reason);
      return done('The plan is cancelled.');
    default:
      await context.execute(
        OPERATOR,
        { type: 'bead.close', payload: { id: row.subject, reason, force: true } },
        reason,
      );
      return done(`${row.subject} is closed undone.`);
  }
};

const slingConvoy = async (context: TownContext, id: string): Promise<Outcome> => {
  const convoy = context.ledger.data.convoys.get(id);
  if (!convoy)
    throw new GastownError('not_found', `There is no convoy ${id}.`, { hint: 'gastown convoys lists them.' });
  if (convoy.status === 'proposed') {
    await context.execute(OPERATOR, { type: 'convoy.approve', payload: { id } }, 'The operator slung the whole plan.');
    return done(`Plan approved: ${plural(convoy.beads.length, 'bead')} on the way.`);
  }
  const open = convoy.beads.filter(bead => isSlingable(context.ledger.data, bead));
  for (const bead of open)
    await context.execute(
      OPERATOR,
      { type: 'bead.sling', payload: { id: bead } },
      'The operator slung the whole plan.',
    );
  return done(
    open.length > 0 ? `${plural(open.length, 'bead')} slung.` : 'Every bead of this plan is under way or done.',
  );
};

const isSlingable = (data: LedgerData, id: string): boolean => {
  const bead = data.beads.get(id);
  return (
    bead !== undefined &&
    !bead.town.dispatch &&
    !bead.town.merge &&
    (bead.status === 'open' || bead.town.parked !== undefined)
  );
};

const stopPolecat = async (
  context: TownContext,
  payload: { polecat: string; requeue: boolean; ready?: boolean },
): Promise<Outcome> => {
  const polecat = context.ledger.data.polecats.get(payload.polecat);
  if (!polecat) throw new GastownError('not_found', `There is no polecat ${payload.polecat}.`);
  if (!polecat.hook) throw new GastownError('invalid', `${polecat.id} has nothing on its hook to stop.`);
  const { hook } = polecat;
  // Off the hook first: ended the other way round, the session looks dead for a moment, and the Witness starts another.
  await context.execute(
    OPERATOR,
    payload.requeue || payload.ready
      ? { type: 'hook.release', payload: { polecat: polecat.id, requeue: payload.requeue } }
      : { type: 'bead.park', payload: { id: hook, reason: 'The operator stopped it.', severity: 'low' } },
    'The operator stopped the session; its work in progress is kept.',
  );
  const isOver = polecat.session === undefined || (await waitForEnd(context, polecat.session));
  return done(
    `${polecat.name} ${isOver ? 'is stopped' : 'is being stopped'}; its work in progress is kept. ${hook} ${payload.requeue ? 'waits for another polecat' : payload.ready ? 'is ready, and waits until it is slung again' : 'waits for you'}.`,
  );
};

/** The Polecat role ends a session without a hook: interrupt, grace, kill, and saving its files fit into this. */
const STOP_WAIT_MS = 8_000;

/** True once the session is on record as ended; false when that takes longer, or no role is at work to do it. */
const waitForEnd = (context: TownContext, session: string): Promise<boolean> => {
  const { ledger, world } = context;
  const isOver = () => ledger.data.sessions.get(session)?.status === 'ended';
  if (isOver() || world.heartbeats.size === 0) return Promise.resolve(isOver());
  return new Promise(resolve => {
    const settle = () => {
      clearTimeout(timer);
      unsubscribe();
      context.closing.removeEventListener('abort', settle);
      resolve(isOver());
    };
    const timer = setTimeout(settle, STOP_WAIT_MS);
    const unsubscribe = ledger.subscribe(() => isOver() && settle());
    context.closing.addEventListener('abort', settle);
  });
};

const runDogNow = async (context: TownContext, dog: string): Promise<Outcome> => {
  if (!(DOG_NAMES as readonly string[]).includes(dog)) {
    throw new GastownError('usage', `There is no dog "${dog}".`, { hint: `There are: ${DOG_NAMES.join(', ')}.` });
  }
  await runDog(context, { type: 'dog.run', dog: dog as DogName }, 'person');
  const result = context.world.dogs.get(dog as DogName)!;
  return { ok: result.ok, message: `${dog}: ${result.note}` };
};

/** The reason that the person gave, where one was given. */
const ownWords = (payload: object): string | undefined =>
  'reason' in payload && typeof payload.reason === 'string' ? payload.reason : undefined;

/** What a plain ledger command did, for the flash line. */
const describe = (type: CommandType, subject: string): string => {
  const said: Partial<Record<CommandType, string>> = {
    'bead.sling': `${subject} is slung: a polecat takes it as soon as it is ready and one is free.`,
    'bead.unsling': `${subject} is no longer wanted on a hook.`,
    'bead.create': `${subject} created.`,
    'bead.update': `${subject} is changed.`,
    'bead.close': `${subject} closed.`,
    'merge.approve': `${subject} approved.`,
    'merge.reject': `${subject} rejected.`,
    'merge.retry': `${subject} is in the queue again.`,
    'merge.order': `${subject} has another place in the queue.`,
    'merge.hold': `${subject} is held.`,
    'merge.release': `${subject} is released.`,
    'merge.pause': 'The merge queue is paused; nothing lands.',
    'merge.resume': 'The merge queue goes on.',
    'town.estop':
      'Stopped: agents at work are ended, their work is kept, and nothing is dispatched, tested or landed until thawed.',
    'town.thaw': 'Thawed: the town goes on.',
    'convoy.approve': `${subject} is approved.`,
    'convoy.order': `${subject} is done in this order from now on.`,
    'town.dog': 'Done: what is off runs only when it is told to.',
    'escalation.acknowledge': 'Acknowledged.',
    'quarantine.add': `The test is in quarantine: it runs, and does not count until then.`,
    'quarantine.remove': 'The test counts again.',
    'rig.update': `${subject} is changed; what runs goes on as it began.`,
  };
  return said[type] ?? `Done: ${commandWords(type)} ${subject}`.trim().concat('.');
};
