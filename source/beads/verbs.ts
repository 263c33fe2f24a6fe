import type { Verb } from './verb.ts';
import { closeVerbs } from './verbs/close.ts';
import { configVerbs } from './verbs/config.ts';
import { createVerbs } from './verbs/create.ts';
import { deleteVerb } from './verbs/delete.ts';
import { infoVerb } from './verbs/info.ts';
import { initVerb } from './verbs/init.ts';
import { listVerb } from './verbs/list.ts';
import { readyVerbs } from './verbs/ready.ts';
import { showVerb } from './verbs/show.ts';
import { updateVerb } from './verbs/update.ts';
import { versionVerb } from './verbs/version.ts';

/**
 * Every verb of `bd`. To add one: a file under `verbs/` that exports a `Verb` (see verb.ts), and its name in this table.
 * Parsing, help, `--json`, `--quiet`, `--readonly`, errors and exit codes come with it.
 */
export const VERBS: readonly Verb[] = [
  ...closeVerbs,
  ...configVerbs,
  ...createVerbs,
  deleteVerb,
  infoVerb,
  initVerb,
  listVerb,
  ...readyVerbs,
  showVerb,
  updateVerb,
  versionVerb,
];

export const findVerb = (verbs: readonly Verb[], name: string): Verb | undefined =>
  verbs.find(verb => verb.name === name || verb.aliases?.includes(name));
