import type { NewBlob } from '../../git/change.ts';
import type { GuardFinding } from '../../ledger/schema.ts';
import { finding, shownPath } from './finding.ts';

/** What every clone keeps for ever, also when a later commit takes it out again. */
export const oversized = (
  { path, bytes, isBinary }: NewBlob & { isBinary: boolean },
  limits: { maxFileBytes: number; maxBinaryBytes: number },
): GuardFinding[] => {
  const limit = isBinary ? Math.min(limits.maxBinaryBytes, limits.maxFileBytes) : limits.maxFileBytes;
  if (bytes <= limit) return [];
  const what = isBinary ? 'a binary file of ' : '';
  return [
    finding('sizes', 'ask', {
      summary: `${shownPath(path)} is ${what}${size(bytes)}; from ${size(limit)} on a person is asked`,
      path,
    }),
  ];
};

const size = (bytes: number): string =>
  bytes >= 1_048_576 ? `${(bytes / 1_048_576).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} kB`;
