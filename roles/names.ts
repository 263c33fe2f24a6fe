/** Lasting names for polecats: short, friendly, ASCII, easy to tell apart when read aloud. */
// biome-ignore format: ten a row, to be counted at a glance
export const NAME_POOL: readonly string[] = [
  'acorn', 'amber', 'basil', 'birch', 'bramble', 'cedar', 'cinder', 'clover', 'comet', 'copper',
  'daisy', 'dune', 'ember', 'fable', 'fern', 'fig', 'flint', 'ginger', 'hazel', 'heron',
  'indigo', 'ivy', 'jasper', 'juniper', 'kestrel', 'lark', 'lotus', 'maple', 'marlow', 'meadow',
  'nettle', 'nimbus', 'olive', 'otter', 'pebble', 'pepper', 'pine', 'plum', 'quill', 'raven',
  'robin', 'rowan', 'saffron', 'sage', 'sorrel', 'tansy', 'thistle', 'umber', 'willow', 'yarrow',
];

/** The first name of the pool that is not taken; after fifty, `acorn-2` and so on. */
export const freshName = (taken: ReadonlySet<string>): string => {
  for (let round = 1; ; round++) {
    const name = NAME_POOL.map(word => (round === 1 ? word : `${word}-${round}`)).find(word => !taken.has(word));
    if (name) return name;
  }
};
