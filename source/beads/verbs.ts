import type { Verb } from './verb.ts';
import { configVerbs } from './verbs/config.ts';
import { createVerbs } from './verbs/create.ts';
import { initVerb } from './verbs/init.ts';
import { showVerb } from './verbs/show.ts';
import { versionVerb } from './verbs/version.ts';

/**
 * Every verb of `bd`. To add one: a file under `verbs/` that exports a `Verb` (see verb.ts), and its name in this table.
 * Parsing, help, `--json`, `--quiet`, `--readonly`, errors and exit codes come with it.
 */
export const VERBS: readonly Verb[] = [...createVerbs, ...configVerbs, initVerb, showVerb, versionVerb];

export const findVerb = (verbs: readonly Verb[], name: string): Verb | undefined =>
  verbs.find(verb => verb.name === name || verb.aliases?.includes(name));
