import fs from 'node:fs/promises';
import path from 'node:path';
import { acquireTownLock } from '../ledger/lock.ts';
import { type Ledger, openLedger } from '../ledger/store.ts';
import { readConfig } from './config.ts';
import type { TownContext } from './context.ts';
import { assertWritable } from './find.ts';
import { type LiveExport, startLiveExport } from './live-export.ts';
import { createContext } from './open-context.ts';
import { townPaths } from './paths.ts';

/** A town in this process's hands: nobody else writes to it. Nothing of it runs. */
export interface HeldTown {
  readonly context: TownContext;
  /** Lets go of it; everything acknowledged is in Git when it resolves. */
  close(): Promise<void>;
}

/** Takes a town's lock and reads its ledger. Rejects with `town_locked` when another process holds it. */
export const holdTown = async (options: {
  dir: string;
  env: NodeJS.ProcessEnv;
  /** Said to whoever is refused the lock: `screen`, `run`. */
  purpose: string;
  /** Ends Git at the network when the town is to be closed. */
  closing?: AbortSignal;
  onChange?: () => void;
  onWake?: () => void;
}): Promise<HeldTown> => {
  const dir = await fs.realpath(options.dir);
  await assertWritable(dir);
  const lock = await acquireTownLock(dir, { purpose: options.purpose });
  let ledger: Ledger | undefined;
  let liveExport: LiveExport | undefined;
  const close = async () => {
    await liveExport?.stop();
    await ledger?.close();
    await lock.release();
  };
  try {
    const config = await readConfig(townPaths(dir).config);
    ledger = await openLedger({ dir });
    const { closing = new AbortController().signal } = options;
    const context = createContext({ ...options, closing, dir, config, ledger });
    liveExport = startLiveExport({
      ledger,
      file: config.export === undefined ? undefined : path.resolve(dir, config.export),
      onError: error => context.log.warn({ error: error.message }, 'the live export does not follow the ledger'),
    });
    context.liveExport = liveExport;
    return { context, close };
  } catch (error) {
    await close();
    throw error;
  }
};
