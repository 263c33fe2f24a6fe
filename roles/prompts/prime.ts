import { safeLine } from '../../source/common/text.ts';
import type { LedgerData } from '../../source/ledger/schema.ts';
import { lettersFor, lettersText } from './letters.ts';
import { mayorPrompt } from './mayor.ts';
import { fitted } from './page.ts';
import { polecatPrompt } from './polecat.ts';

/**
 * What `gt prime` shows an agent, and what a new session begins with: one page with the contract first, then the bead on
 * its hook and all that is known of it (`timesShown` says how often each message of its mail was shown). Text that other
 * agents or tools wrote is fenced and named as such; what is left out of it is said, and how to see it.
 */
export const primePrompt = (
  ledger: LedgerData,
  polecatId: string,
  timesShown?: ReadonlyMap<string, number>,
): string => {
  const polecat = ledger.polecats.get(polecatId);
  if (!polecat) return `There is no polecat ${safeLine(polecatId)} in this town.\n`;
  const bead = polecat.hook === undefined ? undefined : ledger.beads.get(polecat.hook);
  if (!bead) {
    const mail = lettersText(lettersFor(ledger, polecat.id, timesShown));
    return `${[`# You are ${polecat.name}, a worker on ${polecat.rig}`, IDLE, ...mail].join('\n\n')}\n`;
  }
  const page = bead.town.role === 'mayor' ? mayorPrompt : polecatPrompt;
  return fitted(share => page({ ledger, polecat, bead, timesShown, share }));
};

const IDLE = 'Nothing is on your hook. There is nothing to do; end your session.';
