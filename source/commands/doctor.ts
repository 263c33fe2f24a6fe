import { type ErrorCode, EXIT, isGastownError } from '../common/errors.ts';
import { examineClosed, type Finding } from '../town/doctor.ts';
import { requireTown } from '../town/find.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/**
 * `gastown doctor [--fix]`: every finding in plain words, also of a town that does not open; exit 1 when something is
 * wrong. `--fix` puts right what can be without losing anything, and says what it did.
 */
export const doctor = async (
  invocation: Invocation,
  _args: string[],
  options: Record<string, unknown>,
): Promise<number> => {
  const findings = await examined(invocation, options.fix === true);
  for (const finding of findings) {
    invocation.output.record('finding', finding);
    invocation.output.say(
      `${finding.fixed ? 'FIXED' : finding.ok ? 'ok   ' : 'WRONG'}  ${finding.ok ? `${finding.check}: ${finding.message}` : finding.message}`,
    );
    if (finding.hint) invocation.output.say(`       ${finding.hint}`);
  }
  return findings.every(finding => finding.ok) ? EXIT.done : EXIT.failed;
};

/** What keeps a town from opening and is the doctor's to explain; a town held by another is not. */
const SICK: ReadonlySet<ErrorCode> = new Set([
  'ledger_corrupt',
  'disk',
  'git_failed',
  'timeout',
  'config_invalid',
  'town_read_only',
  'town_schema_newer',
]);

const examined = async (invocation: Invocation, fix: boolean): Promise<Finding[]> => {
  try {
    return await withTown(invocation, town => town.doctor({ fix }));
  } catch (error) {
    if (!isGastownError(error) || !SICK.has(error.code)) throw error;
    const { town, cwd, env } = invocation;
    return examineClosed(requireTown({ ...(town !== undefined && { town }), cwd, env }), error);
  }
};
