import { existsSync, renameSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { GastownError } from '../common/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';
import { markerOf, removeTree } from '../git/worktree.ts';
import type { TownContext } from './context.ts';

/** A checkout that was taken away though something may still be in it. */
export interface TrashEntry {
  /** Name of its folder in the trash. */
  readonly id: string;
  readonly rig: string;
  readonly polecat: string;
  /** Where it lay. */
  readonly checkout: string;
  readonly at: string;
  /** What it still holds. */
  readonly holds: readonly string[];
}

const NOTE = 'entry.json';
/** Parts of an entry: the checkout, and the town's own folder beside it, without which it would not be taken for the town's. */
const CHECKOUT = 'checkout';
const MARKER = 'marker';

/**
 * Moves a checkout into the trash: two renames within one folder of the town, without a pause between the caller's last
 * look and them. The note is there first, so that a kill leaves either a checkout in its place or one that can be put back.
 */
export const moveToTrash = async (
  { paths }: Pick<TownContext, 'paths'>,
  entry: Omit<TrashEntry, 'id'>,
  isStillFree: () => boolean,
): Promise<TrashEntry | undefined> => {
  const id = `${entry.at.replaceAll(/[:.]/g, '-')}-${entry.polecat.replaceAll('/', '-')}`;
  const dir = path.join(paths.trash, id);
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  const kept = { id, ...entry };
  await writeFileAtomic(path.join(dir, NOTE), `${JSON.stringify(kept, undefined, 2)}\n`);
  if (!isStillFree()) {
    await fs.rm(dir, { recursive: true, force: true });
    return undefined;
  }
  renameSync(entry.checkout, path.join(dir, CHECKOUT));
  if (existsSync(markerOf(entry.checkout))) renameSync(markerOf(entry.checkout), path.join(dir, MARKER));
  return kept;
};

/** What is in the trash, oldest first. A folder without a readable note is not the town's and is passed over. */
export const listTrash = async ({ paths }: Pick<TownContext, 'paths'>): Promise<TrashEntry[]> => {
  if (!existsSync(paths.trash)) return [];
  const entries: TrashEntry[] = [];
  for (const id of (await fs.readdir(paths.trash)).sort()) {
    const text = await readFileIfPresent(path.join(paths.trash, id, NOTE));
    const entry = text === undefined ? undefined : readNote(text);
    if (entry?.id === id && existsSync(path.join(paths.trash, id, CHECKOUT))) entries.push(entry);
  }
  return entries;
};

const readNote = (text: string): TrashEntry | undefined => {
  try {
    return JSON.parse(text) as TrashEntry;
  } catch {
    return undefined;
  }
};

/** Puts a checkout back where it lay. Refused while its polecat has another one there. */
export const restoreTrash = async (context: Pick<TownContext, 'paths'>, id: string): Promise<TrashEntry> => {
  const entry = await entryOf(context, id);
  const dir = path.join(context.paths.trash, entry.id);
  if (existsSync(entry.checkout)) {
    throw new GastownError('conflict', `${entry.polecat} has another checkout in ${entry.checkout} by now.`, {
      hint: `Take what you want out of ${path.join(dir, CHECKOUT)} by hand.`,
    });
  }
  await fs.mkdir(path.dirname(entry.checkout), { recursive: true, mode: 0o700 });
  // The marker first: a checkout without one would be taken for somebody else's for ever.
  if (existsSync(path.join(dir, MARKER))) await fs.rename(path.join(dir, MARKER), markerOf(entry.checkout));
  await fs.rename(path.join(dir, CHECKOUT), entry.checkout);
  await fs.rm(dir, { recursive: true, force: true });
  return entry;
};

/** Removes one entry, or all of them, for good. */
export const emptyTrash = async (context: Pick<TownContext, 'paths'>, id?: string): Promise<TrashEntry[]> => {
  const entries = id === undefined ? await listTrash(context) : [await entryOf(context, id)];
  for (const entry of entries) await removeTree(path.join(context.paths.trash, entry.id));
  return entries;
};

const entryOf = async (context: Pick<TownContext, 'paths'>, id: string): Promise<TrashEntry> => {
  const found = (await listTrash(context)).find(entry => entry.id === id);
  if (found) return found;
  throw new GastownError('not_found', `There is no "${id}" in the trash.`, { hint: 'gastown trash lists it.' });
};
