import { type PlanNode, type PlanText, plainText, startOf } from './text.ts';

/** The nodes of a section by the text they belong to, in pieces that each stand in one place of the file. */
export type Parts = { readonly [K in PartName]: readonly (readonly PlanNode[])[] };
/** `main` is the description of a bead, or the goal of a plan. */
type PartName = 'main' | 'design' | 'acceptance';

/** Such a part ends with the next `###`: another part, or more of the description. */
export const splitTexts = (nodes: readonly PlanNode[]): Parts => {
  const parts: { [K in PartName]: PlanNode[][] } = { main: [[]], design: [], acceptance: [] };
  let into: PartName = 'main';
  for (const node of nodes) {
    const part = partOf(node);
    if (part || (into !== 'main' && isSubheading(node))) {
      into = part ?? 'main';
      parts[into].push([]);
    }
    if (!part) parts[into].at(-1)!.push(node);
  }
  return parts;
};

/** The pieces as they stand in the file, with an empty line between them. */
export const textOf = (text: PlanText, pieces: readonly (readonly PlanNode[])[]): string =>
  pieces
    .filter(piece => piece.length > 0)
    .map(piece => text.text.slice(startOf(text, piece[0]!), piece.at(-1)!.position!.end.offset!).trimEnd())
    .join('\n\n');

/** Which part a node begins, by its heading: `### Design`, `### Accepted when`, `### Acceptance criteria`. */
export const partOf = (node: PlanNode): Exclude<PartName, 'main'> | undefined => {
  if (!isSubheading(node)) return undefined;
  const words = plainText(node).trim().replace(/:$/, '').toLowerCase();
  if (words === 'design') return 'design';
  return /^accept(ed when|ance( criteria)?)$/.test(words) ? 'acceptance' : undefined;
};

const isSubheading = (node: PlanNode): boolean => node.type === 'heading' && node.depth === 3;
