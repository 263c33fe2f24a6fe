import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** Where a program lies on a PATH, or a path itself if it names one; undefined when it cannot be run. */
export const findProgram = (program: string, env: NodeJS.ProcessEnv): string | undefined => {
  if (program.includes('/')) return isProgram(program) ? program : undefined;
  return (env.PATH ?? '')
    .split(path.delimiter)
    .filter(path.isAbsolute)
    .map(dir => path.join(dir, program))
    .find(isProgram);
};

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Not there, or not to be run: the next folder of the PATH.
    return false;
  }
};
