import { type Actor, actorName, type Command, type CommandPayload } from './commands.ts';
import type { Bead, LedgerData } from './schema.ts';

/** Commands on beads that an agent may give for some beads and not for others. */
export const AGENT_BEAD_COMMANDS = [
  'bead.update',
  'bead.close',
  'bead.reopen',
  'bead.duplicate',
  'bead.supersede',
  'dep.add',
  'dep.remove',
  'dep.relate',
] as const satisfies readonly Command['type'][];
type Restricted = (typeof AGENT_BEAD_COMMANDS)[number] | 'bead.create' | 'bead.claim' | 'bead.comment';

/**
 * What keeps an agent from a command on beads, in words that follow its name; undefined where it may. An agent writes on
 * the bead of its hook and on what it claimed; a bead that it filed itself is its own until somebody decides about it:
 * then its text is what a person has agreed to, and others may be at work on it.
 */
export const agentRefusal = (
  data: LedgerData,
  actor: Actor,
  { type, payload }: { type: Restricted; payload: unknown },
): string | undefined => {
  const who: Agent = { data, name: actor.name, by: actorName(actor) };
  switch (type) {
    case 'bead.create':
      return createRefusal(who, payload as CommandPayload<'bead.create'>);
    case 'bead.comment': {
      const { author } = payload as CommandPayload<'bead.comment'>;
      return author === undefined ? undefined : 'may not write in the name of another';
    }
    case 'bead.claim': {
      const { assignee } = payload as CommandPayload<'bead.claim'>;
      return assignee === actor.name ? undefined : `may not claim for ${assignee}`;
    }
    case 'bead.update':
      return updateRefusal(who, payload as CommandPayload<'bead.update'>);
    case 'bead.close': {
      const { id, force } = payload as CommandPayload<'bead.close'>;
      return force ? 'may not close what waits for something' : endRefusal(who, id);
    }
    case 'bead.reopen':
    case 'bead.duplicate':
    case 'bead.supersede':
      return endRefusal(who, (payload as { id: string }).id);
    case 'dep.add': {
      const { dependency, more = [] } = payload as CommandPayload<'dep.add'>;
      return [dependency, ...more].map(({ issue_id }) => tieRefusal(who, issue_id)).find(Boolean);
    }
    case 'dep.remove':
      return untieRefusal(who, payload as CommandPayload<'dep.remove'>);
    case 'dep.relate':
      return (payload as CommandPayload<'dep.relate'>).ids.map(id => tieRefusal(who, id)).find(Boolean);
  }
};

interface Agent {
  readonly data: LedgerData;
  readonly name: string;
  /** As records name it: `polecat rust/nux`. */
  readonly by: string;
}

/** What an agent writes down about the work it is doing. */
const WORKING_FIELDS: ReadonlySet<string> = new Set([
  'notes',
  'appendNotes',
  'design',
  'addLabels',
  'setMetadata',
  'estimated_minutes',
]);
/** Besides, on what it claimed itself: how it goes on, and giving it back. */
const CLAIM_FIELDS: ReadonlySet<string> = new Set([...WORKING_FIELDS, 'status', 'assignee']);
/** Not the agent's to say even of its own beads: who works on them, and with what. */
const NEVER: ReadonlySet<string> = new Set(['agent']);

const isOnHook = ({ data, name }: Agent, bead: Bead): boolean => data.polecats.get(name)?.hook === bead.id;

const isClaimed = (who: Agent, bead: Bead): boolean => bead.assignee === who.name && !isOnHook(who, bead);

/** Filed by it, and nobody has decided about it since. */
const isOwn = ({ name, by }: Agent, bead: Bead): boolean => {
  const { dispatch, convoy, merge, attempts, parked } = bead.town;
  const isFree = bead.assignee === undefined || bead.assignee === name;
  return bead.created_by === by && isFree && !dispatch && !convoy && !merge && !parked && attempts === 0;
};

const createRefusal = (who: Agent, payload: CommandPayload<'bead.create'>): string | undefined => {
  if (payload.dispatch) return 'may file a bead, but not have it dispatched';
  if (payload.convoy !== undefined) return 'may file a bead, but not put it into a plan';
  return payload.dependents?.map(({ issue_id }) => tieRefusal(who, issue_id)).find(Boolean);
};

const updateRefusal = (who: Agent, { id, set }: CommandPayload<'bead.update'>): string | undefined => {
  const bead = who.data.beads.get(id);
  if (!bead) return undefined;
  const fields = Object.keys(set).filter(field => set[field as keyof typeof set] !== undefined);
  const given = set.assignee;
  if (given !== undefined && given !== null && given !== who.name) return 'may not give a bead to somebody else';
  if (set.status === 'closed') {
    const refusal = endRefusal(who, id);
    if (refusal !== undefined) return refusal;
  }
  if (isOwn(who, bead) && !isOnHook(who, bead)) return first(fields, field => NEVER.has(field), id);
  const unseen = overwriting(bead, set);
  if (unseen !== undefined) return unseen;
  if (isOnHook(who, bead)) return first(fields, field => !WORKING_FIELDS.has(field), id);
  if (isClaimed(who, bead)) return first(fields, field => !CLAIM_FIELDS.has(field), id);
  return `may not change ${id}, which is not its own`;
};

/** What others wrote is added to, or replaced by somebody who names what they have seen. */
const overwriting = (bead: Bead, { notes, design }: CommandPayload<'bead.update'>['set']): string | undefined => {
  if (notes !== undefined && bead.notes && notes !== bead.notes)
    return `may not replace the notes of ${bead.id}: add to them with gt note`;
  if (design !== undefined && bead.design && design !== bead.design)
    return `may not replace the design of ${bead.id} unseen: gt design shows it, and replaces the version that you name`;
  return undefined;
};

const first = (fields: readonly string[], isRefused: (field: string) => boolean, id: string): string | undefined => {
  const field = fields.find(isRefused);
  return field === undefined ? undefined : `may not change ${field} of ${id}`;
};

const endRefusal = (who: Agent, id: string): string | undefined => {
  const bead = who.data.beads.get(id);
  if (!bead) return undefined;
  if (isOnHook(who, bead)) return `does not end ${id} by itself: it is on its hook, and gt done hands the work in`;
  return isOwn(who, bead) ? undefined : `may not end or reopen ${id}, which is not its own`;
};

const tieRefusal = (who: Agent, id: string): string | undefined => {
  const bead = who.data.beads.get(id);
  if (!bead || isOwn(who, bead) || isOnHook(who, bead) || isClaimed(who, bead)) return undefined;
  return `may not change what ${id} waits for, which is not its own`;
};

/** What others made its bead wait for is not the agent's to take away. */
const untieRefusal = (who: Agent, { issue_id, depends_on_id }: CommandPayload<'dep.remove'>): string | undefined => {
  const bead = who.data.beads.get(issue_id);
  if (!bead || isOwn(who, bead)) return undefined;
  const edge = bead.dependencies?.find(one => one.depends_on_id === depends_on_id);
  if (edge && edge.created_by !== who.by) return `may not take away that ${issue_id} waits for ${depends_on_id}`;
  return tieRefusal(who, issue_id);
};
