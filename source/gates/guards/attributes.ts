import type { GuardFinding } from '../../ledger/schema.ts';
import { finding, shownPath } from './finding.ts';

/** True for files whose two versions `attributes` wants to see. */
export const isAttributesFile = (path: string): boolean => /(?:^|\/)\.gitattributes$/i.test(path);

/** A driver is a program that Git starts on a person's machine when it checks out, merges or shows a file. */
export const attributes = (
  path: string,
  { before, after }: { before: string | undefined; after: string | undefined },
): GuardFinding[] => {
  const known = new Set(driversIn(before ?? ''));
  const added = [...new Set(driversIn(after ?? ''))].filter(driver => !known.has(driver));
  if (added.length === 0) return [];
  const summary = `${shownPath(path)} has Git start a program for files: ${added.slice(0, 5).join(', ')}`;
  return [finding('attributes', 'ask', { summary, path })];
};

/** What Git does by itself, without a program that somebody configured. */
const BUILT_IN: Readonly<Record<string, ReadonlySet<string>>> = {
  filter: new Set(),
  merge: new Set(['text', 'binary', 'union']),
  diff: new Set(
    'ada bash bibtex cpp csharp css dts elixir fortran fountain golang html java kotlin markdown matlab objc pascal perl php python ruby rust scheme tex'.split(
      ' ',
    ),
  ),
};

const driversIn = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .flatMap(line =>
      line.trimStart().startsWith('#')
        ? []
        : [...line.matchAll(/\s(filter|merge|diff)=(\S+)/g)]
            .filter(([, kind = '', name = '']) => !BUILT_IN[kind]!.has(name))
            .map(([whole]) => whole.trim()),
    );
