import { GastownError } from '../common/errors.ts';
import { duration, plural } from '../common/text.ts';
import { type Escalation, SEVERITIES } from '../ledger/schema.ts';
import type { TownAccess } from '../town/access.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown escalations` and `gastown escalations list`: the most severe first. */
export const list = (
  { output, ...invocation }: Invocation,
  _args: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown({ output, ...invocation }, async town => {
    const all = await town.records('escalations');
    const shown = all.filter(one => options.all === true || !one.closedAt).sort(mostSevereFirst);
    for (const escalation of shown) output.record('escalation', { ...escalation, state: stateOf(escalation) });
    if (shown.length === 0) {
      output.say('Nothing is escalated.');
      return undefined;
    }
    output.table(
      ['ID', 'SEVERITY', 'STATE', 'OPEN FOR', 'RAISED', 'BY', 'TITLE'],
      shown.map(one => [one.id, one.severity, stateOf(one), openFor(one), String(one.climbs), one.by, one.title]),
    );
    return undefined;
  });

/** `gastown escalations show <id>` */
export const show = (invocation: Invocation, [id]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const one = await escalationOf(town, id!);
    const { output } = invocation;
    output.record('escalation', { ...one, state: stateOf(one) });
    const raised = one.climbs > 0 ? `, raised ${plural(one.climbs, 'level')} since` : '';
    output.say(`${one.id}  ${one.title}`);
    output.say(`${one.severity}${raised}; ${stateOf(one)}, open for ${openFor(one)}, by ${one.by}`);
    if (one.subject) output.say(`About ${one.subject}: gastown why ${one.subject}`);
    if (one.body) output.say(`\n${one.body}`);
    if (one.resolution) output.say(`\nWhat came of it: ${one.resolution}`);
    return undefined;
  });

/** `gastown escalations ack <ids…>` */
export const acknowledge = (invocation: Invocation, ids: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    for (const id of ids) {
      const { closedAt } = await escalationOf(town, id);
      if (closedAt) throw new GastownError('conflict', `${id} is closed already.`);
      await town.dispatch({ type: 'escalation.acknowledge', payload: { id } });
      await told(invocation, town, {
        id,
        message: `${id} is acknowledged: it rises no further while you look after it.`,
      });
    }
    return undefined;
  });

/** `gastown escalations close <ids…>` */
export const close = (invocation: Invocation, ids: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, async town => {
    for (const id of ids) {
      await escalationOf(town, id);
      const reason = options.message as string | undefined;
      await town.dispatch({ type: 'escalation.close', payload: { id, ...(reason && { reason }) } });
      await told(invocation, town, { id, message: `${id} is closed.` });
    }
    return undefined;
  });

const told = async (
  { output }: Invocation,
  town: TownAccess,
  { id, message }: { id: string; message: string },
): Promise<void> => {
  const one = await escalationOf(town, id);
  output.record('escalation', { ...one, state: stateOf(one) });
  output.say(message);
};

const escalationOf = async (town: TownAccess, id: string): Promise<Escalation> => {
  const found = (await town.records('escalations')).find(one => one.id === id);
  if (found) return found;
  throw new GastownError('not_found', `There is no escalation "${id}".`, { hint: 'gastown escalations lists them.' });
};

const stateOf = ({ closedAt, acknowledgedAt, remindedAt }: Escalation): string => {
  if (closedAt) return 'closed';
  if (acknowledgedAt) return 'acknowledged';
  return remindedAt ? 'open again' : 'open';
};

const openFor = ({ at, closedAt }: Escalation): string =>
  duration((closedAt ? Date.parse(closedAt) : Date.now()) - Date.parse(at));

const mostSevereFirst = (a: Escalation, b: Escalation): number =>
  Number(a.closedAt !== undefined) - Number(b.closedAt !== undefined) ||
  SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) ||
  (a.at < b.at ? -1 : 1);
