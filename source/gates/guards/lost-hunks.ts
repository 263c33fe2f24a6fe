import type { Hunk } from '../../git/hunks.ts';
import type { GuardFinding } from '../../ledger/schema.ts';
import { atMost, finding, shownPath } from './finding.ts';

export type Hunks = ReadonlyMap<string, readonly Hunk[]>;

/** Three differences that meet: what the earlier work did, what came onto the target meanwhile, what the work does now. */
export interface Rework {
  /** From where the earlier work began to its head; undefined where there was none. */
  readonly earlier: Hunks | undefined;
  /** Whether that came back because it met other changes: only then was the same to be done once more. */
  readonly wasConflict: boolean;
  /** From where the earlier work began to where this one did. */
  readonly landed: Hunks;
  /** From where this one began to its head. */
  readonly now: Hunks;
  /** Paths and lines that the head has, by trimmed line, of files that the earlier work changed. */
  readonly linesNow: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * After a conflict: parts of the earlier work that the new one no longer has, and what others landed meanwhile and the new
 * work takes back. A place where both sides changed the same is rewritten by anyone who resolves it well; it counts only
 * where the result is one side alone.
 */
export const lostHunks = (rework: Rework): GuardFinding[] =>
  atMost([...(rework.wasConflict ? ownLost(rework) : []), ...othersLost(rework)]);

/** Parts of the earlier work of which no line is there any more, and at whose place nothing is done now. */
const ownLost = ({ earlier, landed, now, linesNow }: Rework): GuardFinding[] => {
  const elsewhere = addedBy(now);
  return [...(earlier ?? [])].flatMap(([path, hunks]) => {
    const have = linesNow.get(path) ?? new Set();
    const gone = hunks.filter(hunk => {
      const lines = telling(hunk.added);
      if (lines.length === 0 || lines.some(line => have.has(line) || elsewhere.has(line))) return false;
      const place = hunk.oldStart + shiftAt(hunk.oldStart, landed.get(path) ?? []);
      return !(now.get(path) ?? []).some(other => isNear(place, hunk.removed.length, other));
    });
    if (gone.length === 0) return [];
    const first = telling(gone[0]!.added)[0]!;
    const summary = `the earlier work's change of ${shownPath(path)} is no longer in it, for example: ${first.slice(0, 100)}`;
    return [finding('lost-hunks', 'ask', { summary, path })];
  });
};

/** Lines that others landed and this work takes out, putting in nothing but what stood there before or in its own earlier version. */
const othersLost = ({ earlier, landed, now }: Rework): GuardFinding[] =>
  [...now].flatMap(([path, hunks]) => {
    const theirs = landed.get(path);
    if (!theirs) return [];
    const landedLines = new Set(theirs.flatMap(hunk => telling(hunk.added)));
    const oldLines = new Set([
      ...theirs.flatMap(hunk => telling(hunk.removed)),
      ...(earlier?.get(path) ?? []).flatMap(hunk => telling(hunk.added)),
    ]);
    const back = addedBy(now);
    for (const { removed, added, newStart } of hunks) {
      const lost = telling(removed).filter(line => landedLines.has(line) && !back.has(line));
      if (lost.length === 0 || telling(added).some(line => !oldLines.has(line))) continue;
      const summary = `takes out of ${shownPath(path)} what landed while it was worked on: ${lost[0]!.slice(0, 100)}`;
      return [finding('lost-hunks', 'ask', { summary, path, ...(newStart > 0 && { line: newStart }) })];
    }
    return [];
  });

/** Lines that say something by themselves: no brackets, no blank ones. */
const telling = (lines: readonly string[]): string[] =>
  lines.map(line => line.trim()).filter(line => /[\p{L}\p{N}]{2}|\p{N}/u.test(line));

const addedBy = (hunks: Hunks): ReadonlySet<string> =>
  new Set([...hunks.values()].flatMap(list => list.flatMap(hunk => telling(hunk.added))));

/** How many lines further down a line is, after others changed what is above it. */
const shiftAt = (line: number, landed: readonly Hunk[]): number =>
  landed
    .filter(hunk => hunk.oldStart < line)
    .reduce((sum, { added, removed }) => sum + added.length - removed.length, 0);

/** Lines between two changes that still count as the same place: what is done once more is rarely done to the line. */
const NEAR_LINES = 3;

const isNear = (start: number, length: number, other: Hunk): boolean =>
  other.oldStart <= start + length + NEAR_LINES && other.oldStart + other.removed.length >= start - NEAR_LINES;
