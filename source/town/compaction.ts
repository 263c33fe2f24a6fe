import { GastownError } from '../common/errors.ts';
import type { Actor, CommandInput } from '../ledger/commands.ts';
import { compactable, digestOf } from '../ledger/compaction.ts';
import { readRecordAt } from '../ledger/past.ts';
import type { Bead } from '../ledger/schema.ts';
import { TOWN_ACTOR, type TownContext } from './context.ts';

type CompactionContext = Pick<TownContext, 'ledger' | 'paths' | 'execute' | 'now'>;

export interface Folded {
  readonly ids: readonly string[];
  /** Characters of long text that were (or would be) taken out of memory and the newest tree. */
  readonly savedChars: number;
}

/** Beads folded in one transaction. */
const BATCH = 200;

/** Folds the texts of beads that were closed so long ago into digests. With `dryRun` only says which. */
export const compactOld = async (
  context: CompactionContext,
  { actor, olderThanMs, dryRun = false }: { actor: Actor; olderThanMs: number; dryRun?: boolean },
): Promise<Folded> => {
  const before = new Date(context.now() - olderThanMs).toISOString();
  const beads = compactable(context.ledger.data, before);
  const savedChars = beads.map(savedBy).reduce((sum, chars) => sum + chars, 0);
  const ids = beads.map(({ id }) => id);
  if (dryRun) return { ids, savedChars };
  for (let from = 0; from < ids.length; from += BATCH) {
    await context.execute(
      actor,
      { type: 'beads.compact', payload: { ids: ids.slice(from, from + BATCH), before } },
      `Closed before ${before.slice(0, 10)}; the whole text stays in the history.`,
    );
  }
  return { ids, savedChars };
};

/** Brings a folded bead's texts back from Git. Rejects with `not_found` or `conflict`, and with `ledger_corrupt` when Git has lost them. */
export const restoreBead = async (context: CompactionContext, actor: Actor, id: string): Promise<void> => {
  const bead = context.ledger.data.beads.get(id);
  if (!bead) throw new GastownError('not_found', `There is no bead ${id}.`);
  const { folded_rev } = bead.town;
  if (folded_rev === undefined)
    throw new GastownError('conflict', `${id} was not folded by this town: all the text that it knows is there.`);
  await context.ledger.flush();
  const found = await readRecordAt(context.paths.ledger, { kind: 'beads', id, rev: folded_rev });
  if (!found)
    throw new GastownError('ledger_corrupt', `The history does not hold revision ${folded_rev} of ${id} any more.`, {
      hint: 'Look for it in a backup bundle: see the folder backups/.',
    });
  await context.execute(
    actor,
    { type: 'bead.restore', payload: { id, texts: textsOf(found as Bead) } },
    `The text of revision ${folded_rev} is wanted back.`,
  );
};

/** Whoever goes on with a bead that was closed long ago needs all of its text: a digest cannot be worked on. */
export const unfoldReopened = async (context: CompactionContext, ids: readonly string[]): Promise<void> => {
  for (const id of ids) {
    const bead = context.ledger.data.beads.get(id);
    if (bead?.town.folded_rev === undefined || bead.status === 'closed' || bead.status === 'tombstone') continue;
    await restoreBead(context, TOWN_ACTOR, id);
  }
};

const savedBy = (bead: Bead): number => {
  const digest = digestOf(bead)!;
  return digest.original_size - digest.description.length;
};

const textsOf = ({
  description,
  design,
  acceptance_criteria,
  notes,
  comments,
}: Bead): CommandInput<'bead.restore'>['texts'] => ({
  ...(description !== undefined && { description }),
  ...(design !== undefined && { design }),
  ...(acceptance_criteria !== undefined && { acceptance_criteria }),
  ...(notes !== undefined && { notes }),
  ...(comments !== undefined && { comments }),
});
