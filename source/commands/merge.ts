import { GastownError } from '../common/errors.ts';
import type { TownAccess } from '../town/access.ts';
import type { OperatorIntent } from '../town/view.ts';
import type { Invocation } from './invocation.ts';
import { chooseRig, withTown } from './with-town.ts';

/** `gastown approve <merge> --head <sha>`: refused when the head is not the one looked at. */
export const approve = (invocation: Invocation, [id]: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, async town => {
    const merge = await requireHead(town, id!, { head: options.head as string, act: 'approved' });
    const word = options.word as string | undefined;
    const row = (await town.view()).merges.find(one => one.id === id);
    if (row?.confirmWord && word === undefined) {
      throw new GastownError('needs_person', `${id} changes what is protected: approving it takes a word of yours.`, {
        hint: `Read it with gastown diff ${id}, then add --word ${row.confirmWord}.`,
        ids: { merge: id! },
      });
    }
    const gates = row?.gates.map(gate => ({ ...gate })) ?? [];
    return change(invocation, town, id!, {
      type: 'merge.approve',
      payload: { id: id!, head: merge.head, gates, ...(word !== undefined && { word }) },
    });
  });

/** `gastown comment <merge> <path>:<line> -m <text>`: said of a line of the work, and sent back with it. */
export const comment = (
  invocation: Invocation,
  [id, place]: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const found = /^(.+):(\d+)$/s.exec(place!);
    if (!found || Number(found[2]) < 1) {
      throw new GastownError('usage', `"${place}" is no line of a file.`, { hint: 'Name it as src/a.ts:12.' });
    }
    const { head } =
      options.head === undefined
        ? await requireMerge(town, id!)
        : await requireHead(town, id!, { head: options.head as string, act: 'said' });
    return change(invocation, town, id!, {
      type: 'merge.comment',
      payload: {
        id: id!,
        head,
        path: found[1]!,
        line: Number(found[2]),
        side: options.old === true ? 'old' : 'new',
        text: options.message as string,
      },
    });
  });

/** `gastown reject <merge> -m <why>` */
export const reject = (invocation: Invocation, [id]: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, town =>
    change(invocation, town, id!, {
      type: 'merge.reject',
      payload: { id: id!, reason: options.message as string, rework: options.rework === true },
    }),
  );

/** `gastown retry <merge>` */
export const retry = (invocation: Invocation, [id]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const merge = await requireMerge(town, id!);
    return change(
      invocation,
      town,
      id!,
      merge.held ? { type: 'merge.release', payload: { id: id! } } : { type: 'merge.retry', payload: { id: id! } },
    );
  });

/** `gastown revert <merge or bead>`: takes back what landed, through the queue. */
export const revert = (invocation: Invocation, [id]: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, async town => {
    const reason = options.message as string | undefined;
    const outcome = await town.dispatch({ type: 'landed.revert', payload: { id: id!, ...(reason && { reason }) } });
    invocation.output.record('merge', { ...(await requireMerge(town, outcome.subject!)) });
    invocation.output.say(outcome.message);
    return undefined;
  });

/** `gastown hold <merge>`: neither tested nor landed until released (retry). */
export const hold = (invocation: Invocation, [id]: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, town => {
    const reason = options.message as string | undefined;
    return change(invocation, town, id!, { type: 'merge.hold', payload: { id: id!, ...(reason && { reason }) } });
  });

/** `gastown release <merge>` */
export const release = (invocation: Invocation, [id]: string[]): Promise<undefined> =>
  withTown(invocation, town => change(invocation, town, id!, { type: 'merge.release', payload: { id: id! } }));

/** `gastown merge order <merge> <place>`: `first`, or a place in the queue from 1; `none` takes the wish back. */
export const order = (invocation: Invocation, [id, place]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const number = placeOf(place!);
    return change(invocation, town, id!, {
      type: 'merge.order',
      payload: { id: id!, ...(await orders(town, id!, number)) },
    });
  });

/** `gastown land-now <merge>`: released if held, and first in the queue. */
export const landNow = (invocation: Invocation, [id]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const merge = await requireMerge(town, id!);
    if (merge.held) await town.dispatch({ type: 'merge.release', payload: { id: id! } });
    return change(invocation, town, id!, {
      type: 'merge.order',
      payload: { id: id!, ...(await orders(town, id!, 1)) },
    });
  });

const placeOf = (given: string): number | undefined => {
  if (given === 'first') return 1;
  if (given === 'none') return undefined;
  const place = Number(given);
  if (Number.isInteger(place) && place > 0) return place;
  throw new GastownError('usage', `"${given}" is no place in the queue.`, { hint: 'A number from 1, first, or none.' });
};

/** Explicit places for all up to the lower of the two that change theirs, so that the whole is one command. */
const orders = async (town: TownAccess, id: string, place: number | undefined) => {
  if (place === undefined) return { order: null };
  const { rig } = await requireMerge(town, id);
  const queue = (await town.view()).merges
    .filter(row => row.rig === rig && row.position !== undefined)
    .sort((a, b) => a.position! - b.position!)
    .map(row => row.id);
  const from = queue.indexOf(id);
  const to = Math.min(place, queue.length) - 1;
  if (from < 0) return { order: place };
  queue.splice(from, 1);
  queue.splice(to, 0, id);
  const others = queue
    .slice(0, Math.max(from, to) + 1)
    .flatMap((other, index) => (other === id ? [] : [{ id: other, order: index + 1 }]));
  return { order: to + 1, others };
};

/** `gastown merge pause [rig]` */
export const pause = (invocation: Invocation, [rig]: string[]): Promise<undefined> =>
  switchQueue(invocation, 'merge.pause', rig);

/** `gastown merge resume [rig]` */
export const resume = (invocation: Invocation, [rig]: string[]): Promise<undefined> =>
  switchQueue(invocation, 'merge.resume', rig);

/** Shorter abbreviations could name another commit tomorrow. */
const SHORTEST_SHA = 7;

const switchQueue = (
  invocation: Invocation,
  type: 'merge.pause' | 'merge.resume',
  given?: string,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const rig = await chooseRig(town, given);
    const outcome = await town.dispatch({ type, payload: { rig } });
    invocation.output.record('rig', { id: rig, message: outcome.message });
    invocation.output.say(`${rig}: ${outcome.message}`);
    return undefined;
  });

/** The request, if it is at the head that a person looked at; else what it is at, or which one took its place. */
const requireHead = async (town: TownAccess, id: string, { head, act }: { head: string; act: string }) => {
  const merge = await requireMerge(town, id);
  const newer = (await town.records('merges')).find(
    one => one.bead === merge.bead && one.id !== id && !one.reverts && isOpen(one.state) && !isOpen(merge.state),
  );
  if (newer) {
    throw new GastownError('conflict', `${id} is ${merge.state}; ${newer.id} took its place. Nothing was ${act}.`, {
      hint: `gastown diff ${newer.id} --since-approved shows what is new in it.`,
      ids: { merge: newer.id },
    });
  }
  if (head.length < SHORTEST_SHA || !merge.head.startsWith(head)) {
    throw new GastownError('conflict', `${id} is at ${merge.head}, not at ${head}: nothing was ${act}.`, {
      hint: `Look at what is there now (gastown diff ${id}), then name that head.`,
      ids: { merge: id },
    });
  }
  return merge;
};

const isOpen = (state: string): boolean => ['queued', 'testing', 'landing'].includes(state);

const requireMerge = async (town: TownAccess, id: string) => {
  const merge = (await town.records('merges')).find(record => record.id === id);
  if (merge) return merge;
  throw new GastownError('not_found', `There is no merge request ${id}.`, { hint: 'gastown merges lists them.' });
};

const change = async (
  invocation: Invocation,
  town: TownAccess,
  id: string,
  intent: OperatorIntent,
): Promise<undefined> => {
  await requireMerge(town, id);
  const outcome = await town.dispatch(intent);
  invocation.output.record('merge', { ...(await requireMerge(town, id)) });
  invocation.output.say(outcome.message);
  return undefined;
};
