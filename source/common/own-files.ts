import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Programs of the package that run as processes, or a thread, of their own. `rolldown.config.ts` builds one file of each. */
export type OwnProgram =
  | 'cli'
  | 'gt'
  | 'bd'
  | 'agents/host'
  | 'agents/meter/meter'
  | 'agents/relay'
  | 'common/processes/starter'
  | 'town/grep/worker';

const HERE = fileURLToPath(import.meta.url);

/** The folder that holds the package's `package.json`. */
export const OWN_PACKAGE: string = (() => {
  let dir = path.dirname(HERE);
  while (!existsSync(path.join(dir, 'package.json'))) dir = path.dirname(dir);
  return dir;
})();

const isBuilt = !HERE.endsWith('.ts');

/** The folder of the code that runs: built in an installed package, TypeScript in a test. */
export const OWN_CODE: string = path.join(OWN_PACKAGE, ...(isBuilt ? ['dist'] : []), 'source');

/** The file of one of the package's programs, of the same kind as the code that asks. */
export const ownProgram = (name: OwnProgram): string => path.join(OWN_CODE, `${name}${isBuilt ? '.js' : '.ts'}`);

/** As npm knows it. */
export const ownVersion = (): string =>
  (JSON.parse(readFileSync(path.join(OWN_PACKAGE, 'package.json'), 'utf8')) as { version: string }).version;
