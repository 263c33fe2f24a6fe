import { GastownError } from '../../../common/errors.ts';
import type { Bead } from '../../../ledger/schema.ts';
import { exactly } from '../../counts.ts';
import { findBead } from '../../ids.ts';
import { issueOf, type Links, linksOf } from '../../issue.ts';
import type { Call, Output, Verb } from '../../verb.ts';

/** Levels where no `--max-depth` is given, as in Beads. */
const DEFAULT_DEPTH = 50;
/** Nodes of one tree: with `--show-all-paths` a small graph has more paths than anybody can read. */
const NODES_MAX = 10_000;

export const depTreeVerb: Verb = {
  name: 'tree',
  summary: 'The tree of what an issue depends on',
  usage: '<id> [flags]',
  flags: [
    { name: 'direction', kind: 'text', help: 'down: what it waits for (default); up: what waits for it; both' },
    { name: 'reverse', kind: 'switch', help: 'As --direction=up' },
    { name: 'max-depth', short: 'd', kind: 'number', aliases: ['depth'], help: `Levels (default ${DEFAULT_DEPTH})` },
    { name: 'show-all-paths', kind: 'switch', help: 'Show an issue wherever it comes up' },
    { name: 'status', kind: 'text', help: 'Only issues of this status, and the way to them' },
    { name: 'type', short: 't', kind: 'text', help: 'Only dependencies of this type' },
    { name: 'format', kind: 'text', help: 'mermaid: a flowchart' },
  ],
  run(call) {
    const { args, data } = call;
    const [id] = exactly(call, 1, 'bd dep tree <id>');
    const root = findBead(data, id!);
    const direction = args.text('direction') ?? (args.on('reverse') ? 'up' : 'down');
    if (!DIRECTIONS.has(direction)) throw new GastownError('usage', "--direction must be 'down', 'up', or 'both'");
    const maxDepth = args.number('max-depth') ?? DEFAULT_DEPTH;
    if (maxDepth < 1) throw new GastownError('usage', '--max-depth must be >= 1');
    const links = linksOf(data);
    const grow = (way: 'down' | 'up') => withStatus(treeOf(call, root, { way, links, maxDepth }), args.text('status'));
    const trees = direction === 'both' ? [grow('up').slice(1), grow('down')] : [grow(direction as 'down' | 'up')];
    return outputOf(call, root, { direction, trees });
  },
};

const DIRECTIONS: ReadonlySet<string> = new Set(['down', 'up', 'both']);

interface Node {
  readonly id: string;
  /** Absent for what is not here. */
  readonly bead: Bead | undefined;
  readonly depth: number;
  readonly parent: string | undefined;
  /** It came up before, and what is below it is shown there. */
  readonly isAgain: boolean;
  readonly truncated: boolean;
}

/** In reading order: each node directly before what is below it. */
const treeOf = (
  { args, data }: Call,
  root: Bead,
  { way, links, maxDepth }: { way: 'down' | 'up'; links: Links; maxDepth: number },
): Node[] => {
  const type = args.text('type');
  const next = (id: string): string[] => {
    const edges =
      way === 'down'
        ? (data.beads.get(id)?.dependencies ?? []).map(edge => ({ id: edge.depends_on_id, type: edge.type }))
        : (links.dependents.get(id) ?? []).map(({ bead, edge }) => ({ id: bead.id, type: edge.type }));
    return edges.filter(edge => type === undefined || edge.type === type).map(edge => edge.id);
  };
  const nodes: Node[] = [];
  const seen = new Set<string>();
  const stack: { id: string; depth: number; path: readonly string[] }[] = [{ id: root.id, depth: 0, path: [] }];
  for (let top = stack.pop(); top && nodes.length < NODES_MAX; top = stack.pop()) {
    const { id, depth, path } = top;
    const isAgain = args.on('show-all-paths') ? path.includes(id) : seen.has(id);
    seen.add(id);
    const below = isAgain ? [] : next(id);
    const truncated = depth >= maxDepth && below.length > 0;
    nodes.push({ id, bead: data.beads.get(id), depth, parent: path.at(-1), isAgain, truncated });
    if (truncated) continue;
    for (const child of below.reverse()) stack.push({ id: child, depth: depth + 1, path: [...path, id] });
  }
  return nodes;
};

/** Those of the status, and what leads to them. */
const withStatus = (nodes: readonly Node[], status: string | undefined): Node[] => {
  if (status === undefined) return [...nodes];
  const kept = new Set<Node>();
  const way: Node[] = [];
  for (const node of nodes) {
    way.length = node.depth;
    way.push(node);
    if (node.bead?.status === status) for (const above of way) kept.add(above);
  }
  return nodes.filter(node => kept.has(node));
};

const outputOf = (
  { args }: Call,
  root: Bead,
  { direction, trees }: { direction: string; trees: readonly Node[][] },
): Output => {
  const nodes = trees.flat();
  if (args.text('format') === 'mermaid') return { text: mermaid(root, nodes) };
  if (args.has('format'))
    throw new GastownError('usage', `there is no format "${args.text('format')}"`, { hint: 'mermaid' });
  const heading = { down: 'Dependency tree for', up: 'Dependent tree for', both: 'Full dependency graph for' }[
    direction
  ];
  return {
    text: [`${heading} ${root.id}:`, '', ...nodes.map(rowOf)].join('\n'),
    json: nodes.map(({ id, bead, depth, parent, truncated }) => ({
      ...(bead ? issueOf(bead) : { id, title: id }),
      depth,
      parent_id: parent ?? '',
      truncated,
    })),
  };
};

const rowOf = ({ id, bead, depth, isAgain, truncated }: Node): string => {
  const indent = depth === 0 ? '' : `${'    '.repeat(depth - 1)}└── `;
  if (isAgain) return `${indent}${id} (shown above)`;
  const about = bead ? `: ${bead.title} [P${bead.priority}] (${bead.status})` : ' (external)';
  return `${indent}${id}${about}${truncated ? ' …' : ''}`;
};

const mermaid = (root: Bead, nodes: readonly Node[]): string => {
  if (nodes.length === 0) return `flowchart TD\n  ${root.id}["No dependencies"]`;
  const labels = new Map(nodes.map(({ id, bead }) => [id, bead ? `${id}: ${bead.title} (${bead.status})` : id]));
  return [
    'flowchart TD',
    ...[...labels].map(([id, label]) => `  ${id}["${label.replaceAll('"', '#quot;')}"]`),
    ...nodes.flatMap(({ id, parent }) => (parent === undefined ? [] : [`  ${parent} --> ${id}`])),
  ].join('\n');
};
