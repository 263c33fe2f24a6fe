import type { TerminalOutput } from './attach.ts';

export interface WatchSizesOptions {
  readonly stdout: TerminalOutput;
  /** Forgets what was drawn and leaves the screen empty. */
  readonly clear: () => void;
  /** Draws the whole frame, though nothing in it has changed. */
  readonly draw: () => void;
}

/**
 * Ink draws what differs from its last frame, but when its size changes a terminal cuts or scrolls what it shows, and a
 * frame on its way was for a size that is over: each size begins with an empty screen. Ends by calling what it returns.
 */
export const watchSizes = ({ stdout, clear, draw }: WatchSizesOptions): (() => void) => {
  let hasNewSize = false;
  const onResize = (): void => {
    hasNewSize = true;
    clear();
  };
  // Node looks at the size first, and tells of it only where it is another than before: one that came and went is none.
  const onSignal = (): void => {
    if (!hasNewSize) {
      clear();
      draw();
    }
    hasNewSize = false;
  };
  // Before Ink's own listener, which draws at once.
  stdout.prependListener('resize', onResize);
  process.on('SIGWINCH', onSignal);
  return () => {
    stdout.off('resize', onResize);
    process.off('SIGWINCH', onSignal);
  };
};
