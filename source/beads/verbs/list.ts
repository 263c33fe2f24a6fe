import { GastownError } from '../../common/errors.ts';
import { openReadiness } from '../../ledger/ready.ts';
import type { Bead } from '../../ledger/schema.ts';
import { below, FILTER_FLAGS, filterOf, SEARCH_FLAGS, searchOf } from '../filters.ts';
import { findBead } from '../ids.ts';
import { issueWithCounts, linksOf, liveBeads, parentOf } from '../issue.ts';
import { beadRow, beadTree, LEGEND, safeBlock, shortTime } from '../rows.ts';
import { openStatuses } from '../settings.ts';
import type { Call, Verb } from '../verb.ts';

/** Rows where no `--limit` is given: what a person, or an agent's context, takes in at once. */
const DEFAULT_LIMIT = 50;

export const listVerb: Verb = {
  name: 'list',
  summary: 'List issues',
  usage: '[flags]',
  flags: [
    ...FILTER_FLAGS,
    ...SEARCH_FLAGS,
    { name: 'parent', kind: 'text', help: 'Only the children of this one' },
    { name: 'ready', kind: 'switch', help: 'Only what could be begun, as bd ready' },
    { name: 'limit', short: 'n', kind: 'number', help: `At most so many (default ${DEFAULT_LIMIT}, 0 for all)` },
    { name: 'offset', kind: 'number', help: 'Leave out the first ones' },
    { name: 'sort', kind: 'text', help: 'priority, created, updated, closed, status, id, title, type or assignee' },
    { name: 'reverse', short: 'r', kind: 'switch', help: 'The other way round' },
    { name: 'long', kind: 'switch', help: 'Several lines each' },
    { name: 'tree', kind: 'switch', help: 'Children below their parents (the default)' },
    { name: 'pretty', kind: 'switch', help: 'As --tree' },
    { name: 'flat', kind: 'switch', help: 'One below the other' },
    { name: 'format', kind: 'text', help: 'digraph or dot: who depends on whom' },
  ],
  run: call => {
    const { args, data } = call;
    noWords(call);
    const links = linksOf(data);
    const found = sorted(call, liveBeads(data).filter(testOf(call, links)));
    const { shown, note } = limited(call, found, DEFAULT_LIMIT);
    if (args.has('format')) return { text: graphOf(args.text('format')!, shown) };
    return {
      text: () => textOf(call, shown),
      json: () => shown.map(bead => issueWithCounts(bead, links)),
      ...(note && !args.on('json') && { stderr: note }),
    };
  },
};

const testOf = (call: Call, links: ReturnType<typeof linksOf>) => {
  const { args, data, now } = call;
  const tests = [filterOf(call), searchOf(call)];
  if (args.text('parent')) {
    const ids = below(links, findBead(data, args.text('parent')!).id, { deep: false });
    tests.push(bead => ids.has(bead.id));
  }
  if (args.on('ready')) {
    const readiness = openReadiness(data, now, { statuses: openStatuses(data) });
    tests.push(bead => readiness.isReady(bead));
  }
  return (bead: Bead) => tests.every(test => test(bead));
};

/** Refuses words where a verb takes none: `bd list open` would otherwise list everything. */
export const noWords = ({ args }: Call): void => {
  if (args.words.length > 0) {
    throw new GastownError('usage', `unexpected argument "${args.words[0]}"`, {
      hint: 'Filters are flags: --status open.',
    });
  }
};

/** The first ones, with a line that says so where there are more. */
export const limited = (
  { args }: Call,
  beads: readonly Bead[],
  defaultLimit: number,
): { shown: readonly Bead[]; note?: string } => {
  const limit = args.number('limit') ?? defaultLimit;
  const offset = args.number('offset') ?? 0;
  if (limit < 0 || offset < 0) throw new GastownError('usage', '--limit and --offset are not negative');
  const rest = beads.slice(offset);
  if (limit === 0 || rest.length <= limit) return { shown: rest };
  return { shown: rest.slice(0, limit), note: `Showing ${limit} of ${rest.length} issues (use --limit 0 for all)` };
};

type Order = (a: Bead, b: Bead) => number;
const by =
  (of: (bead: Bead) => string): Order =>
  (a, b) =>
    of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0;
const newestFirst =
  (of: (bead: Bead) => string): Order =>
  (a, b) =>
    -by(of)(a, b);

const ORDERS: Readonly<Record<string, Order>> = {
  priority: (a, b) => a.priority - b.priority,
  created: newestFirst(bead => bead.created_at),
  updated: newestFirst(bead => bead.updated_at),
  closed: newestFirst(bead => bead.closed_at ?? ''),
  status: by(bead => bead.status),
  id: (a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }),
  title: by(bead => bead.title.toLowerCase()),
  type: by(bead => bead.issue_type),
  assignee: by(bead => bead.assignee ?? ''),
};

export const sorted = ({ args }: Call, beads: Bead[]): Bead[] => {
  const given = args.text('sort') ?? 'priority';
  const order = Object.hasOwn(ORDERS, given) ? ORDERS[given] : undefined;
  if (!order) {
    throw new GastownError('usage', `invalid sort field "${given}"`, {
      hint: `It is one of ${Object.keys(ORDERS).join(', ')}.`,
    });
  }
  const result = beads.sort((a, b) => order(a, b) || ORDERS.created!(a, b) || by(bead => bead.id)(a, b));
  return args.on('reverse') ? result.reverse() : result;
};

const textOf = ({ args }: Call, beads: readonly Bead[]): string => {
  if (beads.length === 0) return 'No issues found.';
  if (args.on('long')) return beads.map(longRow).join('\n\n');
  const isFlat = args.on('flat') || (args.has('tree') && !args.on('tree'));
  const rows = isFlat ? beads.map(beadRow) : beadTree(beads, parentOf);
  return [...rows, '', totals(beads), LEGEND].join('\n');
};

const longRow = (bead: Bead): string =>
  [
    beadRow(bead),
    `  Status: ${bead.status}   Created: ${shortTime(bead.created_at)}   Updated: ${shortTime(bead.updated_at)}`,
    ...(bead.dependencies?.length
      ? [`  Depends on: ${bead.dependencies.map(edge => `${edge.depends_on_id} (${edge.type})`).join(', ')}`]
      : []),
    ...(bead.description ? [safeBlock(bead.description)] : []),
  ].join('\n');

const totals = (beads: readonly Bead[]): string => {
  const counts = new Map<string, number>();
  for (const { status } of beads) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${count} ${status.replaceAll('_', ' ')}`);
  return `Total: ${beads.length} ${beads.length === 1 ? 'issue' : 'issues'} (${parts.join(', ')})`;
};

/** Edges for other tools: a bead, what it depends on. */
const graphOf = (format: string, beads: readonly Bead[]): string => {
  const edges = beads.flatMap(bead => (bead.dependencies ?? []).map(edge => [bead.id, edge.depends_on_id, edge.type]));
  if (format === 'digraph') return edges.map(([from, to]) => `${from} ${to}`).join('\n');
  if (format === 'dot') {
    const label = (text: string) => JSON.stringify(text);
    const nodes = beads.map(bead => `  ${label(bead.id)} [label=${label(`${bead.id}\n${bead.title}`)}];`);
    const lines = edges.map(([from, to, type]) => `  ${label(from!)} -> ${label(to!)} [label=${label(type!)}];`);
    return ['digraph issues {', ...nodes, ...lines, '}'].join('\n');
  }
  throw new GastownError('usage', `invalid format "${format}"`, {
    hint: 'It is digraph or dot; --json gives everything.',
  });
};
