import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { GastownError } from '../common/errors.ts';

/** A started process that does not answer within this has failed. Node starts in 50 ms; a machine under load needs far longer. */
const START_TIMEOUT_MS = 15_000;
const RETRY_MS = 20;
/** Bytes of its own error output shown when it does not start. */
const ERROR_TAIL_BYTES = 2_000;
/** All that such a process itself needs of the environment. */
const ENVIRONMENT = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR', 'NODE_COMPILE_CACHE'];

export interface DetachedOptions<T> {
  /** In words: `terminal host`. */
  readonly title: string;
  /** The module that it runs. */
  readonly file: string;
  readonly args: readonly string[];
  /** For Node, before the module. */
  readonly nodeArgs?: readonly string[];
  /** Its own error output. */
  readonly errorFile: string;
  readonly nodePath?: string | undefined;
  /** Names of variables that it needs beside the usual ones. */
  readonly env?: readonly string[];
  /** Tries once to reach it. */
  readonly connect: () => Promise<T | undefined>;
}

/**
 * Starts a process of the town that outlives it, and connects to it. Two callers at once start two processes, of which
 * one gets the place and the other ends with 0; both then reach the same one. Throws `host_unreachable` with what it said.
 */
export const startDetached = async <T>(options: DetachedOptions<T>): Promise<T> => {
  const failure = launch(options);
  const until = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const connected = await options.connect();
    if (connected) return connected;
    if (failure() || Date.now() > until) {
      throw new GastownError('host_unreachable', `The ${options.title} did not start. ${failure() ?? ''}`.trim(), {
        hint: `Its own words are in ${options.errorFile}: ${errorTail(options.errorFile) || '(nothing)'}`,
      });
    }
    await sleep(RETRY_MS);
  }
};

/** Answers a function that tells why it cannot have started. One that ends with 0 left the place to another. */
const launch = (options: DetachedOptions<unknown>): (() => string | undefined) => {
  let failure: string | undefined;
  const errors = fs.openSync(options.errorFile, 'w', 0o600);
  try {
    const child = spawn(
      options.nodePath ?? process.execPath,
      [...(options.nodeArgs ?? []), options.file, ...options.args],
      {
        cwd: '/',
        detached: true,
        env: ownEnvironment(options.env ?? []),
        stdio: ['ignore', 'ignore', errors],
      },
    );
    child.on('error', error => {
      failure = error.message;
    });
    child.on('exit', code => {
      if (code !== 0) failure = `It ended with ${code}.`;
    });
    child.unref();
  } finally {
    fs.closeSync(errors);
  }
  return () => failure;
};

const ownEnvironment = (more: readonly string[]): Record<string, string> => {
  const env: Record<string, string> = { NODE_ENV: 'production' };
  for (const name of [...ENVIRONMENT, ...more]) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
};

const errorTail = (file: string): string => {
  try {
    return fs.readFileSync(file, 'utf8').slice(-ERROR_TAIL_BYTES).trim();
  } catch {
    return '';
  }
};
