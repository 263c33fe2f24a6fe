import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { AGENT_CLIS } from './catalog.ts';
import type { AgentCli } from './cli.ts';

/** Where a program lies on a PATH, or a path itself if it names one; undefined when it cannot be run. */
export const findProgram = (program: string, env: NodeJS.ProcessEnv): string | undefined => {
  if (program.includes('/')) return isProgram(program) ? program : undefined;
  return (env.PATH ?? '')
    .split(path.delimiter)
    .filter(path.isAbsolute)
    .map(dir => path.join(dir, program))
    .find(isProgram);
};

/** The agent CLIs of the catalogue that are installed, in its order. */
export const installedClis = (env: NodeJS.ProcessEnv): AgentCli[] =>
  [...AGENT_CLIS.values()].filter(({ program }) => findProgram(program, env) !== undefined);

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Not there, or not to be run: the next folder of the PATH.
    return false;
  }
};
