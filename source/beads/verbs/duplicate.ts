import { GastownError } from '../../common/errors.ts';
import { exactly } from '../counts.ts';
import { findBead } from '../ids.ts';
import type { Call, Output, Verb } from '../verb.ts';
import { duplicatesVerb } from './duplicates.ts';

const duplicateVerb: Verb = {
  name: 'duplicate',
  summary: 'Close an issue as a duplicate of another',
  usage: '<id> --of <id>',
  flags: [{ name: 'of', kind: 'text', help: 'The issue that stays' }],
  writes: true,
  async run(call) {
    const { id, other } = pair(call, 'of', 'bd duplicate <id> --of <id>');
    await call.execute({ type: 'bead.duplicate', payload: { id, of: other } });
    return {
      text: `✓ Marked ${id} as duplicate of ${other} (closed)`,
      json: { duplicate: id, canonical: other, status: 'closed' },
    } satisfies Output;
  },
};

const supersedeVerb: Verb = {
  name: 'supersede',
  summary: 'Close an issue as replaced by another',
  usage: '<id> --with <id>',
  flags: [{ name: 'with', kind: 'text', help: 'The issue in its place' }],
  writes: true,
  async run(call) {
    const { id, other } = pair(call, 'with', 'bd supersede <id> --with <id>');
    await call.execute({ type: 'bead.supersede', payload: { id, by: other } });
    return {
      text: `✓ Marked ${id} as superseded by ${other} (closed)`,
      json: { superseded: id, replacement: other, status: 'closed' },
    } satisfies Output;
  },
};

export const duplicateVerbs: readonly Verb[] = [duplicateVerb, duplicatesVerb, supersedeVerb];

const pair = (call: Call, flag: string, usage: string): { id: string; other: string } => {
  const [given] = exactly(call, 1, usage);
  const other = call.args.text(flag);
  if (!other) throw new GastownError('usage', `required flag "--${flag}" not set`, { hint: `Usage: ${usage}` });
  return { id: findBead(call.data, given!).id, other: findBead(call.data, other).id };
};
