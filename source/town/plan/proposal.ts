import type { Convoy, LedgerData } from '../../ledger/schema.ts';

/** The newest convoy that was proposed for a bead. */
export const proposalOf = (data: LedgerData, bead: string): Convoy | undefined =>
  [...data.convoys.values()]
    .filter(({ proposal }) => proposal?.bead === bead)
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0];
