import type { LedgerData } from '../ledger/schema.ts';
import { customStatuses } from '../ledger/vocabulary.ts';
import { townPrefix } from './ids.ts';

/** Beads writes the key of the prefix in two ways. */
export const prefixKey = (key: string): string => (key === 'issue-prefix' || key === 'prefix' ? PREFIX : key);

/** What `bd config` shows: what was set, and the prefix in any case. */
export const settingsOf = (data: Pick<LedgerData, 'town'>): ReadonlyMap<string, string> =>
  new Map([[PREFIX, townPrefix(data)], ...Object.entries(data.town.get('town')?.beadsConfig ?? {})]);

const PREFIX = 'issue_prefix';

/** Statuses of work that nobody has begun: what `bd ready` looks through. */
export const openStatuses = (data: Pick<LedgerData, 'town'>): string[] => [
  'open',
  ...customStatuses(data).flatMap(({ name, category }) => (category === 'active' ? [name] : [])),
];
