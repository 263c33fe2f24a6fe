import { GastownError } from '../../common/errors.ts';
import { shortTime } from '../rows.ts';
import { parseMoment } from '../times.ts';
import type { Verb } from '../verb.ts';
import { eachBead } from './update.ts';

const deferVerb: Verb = {
  name: 'defer',
  summary: 'Put one or more issues off',
  usage: '<id...> [flags]',
  details: 'Without --until they stay put off until bd undefer.',
  flags: [
    { name: 'until', kind: 'text', help: 'When they are to come back: +6h, tomorrow, 2026-01-15' },
    { name: 'reason', short: 'r', kind: 'text', help: 'Why; goes into the notes' },
  ],
  writes: true,
  run(call) {
    const until = call.args.text('until');
    const defer_until = until ? parseMoment(until, call.now) : null;
    const reason = call.args.text('reason');
    return eachBead(call, {
      async act(bead) {
        if (bead.status === 'closed')
          throw new GastownError('conflict', `${bead.id} is closed`, { hint: 'Reopen it first.' });
        const set = { status: 'deferred', defer_until, ...(reason && { appendNotes: `Deferred: ${reason}` }) };
        await call.execute({ type: 'bead.update', payload: { id: bead.id, set } });
      },
      done: bead => `❄ Deferred ${bead.id}${defer_until ? ` until ${shortTime(defer_until)}` : ''}`,
    });
  },
};

const undeferVerb: Verb = {
  name: 'undefer',
  summary: 'Take up again what was put off',
  usage: '<id...>',
  flags: [],
  writes: true,
  run: call =>
    eachBead(call, {
      async act(bead) {
        if (bead.status !== 'deferred' && bead.defer_until === undefined) {
          throw new GastownError('conflict', `${bead.id} is not deferred (status: ${bead.status})`);
        }
        const set = { ...(bead.status === 'deferred' && { status: 'open' }), defer_until: null };
        await call.execute({ type: 'bead.update', payload: { id: bead.id, set } });
      },
      done: bead => `✓ Undeferred ${bead.id} (now ${bead.status})`,
    }),
};

export const deferVerbs: readonly Verb[] = [deferVerb, undeferVerb];
