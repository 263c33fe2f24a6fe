import { GastownError } from '../../common/errors.ts';
import { compactJson } from '../../common/json.ts';
import { safeLine } from '../../common/text.ts';
import type { CommandInput } from '../../ledger/commands.ts';
import { plannedNeeds, planVersion } from '../../ledger/plan-version.ts';
import type { Bead, Convoy, LedgerData } from '../../ledger/schema.ts';
import type { Plan, PlannedBead } from '../plan.ts';
import { renderPlan, type ShownPlan } from './render.ts';

/** A convoy as a plan in Markdown; its beads' keys are their ids. `version` names what was shown, for whoever changes it. */
export interface ShownConvoy extends ShownPlan {
  readonly convoy: Convoy;
  readonly version: string;
  /** What the ledger holds, where the Markdown had to say it in another way. */
  readonly exact: Plan;
}

/** All of the ledger that plans are made of. */
type Plans = Pick<LedgerData, 'beads' | 'convoys'>;

/** Throws `not_found`, and `invalid` for a convoy of which nothing is left. */
export const showConvoy = (data: Plans, id: string): ShownConvoy => {
  const convoy = data.convoys.get(id);
  if (!convoy) {
    throw new GastownError('not_found', `There is no plan ${safeLine(id)}.`, { hint: 'gastown convoys lists them.' });
  }
  const exact = planOf(data, convoy);
  if (exact.beads.length === 0)
    throw new GastownError('invalid', `Every bead of ${id} was deleted: there is nothing to show of it.`);
  return { ...renderPlan(exact), convoy, version: planVersion(data, convoy), exact };
};

/** A plan as the ledger takes it. */
export const planInput = ({ title, goal, design, beads }: Plan) => ({
  title,
  ...(goal && { goal }),
  ...(design && { design }),
  beads: beads.map(({ type, acceptance, ...bead }) => ({
    ...bead,
    ...(type && { issue_type: type }),
    ...(acceptance && { acceptance_criteria: acceptance }),
  })),
});

/**
 * The command that makes a shown convoy what its Markdown was edited to. Where nothing was changed the ledger's own text
 * stays, also where the Markdown had to say it in another way.
 */
export const editInput = (shown: ShownConvoy, edited: Plan): CommandInput<'plan.edit'> => {
  const exact = new Map(shown.exact.beads.map(bead => [bead.key, bead]));
  const before = new Map(shown.plan.beads.map(bead => [bead.key, bead]));
  const beads = edited.beads.map(bead => {
    const [own, seen] = [exact.get(bead.key), before.get(bead.key)];
    return own && seen ? unchangedFrom<PlannedBead>({ exact: own, seen, now: bead }) : bead;
  });
  const texts = unchangedFrom<Plan>({ exact: shown.exact, seen: shown.plan, now: edited });
  return { id: shown.convoy.id, base: shown.version, ...planInput({ ...texts, beads }) };
};

const planOf = (data: Plans, convoy: Convoy): Plan => ({
  title: convoy.title,
  ...(convoy.goal && { goal: convoy.goal }),
  ...(convoy.design && { design: convoy.design }),
  beads: convoy.beads.flatMap(id => {
    const bead = data.beads.get(id);
    return bead && bead.status !== 'tombstone' ? [asPlanned(bead)] : [];
  }),
});

/** A bead as a plan has it; its key is its id. */
export const asPlanned = (bead: Bead): PlannedBead => ({
  key: bead.id,
  title: bead.title,
  needs: plannedNeeds(bead),
  priority: bead.priority,
  type: bead.issue_type,
  ...(bead.town.agent && { agent: bead.town.agent }),
  ...(bead.town.touches?.length && { touches: [...bead.town.touches] }),
  ...(bead.labels?.length && { labels: [...bead.labels] }),
  description: bead.description ?? '',
  ...(bead.design && { design: bead.design }),
  ...(bead.acceptance_criteria && { acceptance: bead.acceptance_criteria }),
});

/** Each field as the ledger has it where what was shown of it still stands, else as it stands now. */
const unchangedFrom = <T extends object>({ exact, seen, now }: { exact: T; seen: T; now: T }): T => {
  const result: Record<string, unknown> = {};
  for (const field of new Set([...Object.keys(exact), ...Object.keys(now)]) as Set<keyof T & string>) {
    const value = isSame(seen[field], now[field]) ? exact[field] : now[field];
    if (value !== undefined) result[field] = value;
  }
  return result as T;
};

const isSame = (a: unknown, b: unknown): boolean => compactJson([a ?? null]) === compactJson([b ?? null]);
