import { beadsSetting, parseCustomStatuses } from '../vocabulary.ts';
import { invalid, type Reducers } from './transaction.ts';

export const beadsConfigReducers: Reducers<'beads.config'> = {
  'beads.config': (tx, { set }) => {
    const town = tx.get('town', 'town');
    const changes = Object.entries(set).filter(([key, value]) => (value ?? undefined) !== beadsSetting(tx.data, key));
    if (changes.length === 0) return;
    for (const [key, value] of changes) assertSetting(key, value);
    const merged = Object.entries({ ...town.beadsConfig, ...Object.fromEntries(changes) });
    const kept = merged.filter((entry): entry is [string, string] => entry[1] !== null);
    tx.update('town', 'town', { beadsConfig: kept.length > 0 ? Object.fromEntries(kept) : undefined });
  },
};

const assertSetting = (key: string, value: string | null): void => {
  if (key !== 'status.custom' || value === null) return;
  try {
    parseCustomStatuses(value);
  } catch (error) {
    throw invalid((error as Error).message, 'status.custom is a list such as in_review:active,qa:wip.');
  }
};
