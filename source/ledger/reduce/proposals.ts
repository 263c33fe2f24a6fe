import { isSame } from '../diff.ts';
import { plannedNeeds, planVersion } from '../plan-version.ts';
import type { Bead, Convoy, Rig } from '../schema.ts';
import { assertFree, createBead, hashedId, liveBead, updateBead, wish } from './bead-records.ts';
import { assertNoCircle } from './dependencies.ts';
import { assertPlan, inOrder, type PlanBead } from './plan-order.ts';
import { activeRig } from './rigs.ts';
import { assertNoSecret } from './texts.ts';
import { conflict, cutTitle, type Patch, type Reducers, type Transaction } from './transaction.ts';

/** A person waits for a plan: before ordinary work, after what is urgent. */
const REQUEST_PRIORITY = 1;
/** What a bead of a plan is where the plan does not say it. */
const DEFAULTS = { priority: 2, issue_type: 'task' } as const;

/** Plans that the Mayor proposes and a person changes before they approve them. */
export const proposalReducers: Reducers<'plan.request' | 'plan.propose' | 'plan.edit'> = {
  'plan.request': (tx, { rig: rigId, goal, agent }) => {
    const rig = activeRig(tx, rigId);
    assertNoSecret(goal, 'goal');
    const line = goal.split('\n')[0]!.trim();
    createBead(
      tx,
      {
        title: cutTitle(line),
        issue_type: 'plan',
        priority: REQUEST_PRIORITY,
        ...(goal !== line && { description: goal }),
        ...(agent && { agent }),
      },
      { rig, town: { role: 'mayor', dispatch: wish(tx) }, dependencies: [] },
    );
  },

  'plan.propose': (tx, { bead: beadId, base, ...plan }) => {
    const bead = liveBead(tx, beadId);
    if (bead.town.role !== 'mayor') throw conflict(`${beadId} is not to be planned: nothing can be proposed for it.`);
    const rig = activeRig(tx, bead.town.rig!);
    const earlier = proposalFor(tx, beadId);
    if (earlier?.status === 'approved' || earlier?.status === 'landed')
      throw conflict(`${earlier.id} was approved already: it is not changed any more.`, 'Report that you are done.');
    const isOpen = earlier?.status === 'proposed';
    if (isOpen) assertUnchanged(tx, earlier, base ?? earlier.proposal!.version);
    const goal = plan.goal ?? bead.description ?? bead.title;
    const id = isOpen ? earlier.id : createConvoy(tx, { title: plan.title, rig });
    reshape(tx, id, { ...plan, goal });
    const convoy = tx.get('convoys', id);
    tx.update('convoys', id, { proposal: { bead: beadId, version: planVersion(tx.data, convoy), at: tx.now } });
    tx.explain(beadId);
  },

  'plan.edit': (tx, { id, base, ...plan }) => {
    const convoy = tx.get('convoys', id);
    if (convoy.status !== 'proposed')
      throw conflict(
        `The plan ${id} is ${convoy.status}: only a proposed one is changed as a whole.`,
        'Change its beads one by one.',
      );
    assertUnchanged(tx, convoy, base);
    reshape(tx, id, plan);
  },
};

/** The newest convoy that was proposed for this bead. */
const proposalFor = (tx: Transaction, bead: string): Convoy | undefined =>
  [...tx.data.convoys.values()]
    .filter(convoy => convoy.proposal?.bead === bead)
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0];

const assertUnchanged = (tx: Transaction, convoy: Convoy, base: string): void => {
  const version = planVersion(tx.data, convoy);
  if (version === base) return;
  throw conflict(
    `The plan ${convoy.id} is not the one that you have seen: it is at version ${version}, not ${base}.`,
    'Read it again, put both together, and give its version.',
  );
};

const createConvoy = (tx: Transaction, { title, rig }: { title: string; rig: Rig }): string => {
  const id = tx.mintId('convoys', 'cv');
  tx.create('convoys', {
    id,
    title,
    status: 'proposed',
    rig: rig.id,
    beads: [],
    createdAt: tx.now,
    createdBy: tx.by,
  });
  return id;
};

interface WholePlan {
  readonly title: string;
  readonly goal?: string | undefined;
  readonly design?: string | undefined;
  readonly beads: readonly PlanBead[];
}

/** Makes the convoy what the plan says: texts, beads, what they need, and their order. What stays as it is keeps its revision. */
const reshape = (tx: Transaction, id: string, plan: WholePlan): void => {
  const convoy = tx.get('convoys', id);
  const rig = activeRig(tx, convoy.rig);
  for (const text of [plan.goal, plan.design, ...plan.beads.flatMap(bead => [bead.description, bead.design])])
    if (text) assertNoSecret(text, 'plan');
  assertPlan(tx, plan.beads);
  inOrder(plan.beads);
  tx.update('convoys', id, { title: plan.title, goal: plan.goal || undefined, design: plan.design || undefined });
  const known = membersByKey(tx, convoy);
  const ids = new Map<string, string>();
  for (const bead of plan.beads) ids.set(bead.key, known.get(bead.key) ?? addBead(tx, bead, { convoy: id, rig }));
  for (const bead of plan.beads) setFields(tx, ids.get(bead.key)!, bead);
  const kept = new Set(ids.values());
  for (const member of new Set(known.values())) if (!kept.has(member)) removeBead(tx, member);
  setNeeds(
    tx,
    plan.beads.map(({ key, needs }) => ({
      id: ids.get(key)!,
      needs: [...new Set(needs.map(need => ids.get(need) ?? need))],
    })),
  );
  tx.update('convoys', id, { beads: plan.beads.map(({ key }) => ids.get(key)!) });
};

/** Beads of the convoy by their ids and by what the plan that proposed them calls them. */
const membersByKey = (tx: Transaction, convoy: Convoy): Map<string, string> => {
  const live = convoy.beads.flatMap(id => {
    const bead = tx.find('beads', id);
    return bead && bead.status !== 'tombstone' ? [bead] : [];
  });
  return new Map([
    ...live.flatMap(bead => (bead.town.key === undefined ? [] : [[bead.town.key, bead.id] as const])),
    ...live.map(bead => [bead.id, bead.id] as const),
  ]);
};

const addBead = (tx: Transaction, bead: PlanBead, { convoy, rig }: { convoy: string; rig: Rig }): string => {
  const { key, needs: _needs, id: _id, rig: rigId, ...draft } = bead;
  const target = rigId === undefined ? rig : activeRig(tx, rigId);
  const id = hashedId(tx, draft, target.prefix);
  createBead(tx, { ...draft, id }, { rig: target, town: { convoy, key }, dependencies: [] });
  return id;
};

/** What a plan says of a bead is all there is: what it leaves out is as it would be in a new bead. */
const setFields = (tx: Transaction, id: string, planned: PlanBead): void => {
  const bead = tx.get('beads', id);
  const labels = planned.labels?.length ? [...new Set(planned.labels)] : undefined;
  const fields: Patch<Bead> = {
    title: planned.title,
    description: planned.description || undefined,
    design: planned.design || undefined,
    acceptance_criteria: planned.acceptance_criteria || undefined,
    priority: planned.priority ?? DEFAULTS.priority,
    issue_type: planned.issue_type ?? DEFAULTS.issue_type,
    labels,
  };
  const own = { agent: planned.agent, touches: planned.touches?.length ? planned.touches : undefined };
  const isAsPlanned =
    Object.entries(fields).every(([field, value]) => isSame(bead[field], value)) &&
    Object.entries(own).every(([field, value]) => isSame(bead.town[field], value));
  if (!isAsPlanned) updateBead(tx, id, { ...fields, town: { ...bead.town, ...own } as Bead['town'] });
};

const removeBead = (tx: Transaction, id: string): void => {
  const bead = tx.get('beads', id);
  assertFree(tx, bead, 'be taken out of the plan');
  updateBead(tx, id, {
    status: 'tombstone',
    deleted_at: tx.now,
    deleted_by: tx.by,
    delete_reason: 'Taken out of its plan',
    town: { ...bead.town, dispatch: undefined } as Bead['town'],
  });
};

/** All that goes goes before anything comes: turning an arrow round is no circle. Other ties between beads stay. */
const setNeeds = (tx: Transaction, wanted: readonly { id: string; needs: readonly string[] }[]): void => {
  const changed = wanted.filter(({ id, needs }) => !isSame(plannedNeeds(tx.get('beads', id)), needs));
  const before = new Map(changed.map(({ id }) => [id, tx.get('beads', id).dependencies ?? []]));
  for (const [id, edges] of before)
    setDependencies(
      tx,
      id,
      edges.filter(({ type }) => type !== 'blocks'),
    );
  for (const { id, needs } of changed) {
    for (const need of needs) {
      const others = tx.get('beads', id).dependencies ?? [];
      const clash = others.find(edge => edge.depends_on_id === need);
      if (clash) throw conflict(`${id} already depends on ${need} (${clash.type}).`, 'Remove that dependency first.');
      const known = before.get(id)!.find(edge => edge.depends_on_id === need);
      const edge = known ?? {
        issue_id: id,
        depends_on_id: need,
        type: 'blocks',
        created_at: tx.now,
        created_by: tx.by,
      };
      assertNoCircle(tx, edge);
      setDependencies(tx, id, [...others, edge]);
    }
  }
};

const setDependencies = (tx: Transaction, id: string, edges: NonNullable<Bead['dependencies']>): void => {
  updateBead(tx, id, { dependencies: edges.length > 0 ? edges : undefined });
};
