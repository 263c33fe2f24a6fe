import { setTimeout as sleep } from 'node:timers/promises';
import { type GastownError, isGastownError } from '../common/errors.ts';

/** Between two tries at a town that another process holds; taking the lock itself costs under a millisecond. */
const POLL_MS = 25;

/**
 * Tries to open a town until nobody else holds it, for at most `limitMs`; then the last refusal, which names the holder,
 * is thrown. `onLocked` is awaited after each refusal, for asking the holder to let go; what it throws ends the waiting.
 */
export const whenFree = async <T>(
  open: () => Promise<T>,
  options: { limitMs: number; onLocked?: (refusal: GastownError) => Promise<void> },
): Promise<T> => {
  const giveUpAt = performance.now() + options.limitMs;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!isGastownError(error, 'town_locked') || performance.now() > giveUpAt) throw error;
      await options.onLocked?.(error);
      await sleep(POLL_MS);
    }
  }
};
