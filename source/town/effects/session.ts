import { createHash } from 'node:crypto';
import { GastownError } from '../../common/errors.ts';
import type { Polecat } from '../../ledger/schema.ts';

/** Checks a session's claim about who it is. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Who commits what a polecat made. `.invalid` can never be a real mailbox. */
export const polecatAuthor = (polecat: Pick<Polecat, 'name' | 'rig'>): { name: string; email: string } => ({
  name: polecat.name,
  email: `${polecat.name}.${polecat.rig}@gastown.invalid`,
});

/** Thrown when a session names a bead or polecat that is gone. */
export const sessionGone = (session: string): GastownError =>
  new GastownError('not_found', `There is no session ${session}.`, { ids: { session } });
