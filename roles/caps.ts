import { plural } from '../source/common/text.ts';
import type { Bead, Session } from '../source/ledger/schema.ts';
import { ms, SHELL } from './facts.ts';
import type { WorldView } from './role.ts';

/**
 * Sessions of a script that ended with a failing exit code before its bead is parked: one retry. A script is
 * deterministic, so a third run would tell nothing new.
 */
const SHELL_FAILURES_MAX = 2;

/** Why the bead may cost no further session, or undefined. The Mayor and the Polecat role pass it over, the Witness parks it. */
export const respawnCap = (view: WorldView, bead: Bead): string | undefined => {
  const { respawns, cause } = bead.town;
  if (respawns > 0 && respawns >= view.settings.witness.maxRespawns) {
    return `${plural(respawns, 'session')} ended without finished work${because(cause?.summary)}`;
  }
  if (respawns >= SHELL_FAILURES_MAX && failuresInARow(view, bead) >= SHELL_FAILURES_MAX) {
    return `its script failed ${SHELL_FAILURES_MAX} times in a row${because(cause?.summary)}`;
  }
  return undefined;
};

/**
 * Until when a bead rests, ms since the epoch. The first session that ends badly is followed at once, as an agent that was
 * killed should go on; one that follows another is not: a login, a disk or a broken CLI comes right with time or not at all.
 */
export const restsUntil = (view: WorldView, bead: Bead, last: Session | undefined): number => {
  const { respawns } = bead.town;
  if (respawns < 2 || last?.bead !== bead.id || last.endedAt === undefined) return 0;
  // Ended in the time to come: the clock was set back since.
  if (view.now < ms(last.endedAt)) return 0;
  return ms(last.endedAt) + view.settings.witness.respawnDelayMs * 2 ** (respawns - 2);
};

/** Why the bead may not be reworked again, or undefined. The Mayor passes it over, the Refinery parks it. */
export const reworkCap = (view: WorldView, bead: Bead): string | undefined => {
  const { reworks, cause } = bead.town;
  if (reworks === 0 || reworks < view.settings.refinery.maxReworks) return undefined;
  return `${plural(reworks, 'merge request')} of it came back${because(cause?.summary)}`;
};

const because = (summary: string | undefined): string => (summary ? `; last: ${summary}` : '');

/** Its newest sessions that were scripts and ended as failed, without another outcome between them. */
const failuresInARow = (view: WorldView, bead: Bead): number => {
  const ended = [...view.ledger.sessions.values()]
    .filter(session => session.bead === bead.id && session.status === 'ended')
    .sort((a, b) => b.attempt - a.attempt);
  const other = ended.findIndex(session => session.agent !== SHELL || session.outcome !== 'failed');
  return other < 0 ? ended.length : other;
};
