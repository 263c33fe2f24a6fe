import type { Verb } from './verb.ts';
import { childrenVerb } from './verbs/children.ts';
import { closeVerbs } from './verbs/close.ts';
import { commentVerbs } from './verbs/comments.ts';
import { configVerbs } from './verbs/config.ts';
import { countVerb } from './verbs/count.ts';
import { createVerbs } from './verbs/create.ts';
import { deferVerbs } from './verbs/defer.ts';
import { deleteVerb } from './verbs/delete.ts';
import { depVerbs } from './verbs/dep.ts';
import { duplicateVerbs } from './verbs/duplicate.ts';
import { epicVerbs } from './verbs/epic.ts';
import { exportVerb } from './verbs/export.ts';
import { gateVerbs } from './verbs/gate.ts';
import { historyVerb } from './verbs/history.ts';
import { importVerb } from './verbs/import.ts';
import { infoVerb } from './verbs/info.ts';
import { initVerb } from './verbs/init.ts';
import { labelVerbs } from './verbs/label.ts';
import { lintVerb } from './verbs/lint.ts';
import { listVerb } from './verbs/list.ts';
import { memoryVerbs } from './verbs/memory.ts';
import { readyVerbs } from './verbs/ready.ts';
import { searchVerb } from './verbs/search.ts';
import { showVerb } from './verbs/show.ts';
import { staleVerb } from './verbs/stale.ts';
import { statusVerb } from './verbs/status.ts';
import { updateVerb } from './verbs/update.ts';
import { versionVerb } from './verbs/version.ts';

/**
 * Every verb of `bd`. To add one: a file under `verbs/` that exports a `Verb` (see verb.ts), and its name in this table.
 * Parsing, help, `--json`, `--quiet`, `--readonly`, errors and exit codes come with it.
 */
export const VERBS: readonly Verb[] = [
  childrenVerb,
  ...commentVerbs,
  countVerb,
  ...deferVerbs,
  ...depVerbs,
  ...duplicateVerbs,
  ...epicVerbs,
  exportVerb,
  ...gateVerbs,
  importVerb,
  ...labelVerbs,
  lintVerb,
  ...memoryVerbs,
  searchVerb,
  staleVerb,
  statusVerb,
  ...closeVerbs,
  ...configVerbs,
  ...createVerbs,
  deleteVerb,
  historyVerb,
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
