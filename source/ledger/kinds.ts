/**
 * Kinds of records, each with a folder of its own in the ledger's tree. They stand apart from their schemas, which take
 * longer to load than a command takes that asks a running town.
 */
export const KINDS = [
  'beads',
  'convoys',
  'polecats',
  'rigs',
  'verdicts',
  'merges',
  'approvals',
  'sessions',
  'costs',
  'mail',
  'escalations',
  'memories',
  'decisions',
  'town',
] as const;

export type Kind = (typeof KINDS)[number];
