import { GastownError } from '../common/errors.ts';
import { recall as find, memoryType, remembered } from '../ledger/memories.ts';
import { MEMORY_TYPES, type Memory, type MemoryType } from '../ledger/schema.ts';
import type { TownAccess } from '../town/access.ts';
import type { Invocation } from './invocation.ts';
import { chooseRig, withTown } from './with-town.ts';

/** `gastown memories` */
export const memories = (
  invocation: Invocation,
  _args: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    print(invocation, await kept(town, options), 'Nothing is remembered yet. Begin with: gastown remember "…"');
    return undefined;
  });

/** `gastown recall <words…>` */
export const recall = (invocation: Invocation, words: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, async town => {
    const query = words.join(' ');
    print(invocation, find(await kept(town, options), query), `Nothing is remembered about "${query}".`);
    return undefined;
  });

/** `gastown remember <text…>` */
export const remember = (
  invocation: Invocation,
  words: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const text = words.join(' ').trim();
    if (text === '') throw new GastownError('usage', 'There is nothing to remember: the text is empty.');
    const type = typeOf(options.type);
    const rig = options.rig === undefined ? undefined : await chooseRig(town, options.rig as string);
    const { subject } = await town.dispatch({
      type: 'memory.remember',
      payload: {
        text,
        ...(options.key !== undefined && { id: options.key as string }),
        ...(type && { type }),
        ...(rig !== undefined && { rig }),
      },
    });
    const memory = (await town.records('memories')).find(({ id }) => id === subject);
    if (memory) invocation.output.record('memory', told(memory));
    invocation.output.say(`Remembered as ${subject}: every later session is told.`);
    return undefined;
  });

/** `gastown forget <key>` */
export const forget = (invocation: Invocation, [key]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const known = (await town.records('memories')).find(({ id }) => id === key);
    if (!known || known.forgottenAt !== undefined) {
      throw new GastownError('not_found', `Nothing is remembered as "${key}".`, {
        hint: 'gastown memories lists everything with its key.',
      });
    }
    await town.dispatch({ type: 'memory.forget', payload: { id: key! } });
    invocation.output.record('memory', { id: key, forgotten: true });
    invocation.output.say(`${key} is forgotten; gastown history ${key} has what it was.`);
    return undefined;
  });

const kept = async (town: TownAccess, options: Record<string, unknown>): Promise<Memory[]> => {
  const type = typeOf(options.type);
  const rig = options.rig === undefined ? undefined : await chooseRig(town, options.rig as string);
  const all = new Map((await town.records('memories')).map(memory => [memory.id, memory]));
  return remembered({ memories: all }, { rig, type });
};

const typeOf = (given: unknown): MemoryType | undefined => {
  if (given === undefined || (MEMORY_TYPES as readonly unknown[]).includes(given))
    return given as MemoryType | undefined;
  throw new GastownError('usage', `--type wants one of ${MEMORY_TYPES.join(', ')}, found "${String(given)}".`);
};

const print = ({ output }: Invocation, found: readonly Memory[], none: string): void => {
  for (const memory of found) output.record('memory', told(memory));
  if (found.length === 0) output.say(none);
  else
    output.table(
      ['KEY', 'TYPE', 'RIG', 'BY', 'TEXT'],
      found.map(memory => [memory.id, memoryType(memory), memory.rig ?? '', memory.by, memory.text]),
    );
};

/** `type` names the kind of the line, so the memory's own is its `kind`. */
const told = ({ type: _type, ...memory }: Memory): object => ({
  ...memory,
  kind: memoryType({ ...memory, type: _type }),
});
