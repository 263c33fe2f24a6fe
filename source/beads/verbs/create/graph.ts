import { z } from 'zod';
import { GastownError } from '../../../common/errors.ts';
import type { CommandInput } from '../../../ledger/commands.ts';
import { BLOCKING_DEPENDENCIES } from '../../../ledger/schema.ts';
import { findBead } from '../../ids.ts';
import { parsePriority, parseType } from '../../values.ts';
import type { Call, Output } from '../../verb.ts';

/** Beads of one plan: past this it is an import. */
const NODES_MAX = 1_000;

const priority = z.union([z.number(), z.string()]).transform(String);
/** Strict: Beads drops what it does not know here without a word, and whole hierarchies were lost by it (BD#3367, BD#4362). */
const nodeSchema = z.strictObject({
  key: z.string().min(1).max(200),
  title: z.string().min(1),
  type: z.string().optional(),
  issue_type: z.string().optional(),
  description: z.string().optional(),
  design: z.string().optional(),
  acceptance_criteria: z.string().optional(),
  notes: z.string().optional(),
  assignee: z.string().optional(),
  priority: priority.optional(),
  labels: z.array(z.string()).optional(),
  metadata: z.record(z.string(), z.json()).optional(),
  parent_key: z.string().optional(),
  parent_id: z.string().optional(),
});
const edgeSchema = z.strictObject({
  from_key: z.string().optional(),
  from_id: z.string().optional(),
  to_key: z.string().optional(),
  to_id: z.string().optional(),
  type: z.string().min(1).max(50).default('blocks'),
});
const planSchema = z.strictObject({
  commit_message: z.string().optional(),
  nodes: z.array(nodeSchema).min(1).max(NODES_MAX),
  edges: z.array(edgeSchema).default([]),
});
type Node = z.output<typeof nodeSchema>;
type Edge = z.output<typeof edgeSchema>;

/**
 * `create --graph`: a plan in JSON, `nodes` with a key each and `edges` by which one node (`from`) depends on another
 * (`to`), or on an issue that is there. The plan is checked as a whole before the first bead is made.
 */
export const createFromGraph = async (call: Call, more: { rig?: string }): Promise<Output> => {
  const { args, data } = call;
  const { nodes, edges } = readPlan(call, args.text('graph')!);
  const drafts = new Map(nodes.map(node => [node.key, { ...draftOf(call, node), ...more }]));
  const ends = edges.map(edge => ({
    type: edge.type,
    from: endOf(call, drafts, { key: edge.from_key, id: edge.from_id, name: 'from' }),
    to: endOf(call, drafts, { key: edge.to_key, id: edge.to_id, name: 'to' }),
  }));
  const order = inOrder(nodes, edges);
  if (args.on('dry-run')) {
    const rows = order.map(({ key, title }) => `  ${key}: ${title}`);
    return { text: [`[DRY RUN] Would create ${nodes.length} issues:`, ...rows].join('\n'), json: { ids: {}, nodes } };
  }
  const ids = new Map<string, string>();
  const idOf = (end: End): string => ('id' in end ? end.id : ids.get(end.key)!);
  for (const node of order) {
    const parent = node.parent_key !== undefined ? ids.get(node.parent_key) : node.parent_id;
    const payload = { ...drafts.get(node.key)!, ...(parent && { parent: findBead(data, parent).id }) };
    const { written } = await call.execute({ type: 'bead.create', payload });
    ids.set(node.key, written[0]!.id);
  }
  for (const { from, to, type } of ends) {
    const dependency = { issue_id: idOf(from), depends_on_id: idOf(to), type };
    await call.execute({ type: 'dep.add', payload: { dependency } });
  }
  const rows = nodes.map(({ key }) => `  ${key} -> ${ids.get(key)}`);
  return {
    text: [`Created ${nodes.length} issues`, ...rows].join('\n'),
    json: { schema_version: 1, ids: Object.fromEntries(ids) },
  };
};

const wrong = (message: string): GastownError => new GastownError('usage', `invalid graph plan: ${message}`);

const readPlan = (call: Call, file: string): z.output<typeof planSchema> => {
  let value: unknown;
  try {
    value = JSON.parse(file === '-' ? call.stdin() : call.file(file));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw wrong(error.message);
  }
  const parsed = planSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrong(`${issue!.path.join('.') || 'plan'}: ${issue!.message}`);
  }
  const keys = parsed.data.nodes.map(node => node.key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw wrong(`the key "${twice}" is there twice`);
  const orphan = parsed.data.nodes.find(node => node.parent_key !== undefined && !keys.includes(node.parent_key));
  if (orphan) throw wrong(`${orphan.key}: there is no node "${orphan.parent_key}"`);
  const pairs = [
    ...parsed.data.nodes.map(node => `${node.key} → ${node.parent_key ?? node.parent_id ?? ''}`),
    ...parsed.data.edges.map(edge => `${edge.from_key ?? edge.from_id} → ${edge.to_key ?? edge.to_id}`),
  ];
  const tied = pairs.find((pair, index) => pairs.indexOf(pair) !== index);
  if (tied !== undefined) throw wrong(`${tied} is there twice: two issues are tied in one way only`);
  return parsed.data;
};

const draftOf = ({ data }: Call, node: Node): CommandInput<'bead.create'> => {
  const { key: _key, type, issue_type, priority: given, parent_key: _parent, parent_id, ...fields } = node;
  if (parent_id !== undefined) findBead(data, parent_id);
  const known = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return {
    ...(known as { title: string }),
    issue_type: parseType(data, issue_type ?? type ?? 'task'),
    priority: parsePriority(given ?? '2'),
  };
};

type End = { readonly key: string } | { readonly id: string };

const endOf = (
  { data }: Call,
  nodes: ReadonlyMap<string, unknown>,
  { key, id, name }: { key: string | undefined; id: string | undefined; name: string },
): End => {
  if ((key === undefined) === (id === undefined)) throw wrong(`an edge wants ${name}_key or ${name}_id`);
  if (id !== undefined) return { id: findBead(data, id).id };
  if (!nodes.has(key!)) throw wrong(`there is no node "${key}"`);
  return { key: key! };
};

/** Parents before their children; refuses what waits for itself in the end. */
const inOrder = (nodes: readonly Node[], edges: readonly Edge[]): Node[] => {
  const hard = new Set<string>(BLOCKING_DEPENDENCIES);
  const needs = new Map(nodes.map(node => [node.key, node.parent_key === undefined ? [] : [node.parent_key]]));
  for (const { from_key, to_key, type } of edges) {
    if (from_key !== undefined && to_key !== undefined && hard.has(type)) needs.get(from_key)?.push(to_key);
  }
  const placed = new Set<string>();
  const order: Node[] = [];
  while (order.length < nodes.length) {
    const next = nodes.filter(node => !placed.has(node.key) && needs.get(node.key)!.every(key => placed.has(key)));
    if (next.length === 0) {
      throw wrong(
        `these wait for each other: ${nodes
          .filter(node => !placed.has(node.key))
          .map(node => node.key)
          .join(', ')}`,
      );
    }
    for (const node of next) placed.add(node.key);
    order.push(...next);
  }
  return order;
};
