import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cleanEnv, type Finished, gastown } from './process.ts';

/**
 * A command as `gastown` in process.ts runs it, but in one process for all commands of a test worker, one after the other: to
 * load the program anew is most of what a short command costs. That each ends by itself, and what it needs of the machine,
 * is looked at in bad-input.test.ts, where many are processes; so are here those that run a town, and what comes meanwhile.
 */
export const inTurn = async (
  args: readonly string[],
  options: { home: string; cwd?: string; env?: Record<string, string> },
): Promise<Finished> => {
  if (isBusy || args.some(word => RUN_A_TOWN.has(word))) return gastown(args, options);
  isBusy = true;
  try {
    runner ??= fork(fileURLToPath(new URL('./in-turn-process.ts', import.meta.url)), [], {
      cwd: options.home,
      env: cleanEnv(options.home),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    }).once('exit', () => {
      runner = undefined;
    });
    return await ask(runner, { args, cwd: options.cwd ?? options.home, env: cleanEnv(options.home, options.env) });
  } finally {
    isBusy = false;
  }
};

const RUN_A_TOWN: ReadonlySet<string> = new Set(['run', 'demo', 'screen', 'test']);

export interface InTurn {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Ends with this one: it hears when the channel between them closes. */
let runner: ChildProcess | undefined;
let isBusy = false;

const ask = (child: ChildProcess, command: InTurn): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const ended = (code: number | null) =>
      reject(new Error(`${command.args.join(' ')} ended the process with ${code}`));
    child.once('exit', ended);
    child.once('message', answer => {
      child.off('exit', ended);
      resolve(answer as Finished);
    });
    child.send(command);
  });
