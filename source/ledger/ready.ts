import type { Bead, Dependency, LedgerData } from './schema.ts';
import { customStatuses, type WithConfig } from './vocabulary.ts';

/** The only part of the ledger that readiness depends on: the beads, and the town's own statuses where there are some. */
type Beads = Pick<LedgerData, 'beads'> & WithConfig;

/** How ready work is ordered. `hybrid`, Beads' default: what is younger than two days by priority, then the rest oldest first. */
export type ReadySort = 'hybrid' | 'priority' | 'oldest';

/** Answers about one moment of the ledger; what was found out for one bead is used for the next. */
export interface Readiness {
  /**
   * True when work on the bead could begin or go on: open, in progress or of an active status of the town's own, not pinned,
   * ephemeral or deferred, not of a type that is no work, and nothing blocks it (field/gas-town.md §2.3).
   */
  isReady(bead: Bead): boolean;
  /**
   * Ids that keep the bead from being ready: unfinished targets of its own blocking dependencies, and a parent that is
   * itself blocked or deferred. In the order of its dependencies, each once; empty when nothing does. A dependency on a
   * bead that does not exist blocks nothing.
   */
  blockedBy(bead: Bead): string[];
}

/** For questions about many beads: all answers together cost one walk over the graph. `now` is ms since the epoch; without it `defer_until` does not count. */
export const openReadiness = (data: Beads, now?: number, options: { statuses?: readonly string[] } = {}): Readiness => {
  const graph = graphOf(data, now);
  let held: ReadonlySet<string> | undefined;
  const isHeld = (id: string): boolean => {
    held ??= heldBack(graph);
    return held.has(id);
  };
  const statuses = new Set(options.statuses ?? workStatuses(data));
  return {
    isReady: bead => isCandidate(bead, { now, statuses }) && !isHeld(bead.id),
    blockedBy: bead => blockersOf(graph, bead, isHeld),
  };
};

/** As `Readiness.isReady`, for one bead. */
export const isReady = (data: Beads, bead: Bead, now: number): boolean =>
  isCandidate(bead, { now, statuses: new Set(workStatuses(data)) }) && !isHeldBack(graphOf(data, now), bead);

/** All ready beads in order; `statuses` in place of the usual ones. */
export const readyBeads = (
  data: Beads,
  now: number,
  options: { sort?: ReadySort; statuses?: readonly string[] } = {},
): Bead[] => {
  const { isReady: ready } = openReadiness(data, now, options);
  return [...data.beads.values()].filter(ready).sort(ORDERS[options.sort ?? 'hybrid'](now));
};

/** As `Readiness.blockedBy`, for one bead. */
export const blockedBy = (data: Beads, bead: Bead): string[] => {
  const graph = graphOf(data);
  return blockersOf(graph, bead, id => isHeldBack(graph, graph.beads.get(id)!));
};

/** True for what is kept as an issue and never worked on, such as a message: it is never dispatched. */
export const isNoWork = ({ id, issue_type }: Pick<Bead, 'id' | 'issue_type'>): boolean =>
  NOT_WORK.has(issue_type) || NOT_WORK_ID.test(id);

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

/** One moment's view of the dependency graph, with what was found out on the way. */
interface Graph {
  readonly beads: LedgerData['beads'];
  /** Wall clock for `defer_until`; absent where only the graph itself is asked about. */
  readonly now: number | undefined;
  /** Built when first asked for. */
  children?: Map<string, Bead[]>;
  /** `<project>:<capability>`, built when the first external dependency needs it. */
  provided?: Map<string, Bead[]>;
}

const graphOf = ({ beads }: Beads, now?: number): Graph => ({ beads, now });

const workStatuses = (data: Beads): string[] => [
  'open',
  'in_progress',
  ...customStatuses(data).flatMap(({ name, category }) => (category === 'active' ? [name] : [])),
];

const isCandidate = (bead: Bead, { now, statuses }: { now: number | undefined; statuses: ReadonlySet<string> }) =>
  statuses.has(bead.status) && !bead.pinned && !bead.ephemeral && !isDeferred(bead, now) && !isNoWork(bead);

/** Every bead that something keeps from being ready: its own dependencies, or those of a parent, at any depth and in circles. */
const heldBack = (graph: Graph): ReadonlySet<string> => {
  const held = new Set<string>();
  const queue: Bead[] = [];
  for (const bead of graph.beads.values()) {
    const isHeld = isHeldByOwn(graph, bead);
    if (isHeld) held.add(bead.id);
    if (isHeld || isStopped(graph, bead)) queue.push(bead);
  }
  for (let top = queue.pop(); top; top = queue.pop()) {
    if (isOver(top)) continue;
    for (const child of childrenOf(graph, top.id)) {
      if (held.has(child.id)) continue;
      held.add(child.id);
      queue.push(child);
    }
  }
  return held;
};

/** The same for one bead, upwards. */
const isHeldBack = (graph: Graph, bead: Bead): boolean => {
  if (isHeldByOwn(graph, bead)) return true;
  const seen = new Set<Bead>();
  const queue = openParents(graph, bead);
  for (let parent = queue.pop(); parent; parent = queue.pop()) {
    if (seen.has(parent)) continue;
    seen.add(parent);
    if (isStopped(graph, parent) || isHeldByOwn(graph, parent)) return true;
    queue.push(...openParents(graph, parent));
  }
  return false;
};

const isHeldByOwn = (graph: Graph, bead: Bead): boolean => (bead.dependencies ?? []).some(edge => blocks(graph, edge));

/** By its own state it keeps its children back. */
const isStopped = ({ now }: Graph, bead: Bead): boolean => bead.status === 'blocked' || isDeferred(bead, now);

const blockersOf = (graph: Graph, bead: Bead, isHeld: (id: string) => boolean): string[] => {
  const blocking = (bead.dependencies ?? []).filter(edge => {
    if (edge.type !== 'parent-child') return blocks(graph, edge);
    const parent = graph.beads.get(edge.depends_on_id);
    return parent !== undefined && !isOver(parent) && (isStopped(graph, parent) || isHeld(parent.id));
  });
  return [...new Set(blocking.map(edge => edge.depends_on_id))];
};

const openParents = ({ beads }: Graph, bead: Bead): Bead[] =>
  (bead.dependencies ?? []).flatMap(edge => {
    const parent = edge.type === 'parent-child' ? beads.get(edge.depends_on_id) : undefined;
    return parent && !isOver(parent) ? [parent] : [];
  });

/** By itself: what comes down from a parent is not its own. */
const blocks = (graph: Graph, edge: Dependency): boolean => {
  if (edge.depends_on_id.startsWith(EXTERNAL)) return isBlocking(edge) && !isProvided(graph, edge.depends_on_id);
  const target = graph.beads.get(edge.depends_on_id);
  if (!target) return false;
  switch (edge.type) {
    case 'blocks':
      return !isSettled(target);
    case 'conditional-blocks':
      return target.status === 'closed' ? !isFailureClose(target.close_reason) : !isSettled(target);
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
const isProvided = (graph: Graph, target: string): boolean => {
  const [, project = '', ...capability] = target.split(':');
  graph.provided ??= providersOf(graph.beads);
  return (graph.provided.get(capability.join(':')) ?? []).some(
    bead => bead.town.rig === project || bead.id.startsWith(`${project}-`),
  );
};

const PROVIDES = 'provides:';

const providersOf = (beads: LedgerData['beads']): Map<string, Bead[]> => {
  const providers = new Map<string, Bead[]>();
  for (const bead of beads.values()) {
    if (bead.status !== 'closed') continue;
    for (const label of bead.labels ?? [])
      if (label.startsWith(PROVIDES)) push(providers, label.slice(PROVIDES.length), bead);
  }
  return providers;
};

const push = (map: Map<string, Bead[]>, key: string, bead: Bead): void => {
  const known = map.get(key);
  if (known) known.push(bead);
  else map.set(key, [bead]);
};

/** Waits for the children of a bead that makes more work as it goes: for all of them and itself, or for any one. */
const isSpawnDone = (graph: Graph, edge: Dependency, spawner: Bead): boolean => {
  const children = childrenOf(graph, spawner.id);
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

const childrenOf = (graph: Graph, id: string): readonly Bead[] => {
  graph.children ??= childrenByParent(graph.beads);
  return graph.children.get(id) ?? [];
};

const childrenByParent = (beads: LedgerData['beads']): Map<string, Bead[]> => {
  const children = new Map<string, Bead[]>();
  for (const bead of beads.values()) {
    for (const edge of bead.dependencies ?? [])
      if (edge.type === 'parent-child') push(children, edge.depends_on_id, bead);
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
