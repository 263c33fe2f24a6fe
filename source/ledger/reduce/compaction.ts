import type { CommandPayload } from '../commands.ts';
import { compactable, digestOf } from '../compaction.ts';
import type { Bead } from '../schema.ts';
import { updateBead } from './bead-records.ts';
import { conflict, type Patch, type Reducers } from './transaction.ts';

export const compactionReducers: Reducers<'beads.compact' | 'bead.restore'> = {
  'beads.compact': (tx, { ids, before }) => {
    const fit = new Map(compactable(tx.data, before).map(bead => [bead.id, bead]));
    for (const id of ids) {
      const bead = fit.get(id);
      const digest = bead && digestOf(bead);
      if (!digest) throw conflict(`${id} cannot be folded: it is open, too young, pinned, awaited or short already.`);
      const { description, compaction_level, original_size } = digest;
      updateBead(tx, id, {
        ...NO_TEXTS,
        description,
        compaction_level,
        original_size,
        compacted_at: tx.now,
        town: { ...bead.town, folded_rev: bead.rev },
      } as Patch<Bead>);
    }
  },

  'bead.restore': (tx, { id, texts }) => {
    const bead = tx.get('beads', id);
    if (bead.town.folded_rev === undefined) throw conflict(`${id} is not folded: all its text is there.`);
    const { folded_rev: _, ...town } = bead.town;
    updateBead(tx, id, {
      ...NO_TEXTS,
      ...texts,
      ...writtenSince(bead, texts),
      compaction_level: undefined,
      original_size: undefined,
      compacted_at: undefined,
      town,
    } as Patch<Bead>);
  },
};

/** What was added after the folding stands behind what comes back. */
const writtenSince = (bead: Bead, texts: CommandPayload<'bead.restore'>['texts']): Patch<Bead> => ({
  ...(bead.design && { design: bead.design }),
  ...(bead.notes && { notes: [texts.notes, bead.notes].filter(Boolean).join('\n\n') }),
  ...(bead.comments && { comments: [...(texts.comments ?? []), ...bead.comments] }),
});

const NO_TEXTS = {
  description: undefined,
  design: undefined,
  acceptance_criteria: undefined,
  notes: undefined,
  comments: undefined,
};
