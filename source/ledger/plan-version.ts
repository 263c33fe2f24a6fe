import { compactJson } from '../common/json.ts';
import { textVersion } from '../common/text-version.ts';
import type { Bead, Convoy, LedgerData } from './schema.ts';

/**
 * Names a plan by what a person sees of it: whoever changes it says which one that was. Deleted beads are no part of it;
 * notes and comments are, for this, not either.
 */
export const planVersion = ({ beads }: Pick<LedgerData, 'beads'>, convoy: Convoy): string =>
  textVersion(
    compactJson([
      convoy.title,
      convoy.goal ?? '',
      convoy.design ?? '',
      convoy.beads.flatMap(id => {
        const bead = beads.get(id);
        return bead && bead.status !== 'tombstone' ? [asPlanned(bead)] : [];
      }),
    ]),
  );

/** Ids of what a bead waits for because its plan says so, in order. */
export const plannedNeeds = ({ dependencies = [] }: Pick<Bead, 'dependencies'>): string[] =>
  dependencies.filter(({ type }) => type === 'blocks').map(edge => edge.depends_on_id);

const asPlanned = (bead: Bead): unknown => [
  bead.id,
  bead.title,
  bead.description ?? '',
  bead.design ?? '',
  bead.acceptance_criteria ?? '',
  bead.priority,
  bead.issue_type,
  bead.labels ?? [],
  bead.town.agent ?? '',
  bead.town.touches ?? [],
  plannedNeeds(bead),
];
