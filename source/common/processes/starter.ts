import { type RunningProcess, startDirectly } from './directly.ts';
import type { FromStarter, ToStarter } from './messages.ts';

/**
 * A process that is kept small and does nothing but start others on behalf of one that is not (`link.ts`). It knows no
 * one else, decides nothing, and is over when its owner is, however that ended.
 */
const running = new Map<number, RunningProcess>();

const tell = (message: FromStarter): void => {
  process.send?.(message, undefined, undefined, () => undefined); // An owner that is gone: `disconnect` follows.
};

const start = ({ id, order }: Extract<ToStarter, { type: 'start' }>): void => {
  running.set(
    id,
    startDirectly(order, {
      onStdout: chunk => tell({ type: 'stdout', id, chunk }),
      onStderr: chunk => tell({ type: 'stderr', id, chunk }),
      onEnd(end) {
        running.delete(id);
        tell({ type: 'end', id, end });
      },
    }),
  );
};

process.on('message', (message: ToStarter) => {
  if (message.type === 'start') start(message);
  else if (message.type === 'signal') running.get(message.id)?.signal(message.signal);
  else running.get(message.id)?.abandon();
});
// What runs goes on by itself, as it would if its owner had started it and died.
process.on('disconnect', () => process.exit());
tell({ type: 'ready' });
