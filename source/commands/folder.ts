import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { GastownError } from '../common/errors.ts';
import type { RunningTown } from '../town/service.ts';

/** Between two looks at whether the town's folder is still there. */
const LOOK_MS = 10_000;

/**
 * Waits for one of these ends of a town that runs without a screen. Rejects with `disk`, the town closed, once its folder has
 * been removed or another one lies in its place: nothing of what happens can be kept any more, no command reaches this
 * process, and nobody would ever miss it.
 */
export const whileThere = async (running: RunningTown, ends: readonly Promise<void>[]): Promise<void> => {
  const { paths, log } = running.town.context;
  const ended = new AbortController();
  try {
    await Promise.race([...ends, untilGone(paths.dir, ended.signal)]);
  } catch (error) {
    await running.close().catch((cause: unknown) => log.warn({ err: cause }, 'not all of the town could be closed'));
    throw error;
  } finally {
    ended.abort();
  }
};

const untilGone = async (dir: string, signal: AbortSignal): Promise<void> => {
  let first: string | undefined;
  while (!signal.aborted) {
    const now = await identityOf(dir);
    if (now !== 'unknown') first ??= now;
    if (now === 'gone' || (now !== 'unknown' && now !== first)) {
      throw new GastownError('disk', `The folder of the town at ${dir} is gone, and so this town ends.`, {
        hint: 'It was moved or removed while the town ran. If it was moved, gastown --town <its folder> goes on there.',
      });
    }
    await sleep(LOOK_MS, undefined, { ref: false, signal }).catch(() => undefined);
  }
};

/** What cannot be looked at is not known to be gone. */
const identityOf = (dir: string): Promise<string> =>
  stat(dir).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? 'gone' : 'unknown'),
  );
