import { GastownError } from '../common/errors.ts';
import { AGENT_BEAD_COMMANDS, agentRefusal } from './agent-rights.ts';
import { type Actor, type ActorRole, actorName, type CommandPayload, type CommandType } from './commands.ts';
import type { LedgerData } from './schema.ts';

/**
 * Refuses with `forbidden` what an actor may not do: who approves, who touches whose work. Checked by the one writer, so
 * that no socket, tool or prompt leads around it. A refusal to an agent never says how somebody else could.
 */
export const assertAllowed = (
  data: LedgerData,
  command: { type: CommandType; payload: unknown; actor: Actor },
): void => {
  const { type, actor } = command;
  const allowed = CAPABILITIES[actor.role];
  if (!allowed?.has(type)) throw forbidden(actor, `may not ${type}`);
  if (actor.role === 'polecat') assertOwn(data, command);
};

const EVERYONE: readonly CommandType[] = [
  'bead.create',
  'bead.comment',
  'bead.note',
  'bead.design',
  'convoy.note',
  'convoy.design',
  'mail.send',
  'mail.read',
  'escalation.open',
  'memory.remember',
];

/** What a person decides, but for the approval itself. */
const DECISIONS: readonly CommandType[] = [
  'town.create',
  'town.estop',
  'town.thaw',
  'town.dispatch',
  'town.dog',
  'merge.pause',
  'merge.resume',
  'rig.add',
  'rig.update',
  'rig.remove',
  'plan.import',
  'plan.request',
  'plan.edit',
  'question.answer',
  'convoy.approve',
  'convoy.order',
  'convoy.land',
  'convoy.cancel',
  'bead.update',
  'bead.claim',
  'bead.close',
  'bead.reopen',
  'bead.delete',
  'bead.duplicate',
  'bead.supersede',
  'dep.add',
  'dep.remove',
  'dep.relate',
  'beads.config',
  'beads.import',
  'bead.sling',
  'bead.unsling',
  'bead.park',
  'hook.set',
  'hook.release',
  'polecat.state',
  'merge.reject',
  'merge.retry',
  'merge.hold',
  'merge.release',
  'merge.order',
  'mail.deliver',
  'escalation.acknowledge',
  'escalation.climb',
  'escalation.remind',
  'escalation.close',
  'memory.forget',
  'budget.set',
];

/** Facts about processes, gates and Git, which only the running town knows. */
const FACTS: readonly CommandType[] = [
  'session.start',
  'session.running',
  'session.report',
  'session.ladder',
  'session.conversation',
  'session.reminded',
  'question.told',
  'session.end',
  'polecat.next',
  'work.done',
  'work.nothing',
  'rig.owners',
  'merge.group',
  'merge.sift',
  'merge.guard',
  'gate.record',
  'merge.landing',
  'merge.pr',
  'merge.unland',
  'merge.return',
  'merge.landed',
  'merge.duplicate',
  'merge.bounce',
  'usage.add',
  'usage.set',
];

/** Where the town lives, and what comes from other machines. */
const SYNC: readonly CommandType[] = ['town.home', 'town.takeOver', 'sync.apply'];

const can = (...lists: readonly (readonly CommandType[])[]): ReadonlySet<CommandType> => new Set(lists.flat());

const CAPABILITIES: Record<ActorRole, ReadonlySet<CommandType>> = {
  operator: can(EVERYONE, DECISIONS, SYNC, [
    'merge.approve',
    'merge.comment',
    'merge.revert',
    'integration.start',
    'integration.land',
    'integration.stop',
    'quarantine.add',
    'quarantine.remove',
    'history.undo',
    'beads.compact',
    'bead.restore',
  ]),
  town: can(EVERYONE, DECISIONS, FACTS, SYNC, ['bead.restore']),
  mayor: can(EVERYONE, [
    'plan.import',
    'plan.propose',
    'convoy.land',
    'bead.update',
    'dep.add',
    'dep.remove',
    'bead.sling',
    'bead.unsling',
    'hook.set',
    'hook.release',
    'mail.deliver',
    'escalation.close',
  ]),
  witness: can(EVERYONE, [
    'bead.park',
    'bead.sling',
    'hook.release',
    'polecat.state',
    'session.ladder',
    'session.reminded',
    'session.end',
    'mail.deliver',
    'escalation.close',
  ]),
  refinery: can(EVERYONE, [
    'bead.park',
    'rig.owners',
    'merge.group',
    'merge.sift',
    'merge.guard',
    'gate.record',
    'merge.landing',
    'merge.pr',
    'merge.unland',
    'merge.return',
    'merge.landed',
    'merge.duplicate',
    'merge.bounce',
    'merge.reject',
    'merge.retry',
    'merge.hold',
    'merge.release',
    'merge.order',
    'escalation.close',
  ]),
  deacon: can(EVERYONE, [
    'town.dispatch',
    'merge.pause',
    'bead.park',
    'escalation.climb',
    'escalation.remind',
    'escalation.close',
    'mail.deliver',
  ]),
  dog: can(EVERYONE, ['gate.record', 'escalation.close', 'mail.deliver', 'beads.compact']),
  polecat: can(EVERYONE, AGENT_BEAD_COMMANDS, ['bead.claim', 'session.report', 'question.ask', 'memory.forget']),
};

/** What depends on whose record it is. */
const assertOwn = (data: LedgerData, command: { type: CommandType; payload: unknown; actor: Actor }): void => {
  const { actor } = command;
  switch (command.type) {
    case 'bead.create':
    case 'bead.claim':
    case 'bead.comment':
    case 'bead.update':
    case 'bead.close':
    case 'bead.reopen':
    case 'bead.duplicate':
    case 'bead.supersede':
    case 'dep.add':
    case 'dep.remove':
    case 'dep.relate': {
      const refusal = agentRefusal(data, actor, { type: command.type, payload: command.payload });
      if (refusal !== undefined) throw forbidden(actor, refusal);
      return;
    }
    case 'question.ask': {
      const { session: id } = command.payload as CommandPayload<'question.ask'>;
      const session = data.sessions.get(id);
      if (session && session.polecat !== actor.name) throw forbidden(actor, `may not ask for session ${id}`);
      return;
    }
    case 'session.report': {
      const { id } = command.payload as CommandPayload<'session.report'>;
      const session = data.sessions.get(id);
      if (session && session.polecat !== actor.name) throw forbidden(actor, `may not report for session ${id}`);
      return;
    }
    case 'bead.note':
    case 'bead.design': {
      const { id } = command.payload as CommandPayload<'bead.note'>;
      if (hookOf(data, actor)?.id !== id) throw forbidden(actor, `may write to the bead on its hook, not to ${id}`);
      return;
    }
    case 'convoy.note':
    case 'convoy.design': {
      const { id } = command.payload as CommandPayload<'convoy.note'>;
      if (hookOf(data, actor)?.town.convoy !== id)
        throw forbidden(actor, `may write to the plan that its bead belongs to, not to ${id}`);
      return;
    }
    case 'mail.send': {
      const { replyTo } = command.payload as CommandPayload<'mail.send'>;
      const letter = replyTo === undefined ? undefined : data.mail.get(replyTo);
      if (letter && letter.to !== actor.name && letter.from !== actor.name)
        throw forbidden(actor, `has no mail ${replyTo}`);
      return;
    }
    case 'mail.read': {
      const { ids } = command.payload as CommandPayload<'mail.read'>;
      const other = ids.find(id => data.mail.get(id)?.to !== actor.name);
      if (other !== undefined) throw forbidden(actor, `has no mail ${other}`);
      return;
    }
    case 'memory.remember': {
      const { id } = command.payload as CommandPayload<'memory.remember'>;
      const known = id === undefined ? undefined : data.memories.get(id);
      if (known && known.by !== actorName(actor))
        throw forbidden(actor, `may not rewrite memory ${id}, which is not its own`);
      if (known?.forgottenBy !== undefined && known.forgottenBy !== actorName(actor))
        throw forbidden(actor, `may not bring back memory ${id}, which was forgotten on purpose`);
      return;
    }
    case 'memory.forget': {
      const { id } = command.payload as CommandPayload<'memory.forget'>;
      const known = data.memories.get(id);
      if (known && known.by !== actorName(actor))
        throw forbidden(actor, `may not forget memory ${id}, which is not its own`);
    }
  }
};

/** The bead that it works on just now. */
const hookOf = (data: LedgerData, actor: Actor) => {
  const hook = data.polecats.get(actor.name)?.hook;
  return hook === undefined ? undefined : data.beads.get(hook);
};

const forbidden = (actor: Actor, what: string): GastownError =>
  new GastownError('forbidden', `${actorName(actor)} ${what}.`, {
    hint:
      actor.role === 'polecat'
        ? 'Go on with the bead on your hook; ask for help with gt escalate.'
        : 'This decision belongs to another role of the town.',
  });
