import fs from 'node:fs/promises';
import path from 'node:path';
import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';

/**
 * Puts the agents' own commands into a town's `bin` folder: small sh scripts that start `gt` (and `bd`, when its entry
 * is given) by this very Node. Written again only when they differ, so that an upgrade is taken up and a running agent
 * never meets a half-written one.
 */
export const installTools = async (options: { bin: string; node: string; gt: string; bd?: string }): Promise<void> => {
  const { bin, node, gt, bd } = options;
  await fs.mkdir(bin, { recursive: true, mode: 0o700 });
  await install(path.join(bin, 'gt'), [node, gt]);
  if (bd !== undefined) await install(path.join(bin, 'bd'), [node, bd]);
};

const install = async (file: string, command: readonly string[]): Promise<void> => {
  const script = `#!/bin/sh\nexec ${command.map(quote).join(' ')} "$@"\n`;
  const mode = (await fs.stat(file).catch(absent))?.mode;
  if ((await readFileIfPresent(file)) === script && mode !== undefined && (mode & 0o777) === EXECUTABLE) return;
  await writeFileAtomic(file, script, EXECUTABLE);
};

const EXECUTABLE = 0o700;

/** One word for sh, whatever it holds. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};
