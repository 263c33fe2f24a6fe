import { GastownError } from '../../common/errors.ts';
import type { Flag } from '../arguments.ts';
import { settingsOf } from '../settings.ts';
import type { Verb } from '../verb.ts';

/** What only concerns how Beads stores its data: there is nothing to choose here. */
const COMPATIBLE: readonly Flag[] = [
  'skip-hooks',
  'skip-agents',
  'skip-merge-driver',
  'non-interactive',
  'init-if-missing',
  'stealth',
  'setup-exclude',
  'no-db',
].map(name => ({ name, kind: 'switch', help: 'Accepted for compatibility' }) as const);

/** As rigs have it: a word before the dash of an id. */
const PREFIX = /^[A-Za-z][A-Za-z0-9_.-]{0,39}$/;

export const initVerb: Verb = {
  name: 'init',
  summary: 'Make a town to keep issues in, or set the prefix of the one that is there',
  usage: '[flags]',
  details:
    'Where a town is found (--town, $GASTOWN_TOWN, here or above, ~/.gastown) that one is used. Otherwise one is made: here\nwhen this folder is empty, else at ~/.gastown. Nothing is ever put into a repository.',
  flags: [{ name: 'prefix', short: 'p', kind: 'text', help: 'Beginning of issue ids (default gt)' }, ...COMPATIBLE],
  writes: true,
  async run(call) {
    const { args, data, town } = call;
    const prefix = args.text('prefix')?.replace(/-+$/, '');
    if (prefix !== undefined) {
      if (!PREFIX.test(prefix)) {
        throw new GastownError('usage', `invalid prefix "${prefix}"`, {
          hint: 'Letters, digits, dots and dashes, a letter first.',
        });
      }
      await call.execute({ type: 'beads.config', payload: { set: { issue_prefix: prefix } } });
    }
    const used = settingsOf(data).get('issue_prefix')!;
    const made = town.isNew === true;
    return {
      text: [
        made ? `✓ bd initialized: a new town at ${town.dir}` : `✓ There is a town already, at ${town.dir}`,
        `  Issue prefix: ${used} (ids like ${used}-a3f)`,
        '  Run \'bd create "First issue"\' to begin.',
      ].join('\n'),
      json: { schema_version: 1, created: made, town: town.dir, prefix: used },
    };
  },
};
