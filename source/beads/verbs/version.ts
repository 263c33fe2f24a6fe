import type { Verb } from '../verb.ts';

/** The release of Beads whose command line this follows. */
export const BEADS_VERSION = '1.0.0';

export const versionVerb: Verb = {
  name: 'version',
  summary: 'Print version information',
  usage: '',
  flags: [],
  run: () => ({
    text: `bd version ${BEADS_VERSION} (gastown)`,
    json: { version: BEADS_VERSION, build: 'gastown' },
  }),
};
