import type { ChangedFile } from '../../git/change.ts';
import type { GuardFinding } from '../../ledger/schema.ts';
import { finding, shownPath } from './finding.ts';

const PLAIN = '100644';
const EXECUTABLE = '100755';

/** A file that becomes a program. New scripts are read like any code; one that was data before is easily missed. */
export const newlyExecutable = ({ path, oldMode, mode }: ChangedFile): GuardFinding[] =>
  oldMode === PLAIN && mode === EXECUTABLE
    ? [finding('modes', 'ask', { summary: `makes ${shownPath(path)} a program that can be started`, path })]
    : [];
