import { GastownError } from '../../common/errors.ts';
import { type ProcessResult, runProcess } from '../../common/processes/run.ts';
import { cut, safeLine } from '../../common/text.ts';
import { withoutCredentials } from '../run.ts';

export interface Gh {
  /** Standard output of one `gh` command. Fails with `gh_failed` and one line for people that says what to do. */
  run(args: readonly string[], options?: { input?: string }): Promise<string>;
}

export interface GhOptions {
  /** The town's own environment: `gh` runs for the person, with what it needs of it and nothing else. */
  env: NodeJS.ProcessEnv;
  /** When GitHub turns everything away for a while, nothing is asked for this long. */
  restMs?: number;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** The person's own `gh`, without a shell, a terminal or a prompt. */
export const createGh = (options: GhOptions): Gh => ({
  async run(args, { input } = {}) {
    const { timeoutMs = GH_TIMEOUT_MS, signal } = options;
    const result = await runProcess(
      {
        file: 'gh',
        args,
        // Never a checkout: which repository is meant, each command says itself.
        cwd: '/',
        env: ghEnvironment(options.env),
        ...(input !== undefined && { input }),
      },
      { timeoutMs, maxOutputBytes: MAX_OUTPUT_BYTES, signal },
    );
    if (result.code === 0 && !result.truncated) return result.stdout.toString().replace(/\r?\n$/, '');
    if (result.ended === 'stopped') throw new GastownError('gh_failed', 'gh was stopped.');
    if (result.ended === 'timeout') {
      throw new GastownError('gh_failed', `gh did not answer within ${Math.ceil(timeoutMs / 1_000)} s.`, {
        hint: 'Check the network; it is asked again by itself.',
      });
    }
    throw ghError({ ...result, stderr: result.stderr.toString(), options });
  },
});

/** One question over a slow line. Longer is a server that accepts a connection and then says nothing. */
const GH_TIMEOUT_MS = 60_000;
/** Twenty pull requests with a hundred checks each are a tenth of this. */
const MAX_OUTPUT_BYTES = 16_000_000;
/** GitHub's limits are by the hour; a fresh look after this long costs next to nothing. */
const REST_MS = 5 * 60_000;

/** What `gh` reads: its own settings and login, where the person's configuration and keyring lie, how the network is reached. */
const KEPT =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|GH_.*|GITHUB_(ENTERPRISE_)?TOKEN|XDG_(CONFIG|STATE|DATA|CACHE)_HOME|XDG_RUNTIME_DIR|DBUS_SESSION_BUS_ADDRESS|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR))$/;
/** Of its own: what would change what is asked, or its answer's shape. */
const DROPPED = /^GH_(REPO|DEBUG|FORCE_TTY|PAGER|MDWIDTH|BROWSER|EDITOR)$/;

const ghEnvironment = (env: NodeJS.ProcessEnv): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && KEPT.test(entry[0]) && !DROPPED.test(entry[0]),
    ),
  ),
  LC_ALL: 'C',
  NO_COLOR: '1',
  GH_PAGER: 'cat',
  GH_PROMPT_DISABLED: '1',
  GH_NO_UPDATE_NOTIFIER: '1',
  GIT_TERMINAL_PROMPT: '0',
});

interface Failure extends Pick<ProcessResult, 'code' | 'failed'> {
  stderr: string;
  options: GhOptions;
}

const ghError = ({ code, failed, stderr, options }: Failure): GastownError => {
  if (failed?.code === 'ENOENT') {
    return new GastownError('gh_failed', 'gh was not found on the PATH of the town.', {
      hint: 'Install it (https://cli.github.com), log in with `gh auth login` and start the town again; or let the rig land by pushes: gastown rig set <rig> --land push.',
    });
  }
  const said = cut(withoutCredentials(safeLine(firstLine(stderr))), MESSAGE_COLUMNS);
  if (RATE_LIMITED.test(stderr)) {
    return new GastownError('gh_failed', `GitHub has had enough questions for now: ${said}`, {
      wait: { forMs: options.restMs ?? REST_MS, on: 'service' },
    });
  }
  if (code === AUTH_EXIT || LOGGED_OUT.test(stderr)) {
    return new GastownError('gh_failed', 'gh is not logged in.', {
      hint: 'Run `gh auth login` in your shell, as the one whose town this is; it is tried again by itself.',
    });
  }
  if (NOT_THERE.test(stderr)) {
    return new GastownError('gh_failed', `gh does not see the repository: ${said}`, {
      hint: 'Check the address of the rig, and that whoever `gh auth status` names may write there.',
    });
  }
  if (UNREACHABLE.test(stderr)) {
    return new GastownError('gh_failed', `GitHub cannot be reached: ${said}`, {
      hint: 'Check the network; it is asked again by itself.',
    });
  }
  return new GastownError('gh_failed', `gh failed: ${said || `exit ${code ?? 'by a signal'}`}`);
};

const firstLine = (stderr: string): string => stderr.split('\n').find(line => line.trim() !== '') ?? '';

const MESSAGE_COLUMNS = 300;
/** `gh`'s own exit code for "authentication required". */
const AUTH_EXIT = 4;
const RATE_LIMITED = /rate limit|HTTP 429|abuse detection/i;
const LOGGED_OUT = /gh auth (login|refresh)|not logged in|HTTP 401|bad credentials|requires authentication/i;
const NOT_THERE = /could not resolve to a repository|HTTP 404/i;
const UNREACHABLE =
  /error connecting|could not resolve host|no such host|i\/o timeout|connection (refused|reset)|unexpected EOF|network is unreachable|TLS handshake|HTTP 5\d\d/i;
