import { spawn } from 'node:child_process';
import type { TownStart } from './protocol.ts';
import { closeOtherDescriptors } from './trampoline.ts';

/** Since when its predecessor was gone, ISO time: told to the town that is started in its place. */
export const GONE_SINCE = 'GASTOWN_GONE_SINCE';

/** Starts within `WINDOW_MS`: a town that falls again and again waits for a person. */
const STARTS_MAX = 3;
const WINDOW_MS = 15 * 60_000;

/**
 * The watchdog outside of the town. A town that is killed or falls while agents work would leave them with nobody to take
 * their work, until a person looks: the host, which outlives it, starts it again. One that leaves says so, and stays away.
 */
export class Boot {
  readonly #isAnyAtWork: () => boolean;
  readonly #onSettled: () => void;
  #guarded: { readonly by: object; readonly start: TownStart } | undefined;
  #goneSince: Date | undefined;
  #timer: NodeJS.Timeout | undefined;
  #starts: number[] = [];

  constructor(options: { isAnyAtWork: () => boolean; onSettled: () => void }) {
    this.#isAnyAtWork = options.isAnyAtWork;
    this.#onSettled = options.onSettled;
  }

  /** A town is missing: the host must not end before it was started again. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /** The town that is connected as `by` is to be started like this when it vanishes; undefined: it leaves on purpose. */
  guard(by: object, start: TownStart | undefined): void {
    if (!start && this.#guarded?.by !== by) return;
    this.#stopWaiting();
    this.#guarded = start && { by, start };
  }

  /** The connection `by` is gone. */
  left(by: object): void {
    if (this.#guarded?.by !== by) return;
    if (!this.#isAnyAtWork()) {
      this.#guarded = undefined;
      return;
    }
    this.#goneSince = new Date();
    this.#wait(this.#guarded.start);
  }

  /** Until it is started; and after that until it has come, or is started once more. */
  #wait(start: TownStart): void {
    this.#timer = setTimeout(() => {
      const now = performance.now();
      this.#starts = this.#starts.filter(at => now - at < WINDOW_MS);
      if (this.#starts.length >= STARTS_MAX) {
        console.error(new Date().toISOString(), `the town was started ${STARTS_MAX} times and fell: it is left alone`);
        this.#stopWaiting();
        this.#guarded = undefined;
        this.#onSettled();
        return;
      }
      this.#starts.push(now);
      this.#start(start);
      this.#wait(start);
    }, start.afterMs);
  }

  #start({ argv, env, cwd }: TownStart): void {
    const whole = { ...env, [GONE_SINCE]: this.#goneSince!.toISOString() };
    const [file, ...args] = closeOtherDescriptors(argv, whole);
    console.error(this.#goneSince!.toISOString(), 'the town is gone; it is started again:', argv.join(' '));
    const child = spawn(file!, args, { cwd, env: whole, detached: true, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', error => console.error(new Date().toISOString(), 'the town could not be started:', error));
    child.unref();
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
