import { plural } from '../../common/text.ts';
import type { GuardFinding } from '../../ledger/schema.ts';
import { atMost, finding, shownPath } from './finding.ts';
import { hasInlineTests, isTestFile, type TestWords, testWords } from './test-words.ts';

/** One changed file in both versions; undefined where there is none. */
export interface TestChange {
  readonly path: string;
  readonly oldPath?: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Assertions that a file may lose before anybody is asked: tests are rewritten all the time. Both must be passed. */
const ASSERTS_LOST = 3;
const ASSERTS_LOST_SHARE = 0.2;
/** Share of a deleted file's tests that must stand elsewhere now for it to count as moved. */
const MOVED_SHARE = 0.8;

/** True for files whose two versions `weakenedTests` wants to see. */
export const mayHoldTests = (path: string): boolean => isTestFile(path) || path.endsWith('.rs');

/**
 * Work that makes tests say less: deleted, turned off, or emptied of what they claim. Lines are counted over the whole
 * branch, so that what only moves, within a file or to another, is no loss.
 */
export const weakenedTests = (changes: readonly TestChange[]): GuardFinding[] => {
  const looks = changes.filter(isAboutTests).map(look);
  const gained = {
    skips: counted(looks.flatMap(({ old }) => old.skips)),
    lines: counted(
      looks.flatMap(({ old, now }) => surplus([...now.asserts, ...now.cases], [...old.asserts, ...old.cases])),
    ),
  };
  return atMost([
    ...looks.flatMap(one => deleted(one, gained.lines)),
    ...looks.flatMap(one => skipped(one, gained.skips)),
    ...thinned(looks),
    ...looks.flatMap(emptied),
  ]);
};

interface Look extends TestChange {
  readonly old: TestWords;
  readonly now: TestWords;
}

const isAboutTests = ({ path, oldPath, before, after }: TestChange): boolean =>
  isTestFile(path) ||
  (oldPath !== undefined && isTestFile(oldPath)) ||
  (path.endsWith('.rs') && (hasInlineTests(before ?? '') || hasInlineTests(after ?? '')));

const look = (change: TestChange): Look => ({
  ...change,
  old: testWords(change.before ?? ''),
  now: testWords(change.after ?? ''),
});

const asks = (summary: string, path: string): GuardFinding => finding('weakened-tests', 'ask', { summary, path });

/** Gone, or moved to where no test runner looks. */
const deleted = ({ path, oldPath, after, old }: Look, elsewhere: ReadonlyMap<string, number>): GuardFinding[] => {
  const was = oldPath ?? path;
  if (!isTestFile(was)) return [];
  if (after !== undefined) {
    if (isTestFile(path)) return [];
    return [asks(`moves the test file ${shownPath(was)} to ${shownPath(path)}, which is none`, path)];
  }
  const lines = [...old.asserts, ...old.cases];
  const found = lines.filter(line => elsewhere.has(line)).length;
  if (lines.length > 0 && found >= lines.length * MOVED_SHARE) return [];
  const held = old.cases.length > 0 ? `, with ${plural(old.cases.length, 'test')}` : '';
  return [asks(`deletes the test file ${shownPath(was)}${held}`, was)];
};

/** A line that turns something off and stood nowhere before. Takes from what is known, so that a second copy is a new one. */
const skipped = ({ path, now }: Look, known: Map<string, number>): GuardFinding[] => {
  const fresh = now.skips.filter(line => !take(known, line));
  if (fresh.length === 0) return [];
  return [
    asks(
      `turns tests off in ${shownPath(path)}: ${fresh[0]!.slice(0, 80)}${fresh.length > 1 ? ` and ${plural(fresh.length - 1, 'more line')}` : ''}`,
      path,
    ),
  ];
};

/** Files that lost more than others gained. */
const thinned = (looks: readonly Look[]): GuardFinding[] => {
  const kept = looks.filter(({ before, after }) => before !== undefined && after !== undefined);
  const net = (count: (words: TestWords) => number) =>
    looks.filter(({ after }) => after !== undefined).reduce((sum, { old, now }) => sum + count(old) - count(now), 0);
  const lost = net(words => words.asserts.length);
  const casesLost = net(words => words.cases.length);
  return kept.flatMap(({ path, old, now }) => {
    const gone = Math.min(lost, old.asserts.length - now.asserts.length);
    const fewer = Math.min(casesLost, old.cases.length - now.cases.length);
    if (fewer > 0) return [asks(`${shownPath(path)} has ${plural(fewer, 'test')} fewer`, path)];
    if (gone < ASSERTS_LOST || gone < old.asserts.length * ASSERTS_LOST_SHARE) return [];
    return [asks(`${shownPath(path)} lost ${gone} of ${plural(old.asserts.length, 'assertion')}`, path)];
  });
};

const emptied = ({ path, old, now }: Look): GuardFinding[] => {
  const fresh = surplus(now.empty, old.empty);
  return fresh.length > 0 ? [asks(`${shownPath(path)} claims what is always so: ${fresh[0]!.slice(0, 80)}`, path)] : [];
};

const counted = (lines: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
};

const take = (counts: Map<string, number>, line: string): boolean => {
  const left = counts.get(line) ?? 0;
  if (left > 0) counts.set(line, left - 1);
  return left > 0;
};

/** Lines of `now` beyond those of `old`. */
const surplus = (now: readonly string[], old: readonly string[]): string[] => {
  const known = counted(old);
  return now.filter(line => !take(known, line));
};
