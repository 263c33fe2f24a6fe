import type { BeadRow, ConvoyRow, TownView } from '../../source/town/view.ts';

/**
 * A plan as a tree for reading before it is approved: each bead under the one that it waits for longest, with who does it,
 * what it touches and when it is done.
 */
export const planTree = (view: TownView, convoy: ConvoyRow): readonly string[] => {
  const beads = convoy.beads.flatMap(id => view.beads.get(id) ?? []);
  const own = new Map(beads.map(bead => [bead.id, bead]));
  const depths = depthsOf(beads, own);
  const underOf = (bead: BeadRow): string | undefined =>
    (bead.needs ?? []).filter(id => own.has(id)).sort((a, b) => depths.get(b)! - depths.get(a)!)[0];
  const branch = (parent: string | undefined): readonly string[] =>
    beads
      .filter(bead => underOf(bead) === parent)
      .flatMap(bead => [...beadLines(bead, depths.get(bead.id)!), ...branch(bead.id)]);
  return branch(undefined);
};

/** Columns that one level stands further in. */
const INDENT_COLUMNS = 3;
/** Levels that are drawn: deeper ones stand under each other, or nothing would be left of the line. */
const LEVELS_MAX = 8;

/** How many beads come before each at least, one after the other. The ledger lets no plan run in a circle. */
const depthsOf = (beads: readonly BeadRow[], own: ReadonlyMap<string, BeadRow>): ReadonlyMap<string, number> => {
  const depths = new Map<string, number>();
  const depthOf = (bead: BeadRow): number => {
    const known = depths.get(bead.id);
    if (known !== undefined) return known;
    depths.set(bead.id, 0);
    const before = (bead.needs ?? []).flatMap(id => own.get(id) ?? []).map(depthOf);
    const depth = before.length === 0 ? 0 : Math.max(...before) + 1;
    depths.set(bead.id, depth);
    return depth;
  };
  for (const bead of beads) depthOf(bead);
  return depths;
};

const beadLines = (bead: BeadRow, depth: number): readonly string[] => {
  const indent = ' '.repeat(INDENT_COLUMNS * Math.min(depth, LEVELS_MAX));
  const facts = [
    ...known('needs', bead.needs?.join(', ')),
    ...known('touches', bead.touches?.join(', ')),
    ...known('done when', bead.acceptance?.trim()),
  ];
  return [
    `${indent}- ${bead.title}  (${bead.id}, P${bead.priority}, by ${bead.agent ?? "the repository's agent"})`,
    ...facts.flatMap(fact => fact.split('\n')).map(line => `${indent}    ${line}`),
  ];
};

const known = (label: string, value: string | undefined): readonly string[] => (value ? [`${label}: ${value}`] : []);
