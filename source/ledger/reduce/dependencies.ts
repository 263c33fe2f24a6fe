import { isSame } from '../diff.ts';
import { type Bead, BLOCKING_DEPENDENCIES, type Dependency } from '../schema.ts';
import { liveBead, updateBead } from './bead-records.ts';
import { conflict, invalid, type Reducers, type Transaction } from './transaction.ts';

/** A capability of another project, which is no bead here. */
const EXTERNAL = 'external:';
/** Dependencies of one bead: past this a plan is no longer one that a person can follow. */
const DEPENDENCIES_MAX = 1_000;

export const dependencyReducers: Reducers<'dep.add' | 'dep.remove' | 'dep.relate'> = {
  'dep.add': (tx, { dependency, more = [] }) => {
    for (const one of [dependency, ...more]) addDependency(tx, one);
  },

  'dep.remove': (tx, { issue_id, depends_on_id }) => {
    const bead = liveBead(tx, issue_id);
    const left = (bead.dependencies ?? []).filter(edge => edge.depends_on_id !== depends_on_id);
    if (left.length === bead.dependencies?.length || !bead.dependencies) {
      throw conflict(`${issue_id} does not depend on ${depends_on_id}.`);
    }
    updateBead(tx, issue_id, { dependencies: left.length > 0 ? left : undefined });
  },

  'dep.relate': (tx, { ids: [a, b], type, remove }) => {
    const ways = [
      { issue_id: a, depends_on_id: b },
      { issue_id: b, depends_on_id: a },
    ];
    for (const { issue_id, depends_on_id } of ways) {
      const isThere = hasEdge(liveBead(tx, issue_id), depends_on_id, type);
      if (remove && isThere) dependencyReducers['dep.remove'](tx, { issue_id, depends_on_id });
      else if (!remove && !isThere) addDependency(tx, { issue_id, depends_on_id, type });
    }
    if (remove && tx.size === 0) throw conflict(`${a} and ${b} are not related.`);
  },
};

/** One dependency, checked against what the transaction has made so far. */
export const addDependency = (tx: Transaction, dependency: Dependency): void => {
  const { issue_id, depends_on_id, type } = dependency;
  if (issue_id === depends_on_id) throw invalid(`${issue_id} cannot depend on itself.`);
  const bead = liveBead(tx, issue_id);
  if (!depends_on_id.startsWith(EXTERNAL)) liveBead(tx, depends_on_id);
  const dependencies = bead.dependencies ?? [];
  const known = dependencies.find(edge => edge.depends_on_id === depends_on_id);
  if (known?.type === type) {
    const { metadata = known.metadata, thread_id = known.thread_id } = dependency;
    if (isSame(metadata, known.metadata) && thread_id === known.thread_id) return;
    const changed = { ...known, metadata, ...(thread_id !== undefined && { thread_id }) };
    updateBead(tx, issue_id, { dependencies: dependencies.map(edge => (edge === known ? changed : edge)) });
    return;
  }
  if (known) {
    throw conflict(`${issue_id} already depends on ${depends_on_id} (${known.type}).`, 'Remove that dependency first.');
  }
  if (dependencies.length >= DEPENDENCIES_MAX)
    throw invalid(`${issue_id} has ${DEPENDENCIES_MAX} dependencies, the most a bead has.`);
  assertNoCircle(tx, dependency);
  const edge: Dependency = { created_at: tx.now, created_by: tx.by, ...dependency };
  updateBead(tx, issue_id, { dependencies: [...dependencies, edge] });
};

const hasEdge = (bead: Bead, to: string, type: string): boolean =>
  (bead.dependencies ?? []).some(edge => edge.depends_on_id === to && edge.type === type);

/** Refuses a blocking dependency that would lead back to its own bead. */
export const assertNoCircle = (tx: Transaction, { issue_id, depends_on_id, type }: Dependency): void => {
  const circle = isBlocking(type) ? pathBetween(tx, depends_on_id, issue_id) : undefined;
  if (!circle) return;
  throw invalid(
    `That would be a circle: ${[issue_id, ...circle].join(' → ')}.`,
    'Remove one of these dependencies first.',
  );
};

const isBlocking = (type: string): boolean => (BLOCKING_DEPENDENCIES as readonly string[]).includes(type);

/** The beads from `from` to `to` along blocking dependencies, both included; undefined when no way leads there. */
const pathBetween = (tx: Transaction, from: string, to: string): string[] | undefined => {
  const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
  const queue = [from];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (id === to) return trail(cameFrom, to);
    for (const edge of tx.find('beads', id)?.dependencies ?? []) {
      if (!isBlocking(edge.type) || cameFrom.has(edge.depends_on_id)) continue;
      cameFrom.set(edge.depends_on_id, id);
      queue.push(edge.depends_on_id);
    }
  }
  return undefined;
};

const trail = (cameFrom: ReadonlyMap<string, string | undefined>, end: string): string[] => {
  const path: string[] = [];
  for (let id: string | undefined = end; id !== undefined; id = cameFrom.get(id)) path.unshift(id);
  return path;
};
