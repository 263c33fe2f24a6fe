import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GastownError } from '../common/errors.ts';

/** A started host that does not answer within this has failed. Node starts in 50 ms; a machine under load needs far longer. */
const START_TIMEOUT_MS = 15_000;
const RETRY_MS = 20;
/** Bytes of the host's own error output shown when it does not start. */
const ERROR_TAIL_BYTES = 2_000;
/** All that the host itself needs; the agents' environments come with each session. */
const HOST_ENVIRONMENT = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR'];

export interface StartHostOptions<T> {
  readonly runDir: string;
  readonly nodePath?: string;
  readonly idleMs?: number;
  /** Tries once to reach the host. */
  readonly connect: () => Promise<T | undefined>;
}

/**
 * Starts a detached terminal host and connects to it. Two callers at once start two processes, of which one gets the
 * place and the other ends; both then reach the same host. Throws `host_unreachable` with what the host said.
 */
export const startHost = async <T>(options: StartHostOptions<T>): Promise<T> => {
  const errorFile = path.join(options.runDir, 'host.log');
  const failure = launch(options, errorFile);
  const until = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const connected = await options.connect();
    if (connected) return connected;
    if (failure() || Date.now() > until) {
      throw new GastownError('host_unreachable', `The terminal host did not start. ${failure() ?? ''}`.trim(), {
        hint: `Its own words are in ${errorFile}: ${errorTail(errorFile) || '(nothing)'}`,
      });
    }
    await sleep(RETRY_MS);
  }
};

/** Answers a function that tells why it cannot have started. A host that ends with 0 left the place to another one. */
const launch = (options: StartHostOptions<unknown>, errorFile: string): (() => string | undefined) => {
  let failure: string | undefined;
  const errors = fs.openSync(errorFile, 'w', 0o600);
  try {
    const child = spawn(
      options.nodePath ?? process.execPath,
      [HOST_FILE, options.runDir, ...(options.idleMs === undefined ? [] : [String(options.idleMs)])],
      { cwd: '/', detached: true, env: hostEnvironment(), stdio: ['ignore', 'ignore', errors] },
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

/** Beside this file: TypeScript when run from source, JavaScript when built. */
const HOST_FILE = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './host.ts' : './host.js', import.meta.url));

const hostEnvironment = (): Record<string, string> => {
  const env: Record<string, string> = { NODE_ENV: 'production' };
  for (const name of HOST_ENVIRONMENT) {
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
