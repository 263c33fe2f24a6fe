import fs from 'node:fs/promises';
import { connectHost } from '../agents/host-client.ts';
import { connectMeter } from '../agents/meter/client.ts';
import { runDirectory } from '../agents/run-directory.ts';
import { isGastownError } from '../common/errors.ts';
import { townPaths } from '../town/paths.ts';

/** Ends what a town that is thrown away has left running: its agents, their host, its meter, and the folder of their sockets. */
export const endScratchTown = async (dir: string): Promise<void> => {
  if (!(await exists(dir))) return;
  const runDir = runDirectory(dir);
  try {
    const host = await connectHost({ runDir });
    await host.shutdown();
  } catch (error) {
    if (!isGastownError(error, 'host_unreachable')) throw error;
  }
  const meter = await connectMeter({ runDir, dir: townPaths(dir).meter, startIfMissing: false });
  await meter?.shutdown();
  await fs.rm(runDir, { recursive: true, force: true });
};

export const exists = (file: string): Promise<boolean> =>
  fs.access(file).then(
    () => true,
    () => false,
  );
