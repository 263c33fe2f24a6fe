import { spawn } from 'node:child_process';

/** One command, without a shell and without a terminal. Nothing is inherited: `env` is all that it gets. */
export interface ProcessOrder {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its whole standard input; `/dev/null` when absent. */
  readonly input?: string | Uint8Array;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it never ran, or is no longer known about. */
  readonly failed?: { readonly code?: string; readonly message: string };
}

/** Told what comes of a process, in order; the end comes last, once it has ended and its outputs are closed. */
export interface ProcessWatch {
  onStdout(chunk: Buffer): void;
  onStderr(chunk: Buffer): void;
  onEnd(end: ProcessEnd): void;
}

export interface RunningProcess {
  /** To the whole group that it leads. Nothing happens once it is over. */
  signal(signal: NodeJS.Signals): void;
  /** Kills the group and waits no longer for what may still hold its outputs open. */
  abandon(): void;
}

/** Starts a command from this very process. It leads a session of its own: Ctrl-C in a terminal does not reach it, and it cannot ask there. */
export const startDirectly = (order: ProcessOrder, watch: ProcessWatch): RunningProcess => {
  let isOver = false;
  const end = (how: ProcessEnd): void => {
    if (isOver) return;
    isOver = true;
    watch.onEnd(how);
  };
  const fail = (error: NodeJS.ErrnoException): void =>
    end({
      code: null,
      signal: null,
      failed: { message: error.message, ...(error.code !== undefined && { code: error.code }) },
    });
  let child: ReturnType<typeof spawnDetached>;
  try {
    child = spawnDetached(order);
  } catch (error) {
    // What Node does not tell by an event: no memory, words that are too long. Told later all the same, as ends always are.
    queueMicrotask(() => fail(error as NodeJS.ErrnoException));
    return { signal: () => undefined, abandon: () => undefined };
  }
  child.on('error', fail);
  child.on('close', (code, signal) => end({ code, signal }));
  child.stdout?.on('data', chunk => watch.onStdout(chunk));
  child.stderr?.on('data', chunk => watch.onStderr(chunk));
  // One that ends early closes its end; its exit code tells why.
  child.stdin?.on('error', () => undefined).end(order.input);
  const signal = (name: NodeJS.Signals): void => {
    if (!isOver && child.pid !== undefined) signalGroup(child.pid, name);
  };
  return {
    signal,
    abandon() {
      signal('SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
  };
};

const spawnDetached = ({ file, args, cwd, env, input }: ProcessOrder) =>
  spawn(file, args, {
    cwd,
    env,
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });

const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Nobody is left in the group, or nobody whom we may signal.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
};
