import type { Bead, Convoy, LedgerData } from '../../ledger/schema.ts';

/** Share of the words of both titles that both have, from which on two beads look like the same work. */
const ALIKE = 0.6;
/** Words shorter than this say little: `the`, `to`, `in`. */
const WORD_CHARS = 4;
/** Named at most: a plan of which much is there already is better looked at as a whole. */
const NAMED_MAX = 10;

/** Beads of a plan that look like open ones outside of it, by their titles; each with the one that is most alike. */
export const likelyDuplicates = (data: LedgerData, convoy: Convoy): { bead: Bead; like: Bead }[] => {
  const own = new Set(convoy.beads);
  const others = [...data.beads.values()]
    .filter(bead => !own.has(bead.id) && bead.status !== 'closed' && bead.status !== 'tombstone' && !bead.town.role)
    .map(bead => ({ bead, words: wordsOf(bead.title) }));
  return convoy.beads
    .flatMap(id => {
      const bead = data.beads.get(id);
      if (!bead || bead.status === 'closed' || bead.status === 'tombstone') return [];
      const words = wordsOf(bead.title);
      const [best] = others
        .filter(other => other.bead.town.rig === bead.town.rig)
        .map(other => ({ like: other.bead, share: sharedBy(words, other.words) }))
        .filter(({ share }) => share >= ALIKE)
        .sort((a, b) => b.share - a.share || (a.like.id < b.like.id ? -1 : 1));
      return best ? [{ bead, like: best.like }] : [];
    })
    .slice(0, NAMED_MAX);
};

/** Words without their commonest endings; all of them where every one is short. */
const wordsOf = (title: string): ReadonlySet<string> => {
  const all = title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const long = all.filter(word => word.length >= WORD_CHARS);
  return new Set((long.length > 0 ? long : all).map(word => word.replace(/(?:ing|ed|es|s|e)$/, '')));
};

const sharedBy = (a: ReadonlySet<string>, b: ReadonlySet<string>): number => {
  const all = new Set([...a, ...b]).size;
  return all === 0 ? 0 : [...a].filter(word => b.has(word)).length / all;
};
