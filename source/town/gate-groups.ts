import fs from 'node:fs';
import path from 'node:path';
import { isSameProcess, processStartTime } from '../agents/process.ts';
import { readFileIfPresent } from '../common/files.ts';

interface Group {
  readonly pgid: number;
  readonly startTime: number;
}

/**
 * Remembers the process groups of gates under way in a small file, so that a town started after `kill -9` can end the
 * ones its predecessor left running. Not durable on purpose: after a power loss there is nothing to end.
 */
export const trackGateGroups = (file: string): { add(pgid: number): void; clear(): Promise<void> } => {
  const groups: Group[] = [];
  const save = () => {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const all = [...readGroups(file).filter(known => !groups.some(own => own.pgid === known.pgid)), ...groups];
    fs.writeFileSync(file, JSON.stringify(all), { mode: 0o600 });
  };
  return {
    add(pgid) {
      const startTime = processStartTime(pgid);
      if (startTime === undefined) return;
      groups.push({ pgid, startTime });
      save();
    },
    async clear() {
      const left = readGroups(file).filter(
        known => !groups.some(own => own.pgid === known.pgid && own.startTime === known.startTime),
      );
      groups.length = 0;
      fs.writeFileSync(file, JSON.stringify(left), { mode: 0o600 });
    },
  };
};

/** Ends groups whose leader is still the very process recorded (same start time). Returns how many. */
export const endOrphanedGates = async (file: string): Promise<number> => {
  if ((await readFileIfPresent(file)) === undefined) return 0;
  let ended = 0;
  for (const { pgid, startTime } of readGroups(file)) {
    if (!isSameProcess(pgid, startTime)) continue;
    try {
      process.kill(-pgid, 'SIGKILL');
      ended++;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  fs.rmSync(file, { force: true });
  return ended;
};

/** As they stand on record. */
export const recordedGroups = (file: string): readonly { readonly pgid: number; readonly startTime: number }[] =>
  readGroups(file);

/** Forgets groups whose leader is gone; those that run stay on record. Synchronous, so that nobody writes in between. */
export const dropDeadGroups = (file: string): void => {
  const live = readGroups(file).filter(({ pgid, startTime }) => isSameProcess(pgid, startTime));
  fs.writeFileSync(file, JSON.stringify(live), { mode: 0o600 });
};

const readGroups = (file: string): Group[] => {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    return JSON.parse(text) as Group[];
  } catch {
    // Torn by a crash in the middle of writing: which groups it named is unknown, and unknown is never killed.
    return [];
  }
};
