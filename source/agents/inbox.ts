import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../common/files.ts';

/** Largest report that is read: a summary is at most 256,000 characters, escaped up to six times that. */
const REPORT_BYTES = 2 * 1024 * 1024;
/** Reports taken at once, oldest first; the rest come with the next look. */
const REPORTS_AT_ONCE = 200;

/** A report that waits. `settle` removes it: only after what it says is durable. */
export interface WaitingReport {
  readonly file: string;
  readonly report: unknown;
  settle(): Promise<void>;
}

/** Keeps a report that an agent made while no town ran: one file, whole or not there, on disk when this resolves. */
export const putReport = async (dir: string, report: unknown): Promise<void> => {
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  // Names sort by time, so that a later claim is applied after an earlier one.
  const name = `${String(Date.now()).padStart(15, '0')}-${process.hrtime.bigint()}-${randomBytes(4).toString('hex')}.json`;
  await writeFileAtomic(path.join(dir, name), JSON.stringify(report), 0o600);
};

/** Reports in the order in which they were made. One that cannot be read is renamed to end in `.unreadable`, never lost. */
export const takeReports = async (dir: string): Promise<WaitingReport[]> => {
  const waiting: WaitingReport[] = [];
  for (const name of await reportNames(dir)) {
    const file = path.join(dir, name);
    const report = await readReport(file);
    if (report === undefined) await putAside(dir, name);
    else waiting.push({ file, report, settle: () => fs.rm(file, { force: true }) });
  }
  return waiting;
};

const reportNames = async (dir: string): Promise<string[]> => {
  try {
    const names = await fs.readdir(dir);
    // A leading dot is a file that is being written.
    return names
      .filter(name => name.endsWith('.json') && !name.startsWith('.'))
      .sort()
      .slice(0, REPORTS_AT_ONCE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

/** Undefined when it is no report: agents can write anything into this folder, also links, folders and endless files. */
const readReport = async (file: string): Promise<unknown> => {
  const stat = await fs.lstat(file);
  if (!stat.isFile() || stat.size > REPORT_BYTES) return undefined;
  try {
    const report: unknown = JSON.parse(await fs.readFile(file, 'utf8'));
    return typeof report === 'object' && report !== null ? report : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** Under a name that is not looked at again. Agents write here: a folder of ours could be a file of theirs. */
const putAside = (dir: string, name: string): Promise<void> =>
  fs.rename(path.join(dir, name), path.join(dir, `${name}.${randomBytes(4).toString('hex')}.unreadable`));
