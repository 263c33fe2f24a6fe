import { constants } from 'node:fs';
import { open, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { TestTally } from './test-tally.ts';

/**
 * What the test runner's reports say of the run that began at `since` (ms since the epoch): JUnit XML in the checkout,
 * where `globs` or custom say, else TAP in the output. Files are hostile: no link is followed out of the checkout, no
 * pipe waited for, and what is too large is left unread. Never rejects for what lies there.
 */
export const readReports = async (options: {
  cwd: string;
  since: number;
  output: string;
  globs?: readonly string[];
}): Promise<TestTally | undefined> => {
  const root = await realpath(options.cwd).catch(() => options.cwd);
  const files = await findReports(root, options.globs ?? USUAL_PLACES);
  if (files.length === 0 && !options.output.includes('TAP version')) return undefined;
  // Two parsers of other people's formats, 800 KB of them: only for those whose runner writes such a report.
  const { addTallies, readJunit, readTap } = await import('./test-tally.ts');
  const tallies: TestTally[] = [];
  let isCut = false;
  for (const file of files) {
    if (tallies.length === MAX_REPORTS) {
      isCut = true;
      break;
    }
    const text = await readFresh(file, { root, since: options.since });
    const tally = text === undefined ? undefined : readJunit(text, root);
    if (tally) tallies.push(tally);
  }
  const all = addTallies(tallies);
  if (all) return isCut ? { ...all, isPartial: true } : all;
  return readTap(options.output);
};

/** True for a pattern below the checkout: `reports/*.xml`. */
export const isReportGlob = (glob: string): boolean =>
  glob !== '' && !path.isAbsolute(glob) && !glob.split('/').includes('..') && glob.split('/').length <= MAX_DEPTH;

/** Where runners put their reports unless told otherwise. */
const USUAL_PLACES = [
  'junit.xml',
  'report.xml',
  'test-report.xml',
  'test-results.xml',
  'junit/*.xml',
  'reports/*.xml',
  'test-results/*.xml',
  'test-reports/*.xml',
  'build/test-results/*/*.xml',
  'target/surefire-reports/*.xml',
  'target/nextest/*/junit.xml',
];
/** One a test class, as Surefire and Gradle write them. */
const MAX_REPORTS = 500;
const MAX_BYTES = 8_388_608;
const MAX_DEPTH = 12;
/** Names looked at for one pattern: a `**` over an install must not take minutes. */
const MAX_NAMES = 50_000;
/** Some file systems keep whole seconds. */
const CLOCK_SLACK_MS = 1_000;
/** Never looked into by `**`: nobody's own reports lie there. */
const PASSED_OVER = new Set(['node_modules', '.git']);

const findReports = async (root: string, globs: readonly string[]): Promise<string[]> => {
  const found = new Set<string>();
  for (const glob of globs.filter(isReportGlob)) {
    const budget = { names: MAX_NAMES };
    await match(root, glob.split('/'), found, budget);
  }
  return [...found].sort();
};

/** Walks down one part of the pattern at a time, so that only folders that can match are read. */
const match = async (
  folder: string,
  [part, ...rest]: string[],
  found: Set<string>,
  budget: { names: number },
): Promise<void> => {
  if (part === undefined || budget.names <= 0) return;
  if (part === '.' || part === '') return match(folder, rest, found, budget);
  // A folder that is not there, or is none, holds no reports.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  budget.names -= entries.length;
  if (part === '**') {
    await match(folder, rest, found, budget);
    for (const entry of entries) {
      if (entry.isDirectory() && !PASSED_OVER.has(entry.name))
        await match(path.join(folder, entry.name), [part, ...rest], found, budget);
    }
    return;
  }
  const pattern = new RegExp(
    `^${part
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')}$`,
  );
  for (const entry of entries) {
    if (!pattern.test(entry.name)) continue;
    const at = path.join(folder, entry.name);
    if (rest.length > 0 && entry.isDirectory()) await match(at, rest, found, budget);
    else if (rest.length === 0 && entry.isFile()) found.add(at);
  }
};

/** Text of a file that the run wrote; undefined for an older one, whatever it is. */
const readFresh = async (
  file: string,
  { root, since }: { root: string; since: number },
): Promise<string | undefined> => {
  const real = await realpath(file).catch(() => undefined);
  if (real === undefined || !real.startsWith(`${root}${path.sep}`)) return undefined;
  try {
    const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (!stat.isFile() || stat.size > MAX_BYTES || stat.mtimeMs < since - CLOCK_SLACK_MS) return undefined;
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'EACCES', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
};
