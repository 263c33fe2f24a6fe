import type { Output } from './output.ts';

/** What every command gets: where the town is looked for, how to print, and its environment. */
export interface Invocation {
  readonly output: Output;
  readonly town: string | undefined;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}
