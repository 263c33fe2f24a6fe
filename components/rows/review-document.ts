import { safeText } from '../../source/common/text.ts';
import type { BeadRow, MergeRow, Review, TownView } from '../../source/town/view.ts';
import { wrapText } from '../dialogs/wrap.ts';
import type { LineName, ReviewDialog, ReviewPlace } from '../state.ts';
import { aboutLines } from './review-about.ts';
import { terminalLine } from './terminal-text.ts';

/** A request under review as lines, none of which is ever drawn before it is in sight. */
export interface ReviewDocument {
  /** What stands before the files, then a section for each file. */
  readonly sections: readonly (readonly ReviewLine[])[];
  /** Flat index at which each section begins, and at last the number of lines. */
  readonly starts: readonly number[];
}

export type ReviewLine =
  /** `isOwn`: words of the program, in which `{id}` stands for a key. */
  | { readonly kind: 'text'; readonly text: string; readonly look?: Look; readonly isOwn?: true }
  | { readonly kind: 'file'; readonly text: string }
  | { readonly kind: 'hunk'; readonly text: string }
  /** A line of a file, with its number before and after. */
  | {
      readonly kind: 'code';
      readonly sign: string;
      readonly text: string;
      readonly old?: number;
      readonly new?: number;
    }
  /** What a person said, or a guard found, of the line above. */
  | { readonly kind: 'said' | 'found'; readonly text: string };

export type Look = 'strong' | 'dim' | 'good' | 'warn' | 'bad' | 'info';

export interface ReviewInput {
  readonly review: Review;
  readonly scope: ReviewDialog['scope'];
  readonly merge: MergeRow;
  readonly bead: BeadRow | undefined;
  readonly view: TownView;
  /** Columns of a line of the text before the files; lines of files are cut when they are drawn. */
  readonly width: number;
  /** The files are listed beside the document, and need no list in it. */
  readonly listed: boolean;
}

/** The lines of a request; the same object for as long as nothing of it has changed. */
export const reviewDocument = (input: ReviewInput): ReviewDocument => {
  const made = documents.get(input.review);
  if (made && KEYS.every(key => made.input[key] === input[key])) return made.document;
  const document = makeDocument(input);
  documents.set(input.review, { input, document });
  return document;
};

/** A large diff has thousands of lines, and is looked at line by line. */
const documents = new WeakMap<Review, { input: ReviewInput; document: ReviewDocument }>();
const KEYS = ['scope', 'merge', 'bead', 'width', 'listed'] as const;

export const EMPTY_DOCUMENT: ReviewDocument = { sections: [[]], starts: [0, 0] };

/** Files of what is shown. */
export const filesOf = (review: Review, scope: ReviewDialog['scope']) =>
  (scope === 'since' ? review.since?.files : review.files) ?? [];

/** Where a place is among all lines. */
export const flatIndex = ({ sections, starts }: ReviewDocument, { section, line }: ReviewPlace): number => {
  const known = Math.min(section, sections.length - 1);
  return Math.min(starts[known]! + line, Math.max(starts[known]!, starts[known + 1]! - 1));
};

/** The place of a flat index. */
export const placeAt = ({ starts }: ReviewDocument, index: number): ReviewPlace => {
  let section = starts.length - 2;
  while (section > 0 && starts[section]! > index) section -= 1;
  return { section, line: Math.max(0, index - starts[section]!) };
};

/** Lines `from` up to `to`, whatever their sections. */
export const linesBetween = ({ sections, starts }: ReviewDocument, from: number, to: number): readonly ReviewLine[] =>
  sections.flatMap((lines, section) =>
    lines.slice(Math.max(0, from - starts[section]!), Math.max(0, to - starts[section]!)),
  );

/** Flat index of the nearest hunk below or above. */
export const hunkFrom = (document: ReviewDocument, from: number, by: 1 | -1): number | undefined => {
  const { sections, starts } = document;
  const hunks = sections.flatMap((lines, section) =>
    lines.flatMap(({ kind }, line) => (kind === 'hunk' ? [starts[section]! + line] : [])),
  );
  return by > 0 ? hunks.find(index => index > from) : hunks.findLast(index => index < from);
};

/**
 * How a person names the line under the cursor, or the nearest below it in its file, else above; undefined outside of
 * files. Beside earlier work, a line that went is not in what the request began with: it has no name.
 */
export const lineNameAt = (document: ReviewDocument, { at, scope, review }: ReviewDialog): LineName | undefined => {
  const lines = document.sections[at.section] ?? [];
  const file = review && filesOf(review, scope)[at.section - 1];
  if (!file) return undefined;
  const named = (line: ReviewLine): LineName | undefined => {
    if (line.kind !== 'code') return undefined;
    if (line.new !== undefined) return { path: file.path, line: line.new, side: 'new' };
    if (line.old === undefined || scope === 'since') return undefined;
    return { path: file.was ?? file.path, line: line.old, side: 'old' };
  };
  const below = lines.slice(at.line).find(line => named(line));
  const nearest = below ?? lines.slice(0, at.line).findLast(line => named(line));
  return nearest && named(nearest);
};

const makeDocument = (input: ReviewInput): ReviewDocument => {
  const { review, scope, merge } = input;
  const files = filesOf(review, scope);
  const sections = [aboutLines(input), ...files.map(file => fileLines(file, merge, scope, input.width))];
  const starts = [0];
  for (const lines of sections) starts.push(starts.at(-1)! + lines.length);
  return { sections, starts };
};

type Remark = {
  readonly kind: 'said' | 'found';
  readonly text: string;
  readonly line?: number;
  readonly side: 'new' | 'old';
};

const fileLines = (
  file: Review['files'][number],
  merge: MergeRow,
  scope: ReviewDialog['scope'],
  width: number,
): readonly ReviewLine[] => {
  const remarks = remarksOn(file, merge);
  const placed = new Set<Remark>();
  const body: ReviewLine[] = [];
  for (const hunk of file.hunks) {
    body.push({
      kind: 'hunk',
      text: `@@ line ${hunk.newStart || hunk.oldStart}${hunk.title ? `  ${hunk.title}` : ''}`,
    });
    let { oldStart: old, newStart: fresh } = hunk;
    for (const text of hunk.lines) {
      const sign = text[0]!;
      const numbers = {
        ...((sign === ' ' || sign === '-') && { old: old++ }),
        ...((sign === ' ' || sign === '+') && { new: fresh++ }),
      };
      body.push({ kind: 'code', sign, text: terminalLine(text.slice(1)), ...numbers });
      for (const remark of remarks) {
        const here = remark.side === 'new' ? numbers.new : scope === 'whole' ? numbers.old : undefined;
        if (remark.line === undefined || remark.line !== here || placed.has(remark)) continue;
        placed.add(remark);
        body.push(...remarkLines(remark, width));
      }
    }
  }
  const apart = remarks.filter(remark => !placed.has(remark));
  return [
    { kind: 'file', text: file.path },
    ...factsOf(file).map(text => ({ kind: 'text' as const, text, look: 'dim' as const })),
    ...apart.flatMap(remark => remarkLines(remark, width, remark.line)),
    ...body,
    ...(file.cut
      ? [{ kind: 'text' as const, text: '… too large to be shown as a whole here.', look: 'warn' as const }]
      : []),
    { kind: 'text', text: '' },
  ];
};

/** Comments of people first, then what guards found. */
const remarksOn = ({ path, was }: Review['files'][number], merge: MergeRow): readonly Remark[] => [
  ...(merge.comments ?? [])
    .filter(one => one.path === path || (one.side === 'old' && one.path === was))
    .map(({ line, side, text, by }) => ({ kind: 'said' as const, text: `${by}: ${text}`, line, side })),
  ...(merge.findings ?? [])
    .filter(one => one.path === path)
    .map(({ guard, summary, line }) => ({
      kind: 'found' as const,
      text: `${guard}: ${summary}`,
      side: 'new' as const,
      ...(line !== undefined && { line }),
    })),
];

const remarkLines = ({ kind, text }: Remark, width: number, line?: number): readonly ReviewLine[] =>
  wrapText(`${line === undefined ? '' : `line ${line}: `}${safeText(text)}`, Math.max(10, width - REMARK_INDENT)).map(
    part => ({
      kind,
      text: terminalLine(part),
    }),
  );

/** Columns before a remark, so that it stands under the text that it is about. */
export const REMARK_INDENT = 8;

const factsOf = ({ status, was, modes, added, hunks }: Review['files'][number]): readonly string[] => [
  ...(status === 'renamed' || status === 'copied' ? [`${status} from ${was ?? 'elsewhere'}`] : []),
  ...(status === 'added' || status === 'deleted' ? [`${status} file`] : []),
  ...(status === 'retyped' ? ['became another kind of file'] : []),
  ...(modes ? [`mode ${modes}`] : []),
  ...(added === undefined && hunks.length === 0 ? ['not text: it cannot be shown'] : []),
];
