import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { LogSource, Outcome, TownHandle } from '../town/view.ts';

/** Shows the whole of a log in the person's pager: a copy of it that is safe to print, and goes away with the pager. */
export const pageLog = async (
  handle: Pick<TownHandle, 'saveLog'>,
  options: {
    readonly source: LogSource;
    /** Gives the terminal away for as long as the work runs. */
    readonly lend: (work: () => Promise<void>) => Promise<void>;
    readonly env: NodeJS.ProcessEnv;
  },
): Promise<Outcome> => {
  const { source, lend, env } = options;
  const dir = await mkdtemp(path.join(os.tmpdir(), 'gastown-log-'));
  try {
    const file = path.join(dir, 'log.txt');
    const saved = await handle.saveLog(source, file);
    if (!saved.ok) return saved;
    const pager = env.PAGER || 'less';
    let failed = false;
    // As Git does it: what the person set is a command line, and the file is its last word.
    await lend(async () => {
      const result = await execa('sh', ['-c', `${pager} "$1"`, 'sh', file], { stdio: 'inherit', env, reject: false });
      failed = result.failed;
    });
    return failed
      ? { ok: false, message: `The pager (${pager}) did not end well. Set PAGER to the one that you use.` }
      : { ok: true, message: '' };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};
