import { ROLE_NAMES, type RoleName } from '../../roles/role.ts';
import type { LedgerData } from '../ledger/schema.ts';
import { deedOf } from './action-words.ts';
import type { LastAction, World } from './world.ts';

/** The last thing a role did; of the Witness also the last thing in the rig that it was about, as each rig has one. */
export const rememberLast = (
  { lastActions }: Pick<World, 'lastActions'>,
  ledger: LedgerData,
  { role, subject, last }: { role: RoleName; subject: string; last: LastAction },
): void => {
  lastActions.set(role, last);
  const rig = role === 'witness' ? rigOf(ledger, subject) : undefined;
  if (rig !== undefined) lastActions.set(`witness ${rig}`, last);
};

/** After a restart, what roles did is known from the reasons kept on records. */
export const recallLast = (world: Pick<World, 'lastActions'>, ledger: LedgerData): void => {
  const kept = [...ledger.decisions.values()].flatMap(({ id, entries }) =>
    entries.flatMap(({ at, by, action, because }) => {
      const role = ROLE_NAMES.find(name => name === by || (by === 'dog' && name === 'dogs'));
      const { what, subject } = deedOf(action, id);
      return role ? [{ role, subject: id, last: { at: Date.parse(at), action: `${what} ${subject}`, because } }] : [];
    }),
  );
  for (const one of kept.sort((a, b) => a.last.at - b.last.at)) rememberLast(world, ledger, one);
};

const rigOf = (ledger: LedgerData, subject: string): string | undefined =>
  ledger.rigs.get(subject)?.id ??
  ledger.polecats.get(subject)?.rig ??
  ledger.sessions.get(subject)?.rig ??
  ledger.merges.get(subject)?.rig ??
  ledger.beads.get(subject)?.town.rig;
