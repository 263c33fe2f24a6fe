import { hash } from 'node:crypto';
import { isSame } from '../diff.ts';
import { LIMITS } from '../schema.ts';
import { asList, type Fields, fieldOf, isFields, mergeList, type Side, type Sides } from './values.ts';

/** Who keeps what gave way. */
const KEEPER = 'sync';
const BREAK = '\n\n';

/** Two texts of which one must give way. */
export interface GivenWay {
  readonly field: string;
  readonly text: string;
  /** When the record that held it was last changed. */
  readonly at: string;
}

/** Of texts that both sides wrote anew those that are not in the merged record: whoever wrote them must be able to find them. */
export const givenWay = (merged: Fields, sides: Sides<Fields>, fields: readonly string[]): GivenWay[] =>
  fields.flatMap(field => {
    const { base, ours, theirs } = fieldOf(sides, field);
    if (isSame(ours, theirs) || isSame(ours, base) || isSame(theirs, base)) return [];
    return [sides.ours!, sides.theirs!].flatMap(side => {
      const text = side[field];
      if (typeof text !== 'string' || text === '' || text === merged[field]) return [];
      return [{ field, text, at: String(side.updated_at ?? side.at ?? side.createdAt ?? '') }];
    });
  });

/** As comments of a bead. The same text is kept once, however often it is merged. */
export const asComments = (comments: Sides, kept: readonly GivenWay[], at: string): unknown =>
  withKept(
    comments,
    kept.map(({ field, text, at: writtenAt }) => ({
      id: keptId(field, text),
      author: KEEPER,
      text: cut(
        `Two machines changed the ${field.replaceAll('_', ' ')} at once; this version gave way:${BREAK}${text}`,
      ),
      created_at: writtenAt || at,
    })),
  );

/** As a list of its own, for records without comments. */
export const asGaveWay = (list: Sides, kept: readonly GivenWay[]): unknown =>
  withKept(
    list,
    kept.map(({ field, text }) => ({ id: keptId(field, text), field, value: text })),
  );

/** `ours` is the list as merged so far. Added as any addition is, so that merging once more finds the same order. */
const withKept = (list: Sides, kept: readonly { readonly id: string }[]): unknown => {
  const known = new Set(asList(list.ours).map(one => (isFields(one) ? one.id : undefined)));
  const added = kept.filter(({ id }) => !known.has(id));
  if (added.length === 0) return list.ours;
  return mergeList({ base: list.base, ours: list.ours, theirs: [...asList(list.ours), ...added] }, 'theirs');
};

/**
 * Notes only grow: what either side added between the paragraphs of the base stands, none of it twice, the earlier side's
 * first. Undefined where one side rewrote what was there, so that one of them must give way.
 */
export const mergeNotes = (sides: Sides<Fields>, newer: Side, field: string): string | undefined => {
  const { base, ours, theirs } = fieldOf(sides, field);
  if (typeof ours !== 'string' || typeof theirs !== 'string') return undefined;
  const before = typeof base === 'string' ? paragraphs(base) : [];
  const [earlier, later] = (newer === 'ours' ? [theirs, ours] : [ours, theirs]).map(text =>
    gaps(paragraphs(text), before)?.map(wholeNotes),
  );
  if (!earlier || !later) return undefined;
  const merged = earlier.flatMap((first, index) => {
    const elsewhere = earlier.flatMap((gap, at) => (at === index ? [] : gap));
    return [...uniteGap(first, later[index]!, elsewhere), ...before.slice(index, index + 1)];
  });
  const text = merged.join(BREAK);
  return text.length <= LIMITS.textChars ? text : undefined;
};

/** Whoever has the other's words already has them in their place. Words without a heading come first, or they would seem to belong to one. */
const uniteGap = (earlier: readonly string[], later: readonly string[], elsewhere: readonly string[]): string[] => {
  const added = later.filter(note => earlier.includes(note) || !elsewhere.includes(note));
  if (earlier.every(note => added.includes(note))) return added;
  const all = [...earlier, ...added.filter(note => !earlier.includes(note))];
  return [...all.filter(note => !HEADING.test(note)), ...all.filter(note => HEADING.test(note))];
};

/** What `bead.note` puts before each note: who wrote it and when. */
const HEADING = /^\[\d{4}-\d\d-/;

/** Paragraphs under a heading are one note, and stay together. */
const wholeNotes = (gap: readonly string[]): string[] => {
  const notes: string[] = [];
  for (const paragraph of gap) {
    if (notes.length > 0 && HEADING.test(notes.at(-1)!) && !HEADING.test(paragraph))
      notes[notes.length - 1] += `${BREAK}${paragraph}`;
    else notes.push(paragraph);
  }
  return notes;
};

/** What stands before, between and after the paragraphs of the base; undefined where one of them is gone or moved. */
const gaps = (text: readonly string[], base: readonly string[]): string[][] | undefined => {
  const found: string[][] = [[]];
  for (const paragraph of text) {
    if (found.length <= base.length && paragraph === base[found.length - 1]) found.push([]);
    else found.at(-1)!.push(paragraph);
  }
  return found.length === base.length + 1 ? found : undefined;
};

const paragraphs = (text: string): string[] => text.split(BREAK).filter(Boolean);

const keptId = (field: string, text: string): string => `c-${hash('sha256', `${field}\n${text}`).slice(0, 12)}`;

const cut = (text: string): string =>
  text.length <= LIMITS.textChars ? text : `${text.slice(0, LIMITS.textChars - 1).replace(/[\ud800-\udbff]$/, '')}…`;
