import { type ChildProcess, spawn } from 'node:child_process';
import { ownProgram } from '../own-files.ts';
import type { ProcessEnd, ProcessOrder, ProcessWatch, RunningProcess } from './directly.ts';
import type { FromStarter, ToStarter } from './messages.ts';

/** A starter of this process's own. */
export interface StarterLink {
  readonly state: 'beginning' | 'ready' | 'gone';
  /** Only while `ready`. */
  start(order: ProcessOrder, watch: ProcessWatch): RunningProcess;
}

/** Not kept while nothing is started: an idle town has no children. */
const IDLE_MS = 5_000;

/** Begins a starter. It never keeps this process from ending, but for as long as an order is under way. */
export const openStarter = ({
  onGone,
  idleMs = IDLE_MS,
}: {
  onGone: (wasReady: boolean) => void;
  idleMs?: number;
}): StarterLink => {
  const { NODE_COMPILE_CACHE: cache } = process.env;
  const child = spawn(process.execPath, [ownProgram('common/processes/starter')], {
    cwd: '/',
    // It hands every command its whole environment, and needs of its own only where Node keeps compiled code, if anywhere.
    env: cache === undefined ? {} : { NODE_COMPILE_CACHE: cache },
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
  const watches = new Map<number, ProcessWatch>();
  let state: StarterLink['state'] = 'beginning';
  let lastId = 0;
  let idle: NodeJS.Timeout | undefined;

  const rest = (): void => {
    release(child);
    idle = setTimeout(() => {
      gone();
      if (child.connected) child.disconnect();
    }, idleMs).unref();
  };
  const tell = (message: ToStarter): void => {
    if (child.connected) child.send(message, () => undefined); // One that is gone says so by `exit`.
  };
  const finish = (id: number, end: ProcessEnd): void => {
    const watch = watches.get(id);
    watches.delete(id);
    if (watches.size === 0 && state === 'ready') rest();
    watch?.onEnd(end);
  };
  const gone = (): void => {
    if (state === 'gone') return;
    const wasReady = state === 'ready';
    state = 'gone';
    clearTimeout(idle);
    onGone(wasReady);
    for (const id of [...watches.keys()]) finish(id, LOST);
  };
  child.on('error', gone);
  child.on('exit', gone);
  child.on('disconnect', gone);
  child.on('message', (message: FromStarter) => {
    if (message.type === 'ready') {
      if (state !== 'beginning') return;
      state = 'ready';
      rest();
    } else if (message.type === 'end') finish(message.id, message.end);
    else if (message.type === 'stdout') watches.get(message.id)?.onStdout(asBuffer(message.chunk));
    else watches.get(message.id)?.onStderr(asBuffer(message.chunk));
  });
  release(child);
  return {
    get state() {
      return state;
    },
    start(order, watch) {
      const id = ++lastId;
      clearTimeout(idle);
      if (watches.size === 0) hold(child);
      watches.set(id, watch);
      tell({ type: 'start', id, order });
      return {
        signal: signal => tell({ type: 'signal', id, signal }),
        abandon: () => tell({ type: 'abandon', id }),
      };
    },
  };
};

/** Whether the command ran, and to what end, nobody can say: its own result must be looked at. */
const LOST: ProcessEnd = {
  code: null,
  signal: null,
  failed: { code: 'STARTER_GONE', message: 'the process that started it is gone' },
};

const asBuffer = (chunk: Uint8Array): Buffer =>
  Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);

const hold = (child: ChildProcess): void => {
  child.ref();
  child.channel?.ref();
};

const release = (child: ChildProcess): void => {
  child.unref();
  child.channel?.unref();
};
