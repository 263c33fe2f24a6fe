import { EXIT } from '../common/errors.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown doctor`: every finding in plain words; exit 1 when something is wrong. */
export const doctor = (invocation: Invocation): Promise<number> =>
  withTown(invocation, async town => {
    const findings = await town.doctor();
    for (const finding of findings) {
      invocation.output.record('finding', finding);
      invocation.output.say(
        `${finding.ok ? 'ok   ' : 'WRONG'}  ${finding.ok ? `${finding.check}: ${finding.message}` : finding.message}`,
      );
      if (finding.hint) invocation.output.say(`       ${finding.hint}`);
    }
    return findings.every(finding => finding.ok) ? EXIT.done : EXIT.failed;
  });
