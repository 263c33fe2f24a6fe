import { GastownError } from '../../common/errors.ts';
import { duration } from '../../common/text.ts';
import { LIMITS, type Quarantined } from '../schema.ts';
import { activeRig } from './rigs.ts';
import { invalid, type Reducers } from './transaction.ts';

/** No test is out of the count for longer without a person deciding so again. */
export const QUARANTINE_MAX_MS = 30 * 24 * 3_600_000;

export const quarantineReducers: Reducers<'quarantine.add' | 'quarantine.remove'> = {
  'quarantine.add': (tx, { rig: id, gate, test, until, reason }) => {
    const rig = activeRig(tx, id);
    if (!rig.gates.some(({ name }) => name === gate)) {
      throw new GastownError('not_found', `${id} has no gate "${gate}".`, {
        hint: `It has: ${rig.gates.map(({ name }) => name).join(', ') || 'none'}.`,
      });
    }
    const leftMs = Date.parse(until) - Date.parse(tx.now);
    if (leftMs <= 0 || leftMs > QUARANTINE_MAX_MS)
      throw invalid('A quarantine ends by itself.', `Give it an end within ${duration(QUARANTINE_MAX_MS)}.`);
    const others = inForce(rig.quarantine, tx.now).filter(one => one.gate !== gate || one.test !== test);
    if (others.length >= LIMITS.quarantined)
      throw invalid(`${id} has ${others.length} tests in quarantine.`, 'Repair or remove some first.');
    const entry = { gate, test, at: tx.now, until, by: tx.by, ...(reason && { reason }) };
    tx.update('rigs', id, { quarantine: [...others, entry] });
  },

  'quarantine.remove': (tx, { rig: id, gate, test }) => {
    const rig = activeRig(tx, id);
    const all = inForce(rig.quarantine, tx.now);
    const others = all.filter(one => one.gate !== gate || one.test !== test);
    if (others.length === all.length)
      throw new GastownError('not_found', `"${test}" of ${gate} is not in quarantine.`, {
        hint: 'gastown quarantine list names them.',
      });
    tx.update('rigs', id, { quarantine: others.length > 0 ? others : undefined });
  },
};

/** Those that have ended are left out wherever the list is written anew. */
const inForce = (all: readonly Quarantined[] | undefined, now: string): Quarantined[] =>
  (all ?? []).filter(({ until }) => until > now);
