import { plural } from '../../source/common/text.ts';
import type { ChainLink } from '../role.ts';

type ConflictLink = Extract<ChainLink, { outcome: 'conflict' }>;

/** Files named in a summary line; the cause lists them all. */
const FILES_NAMED = 3;

/** `a.ts, b.ts (deleted on one side, changed on the other) and 2 more files`: what disagrees, and how, where it is not just lines. */
export const conflictWords = ({ files, conflicts = [] }: Pick<ConflictLink, 'files' | 'conflicts'>): string => {
  const kindOf = (file: string): string | undefined =>
    WORDS[conflicts.find(conflict => conflict.files.includes(file))?.kind ?? ''];
  const more = files.length - FILES_NAMED;
  if (files.length === 0) return 'files that Git did not name';
  const named = files.slice(0, FILES_NAMED).map(file => {
    const words = kindOf(file);
    return words ? `${file} (${words})` : file;
  });
  return named.join(', ') + (more > 0 ? ` and ${plural(more, 'more file')}` : '');
};

/** Kinds of source/git/conflicts.ts; lines that both changed go without saying. */
const WORDS: Readonly<Record<string, string>> = {
  'modify/delete': 'deleted on one side, changed on the other',
  'rename/rename': 'renamed in two ways',
  'rename/delete': 'renamed on one side, deleted on the other',
  'directory/file': 'a file on one side, a folder on the other',
  'directory rename': 'its folder was renamed',
  binary: 'binary',
  submodule: 'submodule',
  mode: 'two kinds of file',
};
