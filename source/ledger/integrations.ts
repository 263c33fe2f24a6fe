import type { Bead, LedgerData, Merge, Rig } from './schema.ts';

/** A rig whose target is the integration branch of an epic, beside the target of the rig that it was made from. */
export type IntegrationRig = Rig & { of: string; epic: string };

export const isIntegrationRig = (rig: Rig | undefined): rig is IntegrationRig =>
  rig?.of !== undefined && rig.epic !== undefined;

/** Those that are not over. */
export const integrationRigs = (data: Pick<LedgerData, 'rigs'>): IntegrationRig[] =>
  [...data.rigs.values()].filter(rig => !rig.removedAt).filter(isIntegrationRig);

/** All beads below an epic, at any depth, each once; without what was deleted. */
export const beadsBelow = (data: Pick<LedgerData, 'beads'>, epic: string): Bead[] => {
  const children = new Map<string, Bead[]>();
  for (const bead of data.beads.values()) {
    for (const edge of bead.dependencies ?? []) {
      if (edge.type !== 'parent-child') continue;
      const known = children.get(edge.depends_on_id);
      if (known) known.push(bead);
      else children.set(edge.depends_on_id, [bead]);
    }
  }
  const found = new Map<string, Bead>();
  const queue = [epic];
  for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
    for (const bead of children.get(top) ?? []) {
      if (bead.id === epic || found.has(bead.id)) continue;
      found.set(bead.id, bead);
      queue.push(bead.id);
    }
  }
  return [...found.values()].filter(bead => bead.status !== 'tombstone');
};

/** What has to end before the branch may land: the epic's beads, and whatever else works for the branch. */
export const openBeadsFor = (data: Pick<LedgerData, 'beads'>, rig: IntegrationRig): Bead[] => {
  const others = [...data.beads.values()].filter(bead => bead.town.rig === rig.id && bead.id !== rig.epic);
  return [...new Set([...beadsBelow(data, rig.epic), ...others])].filter(isOpen);
};

/** Why a bead of the epic cannot be sent to the branch, in words; undefined when it can. */
export const whyLeft = (
  data: Pick<LedgerData, 'polecats' | 'sessions'>,
  bead: Bead,
  parent: string,
): string | undefined => {
  if (bead.town.rig === undefined) return 'belongs to no rig';
  if (bead.town.rig !== parent) return `belongs to ${bead.town.rig}`;
  if (bead.town.merge) return `${bead.town.merge} is in the queue`;
  for (const polecat of data.polecats.values()) if (polecat.hook === bead.id) return `is on the hook of ${polecat.id}`;
  for (const session of data.sessions.values())
    if (session.bead === bead.id) return `was worked on in ${parent}, where its work is kept`;
  return undefined;
};

/** The request that asks to land a branch, while it is in the queue. */
export const openIntegration = (data: Pick<LedgerData, 'merges'>, rig: string): Merge | undefined =>
  [...data.merges.values()].find(
    merge => merge.integrates === rig && ['queued', 'testing', 'landing'].includes(merge.state),
  );

/** True for a request that a person asked for, not a polecat: nobody's rework when it comes back. */
export const isByPerson = (merge: Pick<Merge, 'reverts' | 'integrates'>): boolean =>
  merge.reverts !== undefined || merge.integrates !== undefined;

const isOpen = (bead: Bead): boolean => bead.status !== 'closed' && bead.status !== 'tombstone';
