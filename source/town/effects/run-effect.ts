import type { Effect } from '../../../roles/role.ts';
import { shellDriver } from '../../agents/drivers/shell.ts';
import type { TownContext } from '../context.ts';
import { tellTerminal } from '../tell-terminal.ts';
import { runDog } from './dogs.ts';
import { runGuards } from './guards.ts';
import { landMerges } from './land.ts';
import { launchSession } from './launch.ts';
import { runGates, stackChain, stopGates } from './queue.ts';
import { runRadar } from './radar.ts';
import { stillHolds } from './recheck.ts';
import { refreshRig } from './rigs.ts';
import { abandonSession, collectWork, finishSession } from './work.ts';

/** Carries out what a role asked of the world, for this reason; rejects when it could not. */
export const runEffect = async (context: TownContext, effect: Effect, because?: string): Promise<void> => {
  switch (effect.type) {
    case 'session.launch':
      return launchSession(context, effect, because);
    case 'session.collect':
      return collectWork(context, effect);
    case 'session.finish':
      return finishSession(context, effect, because);
    case 'session.abandon':
      return abandonSession(context, effect.session);
    case 'session.interrupt':
      if (await stillHolds(context, effect.session, effect.rests)) await interrupt(context, effect.session);
      return;
    case 'session.nudge':
      if (await stillHolds(context, effect.session, effect.rests)) await tell(context, effect.session, effect.text);
      return;
    case 'rig.refresh':
      await refreshRig(context, effect.rig);
      return;
    case 'guards.run':
      return runGuards(context, effect);
    case 'chain.build':
      return stackChain(context, effect);
    case 'gates.run':
      return runGates(context, effect);
    case 'gates.stop':
      return stopGates(context, effect);
    case 'land':
      return landMerges(context, effect);
    case 'radar.run':
      return runRadar(context, effect);
    case 'dog.run':
      return runDog(context, effect);
  }
};

const interrupt = async (context: TownContext, session: string): Promise<void> => {
  const wire = context.wire(session);
  if (wire) return wire.act({ type: 'interrupt' });
  // On its own screen an agent ends its turn by Esc; Ctrl-C would be taken for the wish to leave.
  if (context.world.terminals.has(session)) return (await context.host()).write(session, ESC);
  return shellDriver.interrupt(await context.host(), session);
};

const tell = async (context: TownContext, session: string, text: string): Promise<void> => {
  const wire = context.wire(session);
  if (wire) return wire.act({ type: 'prompt', text });
  const record = context.world.terminals.has(session) ? context.ledger.data.sessions.get(session) : undefined;
  if (record) return tellTerminal(context, record, text);
  return shellDriver.prompt(await context.host(), session, text);
};

const ESC = '\u001B';
