import { PROTECTED_PATHS } from '../../ledger/guards.ts';
import type { GuardFinding } from '../../ledger/schema.ts';
import { finding, shownPath } from './finding.ts';

/** Parts of a package.json that say what runs: gates, hooks of the installer, hooks of Git, set-up of test runners. */
const RUNNING = [
  'scripts',
  'husky',
  'lint-staged',
  'simple-git-hooks',
  'pre-commit',
  'jest',
  'vitest',
  'mocha',
  'ava',
  'c8',
  'nyc',
  'packageManager',
] as const;

/** True for files whose two versions `packageScripts` wants to see. */
export const isPackageFile = (path: string): boolean => /(?:^|\/)package\.json$/.test(path);

/** What a package.json runs is what a gate runs: a change of it is a person's to see; one of its dependencies is in the lockfile. */
export const packageScripts = (
  path: string,
  { before, after }: { before: string | undefined; after: string | undefined },
): GuardFinding[] => {
  const old = partsOf(before);
  const now = partsOf(after);
  if (now === undefined) {
    if (after === undefined) return old ? [asks(path, 'removes')] : [];
    return [asks(path, 'can no longer be read as JSON:')];
  }
  const changed = RUNNING.filter(part => JSON.stringify(old?.[part] ?? null) !== JSON.stringify(now[part] ?? null));
  return changed.length > 0 ? [asks(path, `changes ${changed.map(part => `"${part}"`).join(', ')} of`)] : [];
};

const asks = (path: string, what: string): GuardFinding =>
  finding(PROTECTED_PATHS, 'ask', { summary: `${what} ${shownPath(path)}, which says what runs`, path });

const partsOf = (text: string | undefined): Readonly<Record<string, unknown>> | undefined => {
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // Told as a finding by the caller.
  }
};
