import { BLOCKING_DEPENDENCIES, type LedgerData } from './schema.ts';

/**
 * Circles of blocking dependencies, one for each group of beads that hold each other up: ids in the order of the
 * dependencies, the smallest first. They can come in with an import only.
 */
export const findCycles = (data: Pick<LedgerData, 'beads'>): string[][] =>
  tangledGroups(data)
    .map(group => shortestCircle(data, group))
    .sort((a, b) => (a[0]! < b[0]! ? -1 : 1));

const BLOCKING: ReadonlySet<string> = new Set(BLOCKING_DEPENDENCIES);

const targetsOf = ({ beads }: Pick<LedgerData, 'beads'>, id: string): string[] =>
  (beads.get(id)?.dependencies ?? []).flatMap(({ depends_on_id, type }) =>
    BLOCKING.has(type) && beads.has(depends_on_id) ? [depends_on_id] : [],
  );

/** Strongly connected components of more than one bead, without recursion: depth is what an import makes it. */
const tangledGroups = (data: Pick<LedgerData, 'beads'>): string[][] => {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const groups: string[][] = [];
  for (const root of data.beads.keys()) {
    if (order.has(root)) continue;
    const path = [{ id: root, targets: targetsOf(data, root), next: 0 }];
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const { id } = top;
      if (!order.has(id)) {
        order.set(id, order.size);
        low.set(id, order.get(id)!);
        open.push(id);
        isOpen.add(id);
      }
      const target = top.targets[top.next++];
      if (target !== undefined) {
        if (!order.has(target)) path.push({ id: target, targets: targetsOf(data, target), next: 0 });
        else if (isOpen.has(target)) low.set(id, Math.min(low.get(id)!, order.get(target)!));
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above) low.set(above.id, Math.min(low.get(above.id)!, low.get(id)!));
      if (low.get(id) !== order.get(id)) continue;
      const group = open.splice(open.indexOf(id));
      for (const member of group) isOpen.delete(member);
      if (group.length > 1 || targetsOf(data, id).includes(id)) groups.push(group);
    }
  }
  return groups;
};

const shortestCircle = (data: Pick<LedgerData, 'beads'>, group: readonly string[]): string[] => {
  const members = new Set(group);
  const start = [...group].sort()[0]!;
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const id of queue) {
    for (const target of targetsOf(data, id)) {
      if (target === start) return trail(cameFrom, id);
      if (!members.has(target) || cameFrom.has(target)) continue;
      cameFrom.set(target, id);
      queue.push(target);
    }
  }
  throw new Error(`unreachable: ${start} was found in a circle`);
};

const trail = (cameFrom: ReadonlyMap<string, string>, end: string): string[] => {
  const path = [end];
  for (let id = cameFrom.get(end); id !== undefined; id = cameFrom.get(id)) path.unshift(id);
  return path;
};
