import { duration } from '../../../source/common/text.ts';
import type { Cause, LineComment } from '../../../source/ledger/schema.ts';
import type { TownView } from '../../../source/town/view.ts';
import type { Theme } from '../../theme.ts';
import { type GasTownWord, GLOSSARY } from '../glossary.ts';
import type { Status } from '../status.ts';

/** A labelled value, a status, or text that is broken into lines. */
export type Fact =
  | { readonly label: string; readonly value: string }
  | { readonly label: string; readonly status: Status; readonly note: string }
  | { readonly line: string; readonly look?: 'strong' | 'dim' };

export interface Around {
  readonly view: TownView;
  readonly theme: Theme;
}

/** What facts of every kind are made from. */
export const head = (line: string): Fact => ({ line, look: 'strong' });

/** What is said about the facts themselves. */
export const aside = (line: string): Fact => ({ line, look: 'dim' });

/** What Gas Town's word means, for whoever meets it here the first time. */
export const meaning = (word: GasTownWord): Fact => aside(GLOSSARY[word]);

/** Nothing where there is nothing to say. */
export const known = (label: string, value: string | undefined): readonly Fact[] => (value ? [{ label, value }] : []);

export const section = (title: string, lines: readonly string[]): readonly Fact[] =>
  lines.length === 0 ? [] : [{ line: '' }, head(title), ...lines.map(line => ({ line }))];

export const commentFacts = (comments: readonly LineComment[] = []): readonly Fact[] =>
  comments.map(({ path, line, text: said, by }) => ({ label: 'comment', value: `${path}:${line} ${by}: ${said}` }));

export const textFacts = ({
  design,
  notes,
}: {
  readonly design?: string;
  readonly notes?: string;
}): readonly Fact[] => [
  ...(design ? [{ line: '' }, head('Design'), { line: design }] : []),
  ...(notes ? [{ line: '' }, head('Notes'), { line: notes }] : []),
];

export const causeFacts = (cause: Cause | undefined): readonly Fact[] =>
  cause
    ? [
        { label: 'came back', value: cause.summary },
        ...known('gate', cause.gate),
        ...known('files', cause.files?.join(', ')),
        ...commentFacts(cause.comments),
        ...(cause.output ? [aside(cause.output)] : []),
      ]
    : [];

export const since = (at: number, then: number | undefined): string =>
  then === undefined ? 'not run yet' : `${duration(at - then)} ago`;
