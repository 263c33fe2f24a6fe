import { safeLine } from '../common/text.ts';
import type { LedgerData } from '../ledger/schema.ts';

/** Why things happened to a record, newest last, one line a decision. */
export const explain = (ledger: LedgerData, subject: string): string[] => {
  const entries = ledger.decisions.get(subject)?.entries ?? [];
  return entries.map(entry => `${entry.at}  ${safeLine(entry.by)}  ${entry.action}: ${safeLine(entry.because)}`);
};
