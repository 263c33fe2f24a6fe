import path from 'node:path';
import { ownProgram } from '../common/own-files.ts';
import { startDetached } from './detached.ts';

export interface StartHostOptions<T> {
  readonly runDir: string;
  readonly nodePath?: string;
  readonly idleMs?: number;
  /** Tries once to reach the host. */
  readonly connect: () => Promise<T | undefined>;
}

/**
 * What agents print lives until it scrolls away, so that room for what is short-lived only fills up: at its least the host of
 * thirty terminals with a thousand rows each takes 125 MB, and 147 as Node has it.
 */
const NODE_ARGS = ['--max-semi-space-size=1'];

/** Starts a detached terminal host and connects to it: see `startDetached`. */
export const startHost = <T>(options: StartHostOptions<T>): Promise<T> =>
  startDetached({
    title: 'terminal host',
    file: ownProgram('agents/host'),
    nodeArgs: NODE_ARGS,
    args: [options.runDir, ...(options.idleMs === undefined ? [] : [String(options.idleMs)])],
    errorFile: path.join(options.runDir, 'host.log'),
    nodePath: options.nodePath,
    connect: options.connect,
  });
