import type { Bead, Dependency, LedgerData } from './schema.ts';

/** The only part of the ledger that readiness depends on. */
type Beads = Pick<LedgerData, 'beads'>;

/** How ready work is ordered. `hybrid`, Beads' default: what is younger than two days by priority, then the rest oldest first. */
export type ReadySort = 'hybrid' | 'priority' | 'oldest';

/**
 * True when work on the bead could begin or go on: open or in progress, not pinned, ephemeral or deferred, not of a type
 * that is no work, and nothing blocks it (field/gas-town.md §2.3). `now` is ms since the epoch.
 */
export const isReady = (data: Beads, bead: Bead, now: number): boolean =>
  isCandidate(bead, now) && !isHeldBack(graphOf(data, now), bead);

/** All ready beads in order. */
export const readyBeads = (data: Beads, now: number, options: { sort?: ReadySort } = {}): Bead[] => {
  const graph = graphOf(data, now);
  const ready = [...data.beads.values()].filter(bead => isCandidate(bead, now) && !isHeldBack(graph, bead));
  return ready.sort(ORDERS[options.sort ?? 'hybrid'](now));
};

/**
 * Ids that keep the bead from being ready: unfinished targets of its own blocking dependencies, and a parent that is
 * itself blocked or deferred. In the order of its dependencies, each once; empty when nothing does. A dependency on a
 * bead that does not exist blocks nothing.
 */
export const blockedBy = (data: Beads, bead: Bead): string[] => {
  const graph = graphOf(data);
  isHeldBack(graph, bead);
  return [...new Set((bead.dependencies ?? []).filter(edge => blocks(graph, edge)).map(edge => edge.depends_on_id))];
};

/** True for the words in a close reason that mean "it did not work out": they are what a conditional dependency waits for. */
export const isFailureClose = (reason: string | undefined): boolean => {
  const text = reason?.toLowerCase() ?? '';
  return FAILURE_WORDS.some(word => text.includes(word));
};

const FAILURE_WORDS = [
  'failed',
  'rejected',
  'wontfix',
  "won't fix",
  'canceled',
  'cancelled',
  'abandoned',
  'blocked',
  'error',
  'timeout',
  'aborted',
];

/** Records that Beads keeps as issues and that nobody works on. */
const NOT_WORK = new Set(['merge-request', 'gate', 'molecule', 'message', 'agent', 'role', 'rig']);
const NOT_WORK_ID = /-(mol|wisp)-/;
const EXTERNAL = 'external:';
/** Younger beads go by priority in the hybrid order: fresh plans first, nothing old starves. */
const FRESH_MS = 48 * 3_600_000;

/** One question's view of the dependency graph, with what was found out on the way. */
interface Graph {
  readonly beads: LedgerData['beads'];
  /** Wall clock for `defer_until`; absent where only the graph itself is asked about. */
  readonly now: number | undefined;
  /** Settled answers by bead. */
  readonly heldBack: Map<string, boolean>;
  /** Built when the first `waits-for` needs it. */
  children?: Map<string, Bead[]>;
}

const graphOf = ({ beads }: Beads, now?: number): Graph => ({ beads, now, heldBack: new Map() });

const isCandidate = (bead: Bead, now: number): boolean =>
  (bead.status === 'open' || bead.status === 'in_progress') &&
  !bead.pinned &&
  !bead.ephemeral &&
  !isDeferred(bead, now) &&
  !NOT_WORK.has(bead.issue_type) &&
  !NOT_WORK_ID.test(bead.id);

/** Walks up the parents without recursion: their depth is what an agent makes it. */
const isHeldBack = (graph: Graph, bead: Bead): boolean => {
  const { heldBack } = graph;
  const asked = new Set<Bead>();
  const path = [bead];
  for (let top = path.at(-1); top; top = path.at(-1)) {
    asked.add(top);
    const parents = heldBack.has(top.id) ? [] : openParents(graph, top);
    const next = parents.find(parent => !heldBack.has(parent.id) && !asked.has(parent));
    if (next) {
      path.push(next);
      continue;
    }
    if (!heldBack.has(top.id))
      heldBack.set(
        top.id,
        (top.dependencies ?? []).some(edge => blocks(graph, edge)),
      );
    path.pop();
  }
  return heldBack.get(bead.id)!;
};

const openParents = ({ beads }: Graph, bead: Bead): Bead[] =>
  (bead.dependencies ?? []).flatMap(edge => {
    const parent = edge.type === 'parent-child' ? beads.get(edge.depends_on_id) : undefined;
    return parent && !isOver(parent) ? [parent] : [];
  });

/** For a parent, `graph.heldBack` must hold the answer already, unless it is its own ancestor: a circle of parents blocks nobody. */
const blocks = (graph: Graph, edge: Dependency): boolean => {
  if (edge.depends_on_id.startsWith(EXTERNAL)) return isBlocking(edge) && !isProvided(graph, edge.depends_on_id);
  const target = graph.beads.get(edge.depends_on_id);
  if (!target) return false;
  switch (edge.type) {
    case 'blocks':
      return !isSettled(target);
    case 'conditional-blocks':
      return target.status !== 'tombstone' && !(target.status === 'closed' && isFailureClose(target.close_reason));
    case 'parent-child':
      return (
        !isOver(target) &&
        (target.status === 'blocked' || isDeferred(target, graph.now) || graph.heldBack.get(target.id) === true)
      );
    case 'waits-for':
      return !isSpawnDone(graph, edge, target);
    default:
      return false;
  }
};

const isBlocking = (edge: Dependency): boolean =>
  edge.type === 'blocks' || edge.type === 'conditional-blocks' || edge.type === 'waits-for';

const isOver = (bead: Bead): boolean => bead.status === 'closed' || bead.status === 'tombstone';
const isSettled = (bead: Bead): boolean => isOver(bead) || bead.status === 'pinned' || bead.pinned === true;

const isDeferred = (bead: Bead, now: number | undefined): boolean =>
  bead.status === 'deferred' ||
  (now !== undefined && bead.defer_until !== undefined && Date.parse(bead.defer_until) > now);

/** `external:<project>:<capability>`: some closed bead of that project says that it provides it. */
const isProvided = ({ beads }: Graph, target: string): boolean => {
  const [, project = '', capability = ''] = target.split(':');
  for (const bead of beads.values()) {
    if (bead.status !== 'closed' || !bead.labels?.includes(`provides:${capability}`)) continue;
    if (bead.town.rig === project || bead.id.startsWith(`${project}-`)) return true;
  }
  return false;
};

/** Waits for the children of a bead that makes more work as it goes: for all of them and itself, or for any one. */
const isSpawnDone = (graph: Graph, edge: Dependency, spawner: Bead): boolean => {
  graph.children ??= childrenOf(graph.beads);
  const children = graph.children.get(spawner.id) ?? [];
  if (gateOf(edge) === 'any-children') return children.some(isOver) || (children.length === 0 && isOver(spawner));
  return children.length === 0 ? isOver(spawner) : children.every(isOver);
};

const gateOf = (edge: Dependency): unknown => {
  const { metadata } = edge;
  if (typeof metadata === 'object' && metadata !== null) return (metadata as { gate?: unknown }).gate;
  if (typeof metadata !== 'string') return undefined;
  try {
    return (JSON.parse(metadata) as { gate?: unknown } | null)?.gate;
  } catch {
    // Foreign text in an imported record: Beads' default gate applies.
    return undefined;
  }
};

const childrenOf = (beads: LedgerData['beads']): Map<string, Bead[]> => {
  const children = new Map<string, Bead[]>();
  for (const bead of beads.values()) {
    for (const edge of bead.dependencies ?? []) {
      if (edge.type !== 'parent-child') continue;
      const known = children.get(edge.depends_on_id);
      if (known) known.push(bead);
      else children.set(edge.depends_on_id, [bead]);
    }
  }
  return children;
};

type Order = (a: Bead, b: Bead) => number;

const byAge: Order = (a, b) => compare(a.created_at, b.created_at) || compare(a.id, b.id);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const ORDERS: Record<ReadySort, (now: number) => Order> = {
  oldest: () => byAge,
  priority: () => (a, b) => a.priority - b.priority || compare(b.created_at, a.created_at) || compare(a.id, b.id),
  hybrid: now => {
    // The times are compared as text: parsing each one in each comparison costs most of a sort of 10,000.
    const freshSince = new Date(now - FRESH_MS).toISOString();
    return (a, b) => {
      const fresh = a.created_at >= freshSince;
      if (fresh !== b.created_at >= freshSince) return fresh ? -1 : 1;
      return (fresh ? a.priority - b.priority : 0) || byAge(a, b);
    };
  },
};
