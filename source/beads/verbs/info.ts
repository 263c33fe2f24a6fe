import { liveBeads } from '../issue.ts';
import { settingsOf } from '../settings.ts';
import type { Verb } from '../verb.ts';

export const infoVerb: Verb = {
  name: 'info',
  aliases: ['where'],
  summary: 'Show which town the issues are in',
  usage: '',
  flags: [],
  run({ data, town }) {
    const beads = liveBeads(data);
    const prefix = settingsOf(data).get('issue_prefix')!;
    return {
      text: [`Database: ${town.dir}`, `Town: ${town.name}`, `Issue prefix: ${prefix}`, `Issues: ${beads.length}`].join(
        '\n',
      ),
      json: {
        schema_version: 1,
        database_path: town.dir,
        town: town.name,
        mode: 'gastown',
        issue_prefix: prefix,
        issue_count: beads.length,
        config: Object.fromEntries(settingsOf(data)),
      },
    };
  },
};
