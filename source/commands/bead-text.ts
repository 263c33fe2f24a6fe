import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { GastownError, isGastownError } from '../common/errors.ts';
import type { Bead } from '../ledger/schema.ts';
import type { TownAccess } from '../town/access.ts';
import { beadChange, type ShownBead, showBead } from '../town/plan/bead-text.ts';

/** Times that the bead is looked at again after the ledger said it is another one by now: its texts may be as they were. */
const TRIES_MAX = 3;

/**
 * Changes a bead to what `edit` makes of a file that is written for it, in one step; answers whether that changed anything.
 * A bead whose texts somebody else changed meanwhile is not written over: the refusal says where the person's own text is.
 */
export const editBead = async (
  town: TownAccess,
  id: string,
  edit: (file: string) => Promise<void>,
): Promise<boolean> => {
  const shown = showBead(await beadBy(town, id));
  const folder = path.join(os.tmpdir(), `gastown-bead-${randomUUID()}`);
  await fs.mkdir(folder, { mode: 0o700 });
  const file = path.join(folder, `${id}.md`);
  await fs.writeFile(file, shown.text, { mode: 0o600 });
  await edit(file);
  try {
    const set = beadChange(shown, await fs.readFile(file), file);
    if (set) await write(town, shown, set);
    await fs.rm(folder, { recursive: true });
    return set !== undefined;
  } catch (error) {
    if (!(error instanceof GastownError)) throw error;
    throw new GastownError(error.code, error.message, {
      hint: `${error.hint ?? ''} Your text is in ${file}.`.trim(),
      cause: error,
    });
  }
};

/** What the town notes on a bead (a session that began, say) is no reason to refuse: only its texts are compared. */
const write = async (town: TownAccess, shown: ShownBead, set: NonNullable<ReturnType<typeof beadChange>>) => {
  for (let tries = 1; ; tries++) {
    const bead = await beadBy(town, shown.id);
    if (showBead(bead).version !== shown.version)
      throw new GastownError('conflict', `${shown.id} was changed meanwhile; nothing was written over it.`, {
        hint: 'Look at it again and repeat the change.',
      });
    try {
      await town.dispatch({ type: 'bead.update', payload: { id: shown.id, baseRev: bead.rev, set } });
      return;
    } catch (error) {
      if (!isGastownError(error, 'conflict') || tries >= TRIES_MAX) throw error;
    }
  }
};

const beadBy = async (town: TownAccess, id: string): Promise<Bead> => {
  const bead = (await town.records('beads')).find(one => one.id === id);
  if (!bead || bead.status === 'tombstone') throw new GastownError('not_found', `There is no bead ${id}.`);
  return bead;
};
