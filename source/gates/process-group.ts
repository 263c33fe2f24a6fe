import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Between two looks for daemons. */
const POLL_MS = 20;

/** Signals a process group that we started; call only while its leader is ours, since ids are used again. False when nothing of it is left. */
export const signalGroup = (pgid: number, signal: NodeJS.Signals): boolean => {
  try {
    process.kill(-pgid, signal);
    return true;
  } catch (error) {
    // EPERM: only zombies and processes of others are left of it.
    if (['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
};

/**
 * Kills processes that left their group (daemons) and are known to be ours by a random value in their environment, which
 * children inherit. Linux only; elsewhere nothing is found. Returns how many.
 */
export const killMarked = async (mark: string): Promise<number> => {
  let killed = 0;
  // A daemon may be forking while it is looked for: until a pass finds none.
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const found = await findMarked(mark);
    if (found.length === 0) break;
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
        killed++;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    await sleep(POLL_MS);
  }
  return killed;
};

const MAX_PASSES = 5;

const findMarked = async (mark: string): Promise<number[]> => {
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter(name => /^\d+$/.test(name));
  const marked = await Promise.all(
    pids.map(async pid => {
      // Unreadable ones are other users', or gone.
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return environment.includes(mark) ? Number(pid) : undefined;
    }),
  );
  return marked.filter(pid => pid !== undefined && pid !== process.pid) as number[];
};
