import type { CommandPayload } from '../commands.ts';
import { invalid, type Transaction } from './transaction.ts';

export type PlanBead = CommandPayload<'plan.import'>['beads'][number];

/** Refuses a plan with doubled keys, or with needs that are neither a key of the plan nor a bead of the ledger. */
export const assertPlan = (tx: Transaction, beads: readonly PlanBead[]): void => {
  const keys = new Set<string>();
  for (const { key } of beads) {
    if (keys.has(key)) throw invalid(`Two beads of the plan have the key ${key}.`, 'Give each bead a key of its own.');
    keys.add(key);
  }
  for (const { key, needs } of beads) {
    const unknown = needs.find(need => !keys.has(need) && !isLive(tx, need));
    if (unknown !== undefined)
      throw invalid(
        `${key} needs ${unknown}, which is not in the plan.`,
        `The keys are: ${[...keys].slice(0, 50).join(', ')}.`,
      );
  }
};

/** Each bead after what it needs of the same plan, else as the plan has them. Throws where they need each other in a circle. */
export const inOrder = (beads: readonly PlanBead[]): PlanBead[] => {
  const keys = new Set(beads.map(({ key }) => key));
  const needsOf = (bead: PlanBead) => [...new Set(bead.needs)].filter(need => keys.has(need));
  const missing = new Map(beads.map(bead => [bead.key, needsOf(bead).length]));
  const neededBy = new Map<string, string[]>(beads.map(bead => [bead.key, []]));
  for (const bead of beads) for (const need of needsOf(bead)) neededBy.get(need)!.push(bead.key);
  const byKey = new Map(beads.map(bead => [bead.key, bead]));
  const ordered = beads.filter(bead => missing.get(bead.key) === 0);
  for (const bead of ordered) {
    for (const key of neededBy.get(bead.key)!) {
      const left = missing.get(key)! - 1;
      missing.set(key, left);
      if (left === 0) ordered.push(byKey.get(key)!);
    }
  }
  if (ordered.length === beads.length) return ordered;
  const circle = circleOf(beads.filter(bead => missing.get(bead.key)! > 0));
  throw invalid(`Beads of the plan need each other in a circle: ${circle}.`, 'Remove one of these needs.');
};

const isLive = (tx: Transaction, id: string): boolean => {
  const bead = tx.find('beads', id);
  return bead !== undefined && bead.status !== 'tombstone';
};

const circleOf = (waiting: readonly PlanBead[]): string => {
  const left = new Map(waiting.map(bead => [bead.key, bead]));
  const path: string[] = [];
  for (let key = waiting[0]!.key; ; key = left.get(key)!.needs.find(need => left.has(need))!) {
    const seen = path.indexOf(key);
    if (seen >= 0) return [...path.slice(seen), key].join(' → ');
    path.push(key);
  }
};
