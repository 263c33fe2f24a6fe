import { textWidth } from '../../source/common/text.ts';
import { lookAtEnd, plainOf } from '../rows/styled.ts';

const ESC = '\u001B';
/** Goes to the first column and leaves the row empty. */
export const ROW_START = `${ESC}[1G${ESC}[K`;

/**
 * What makes one row of the screen another: nothing is written of what both begin with. As everything is erased from the
 * first difference on, no more than the two rows need to be known.
 */
export const rowUpdate = (before: string, after: string, columns: number): string => {
  const same = sameLength(before, after);
  const kept = plainOf(after.slice(0, same));
  const column = textWidth(kept);
  // A cursor behind the last column stands still on it: what is the same up to there cannot be left out.
  if (column === 0 || column >= columns) return ROW_START + after;
  return `${ESC}[${column + 1}G${ESC}[K${lookAtEnd(after.slice(0, same))}${after.slice(same)}`;
};

/** How far two rows are the same, up to a place where neither an escape nor a letter of several characters is cut in two. */
const sameLength = (before: string, after: string): number => {
  let same = 0;
  const uncertain = after.search(UNCERTAIN);
  const end = Math.min(before.length, uncertain < 0 ? after.length : uncertain);
  while (same < end && before.charCodeAt(same) === after.charCodeAt(same)) same++;
  for (;;) {
    const look = after.lastIndexOf(ESC, same - 1);
    if (look >= 0 && look < same && after.indexOf('m', look) >= same) same = look;
    // What joins with the letter before it is never ASCII.
    else if (same > 0 && (joins(before, same) || joins(after, same))) same--;
    else return same;
  }
};

/** Letters that terminals do not agree upon how wide they are: behind one it is not known where the cursor must go. */
const UNCERTAIN = /[\uD800-\uDFFF]/;

const joins = (row: string, at: number): boolean => row.charCodeAt(at) > 0x7e;
