import { isGastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import { asUser, type LandingRepository, overLine } from './landing-repository.ts';
import { targetWorktree } from './origin.ts';
import { isUrl } from './repository.ts';
import { type GitResult, git, gitMessage } from './run.ts';

export interface PushAnswer {
  /** The remote's words for this ref, `stale info` or `pre-receive hook declined`. */
  readonly why: string;
  readonly stderr: string;
  /** What a later try may overcome by itself, in words: the line broke, the server was busy. */
  readonly passing?: string;
}

/**
 * Asks the origin once to move `ref` from `old` (`null`: it does not exist) to `new`. What the answer says is only a
 * hint; where the ref is, the origin itself says. Never overwrites: the lease is on `old`.
 */
export const pushOnce = async (
  repository: LandingRepository,
  move: { ref: string; old: string | null; new: string },
  { timeoutMs = PUSH_TIMEOUT_MS }: { timeoutMs?: number } = {},
): Promise<PushAnswer> => {
  const { ref } = move;
  const local = !isUrl(repository.origin);
  const checkedOut = local && (await targetWorktree(repository)) !== undefined;
  let answer: GitResult;
  try {
    answer = await git(
      [
        ...[
          'push',
          '--porcelain',
          '--no-verify',
          '--no-follow-tags',
          '--recurse-submodules=no',
          `--force-with-lease=${ref}:${move.old ?? ''}`,
        ],
        ...(checkedOut ? [`--receive-pack=${RECEIVE_INTO_CHECKOUT}`] : []),
        ...['--', repository.origin, `${move.new}:${ref}`],
      ],
      {
        // A push into a work tree brings that along: cut short, it would be left between two commits.
        ...(checkedOut ? asUser : overLine)(repository),
        gitDir: repository.dir,
        cwd: repository.dir,
        timeoutMs,
        okCodes: [0, 1, 128],
      },
    );
  } catch (error) {
    if (!isGastownError(error, 'timeout')) throw error;
    return { why: '', stderr: '', passing: `the push did not finish within ${Math.ceil(timeoutMs / 1_000)} s` };
  }
  const status = answer.stdout.split('\n').find(line => line.includes(`:${ref}\t`));
  const why = /\(([^)]*)\)\s*$/.exec(status ?? '')?.[1] ?? '';
  const passing = answer.code === 0 ? undefined : passingReason(why, answer.stderr);
  return { why, stderr: answer.stderr, ...(passing !== undefined && { passing }) };
};

/** Pauses between tries of one landing, in ms. `random` is in [0, 1). */
export interface BackOff {
  readonly tries: number;
  readonly firstMs: number;
  readonly maxMs: number;
  random(): number;
  sleep(ms: number): Promise<void>;
}

/** Half a second to eight, about 15 s in all: what takes longer is tried again by whoever asked for the landing. */
export const BACK_OFF = { tries: 6, firstMs: 500, maxMs: 8_000 } as const;

/** Before the `n`th try (from 2): doubling to the cap, and between half and all of it, so that many do not knock at once. */
export const pauseBefore = (n: number, { firstMs, maxMs, random }: BackOff): number =>
  Math.min(maxMs, firstMs * 2 ** (n - 2)) * (0.5 + random() / 2);

/** A push moves one commit's objects; a slow line gets time. */
export const PUSH_TIMEOUT_MS = 10 * 60_000;

/** Moves a clean checkout along with its branch and refuses a dirty one. Their hooks run, as in any push into their repository. */
const RECEIVE_INTO_CHECKOUT = 'git -c receive.denyCurrentBranch=updateInstead receive-pack';

/** Trying again would only lock an account or ask the same policy the same question. */
const LASTING =
  /authentication failed|permission denied|access denied|could not read (username|password)|host key verification failed|terminal prompts disabled|not found|does not appear to be a git repository|hook declined|protected branch|error: 40[134]/i;
const PASSING =
  /could not resolve host|connection (refused|reset|timed out|closed)|operation timed out|network is unreachable|no route to host|broken pipe|early eof|hung up|unexpected disconnect|unable to write|failed to connect|rpc failed|http 5\d\d|error: (429|5\d\d)|temporarily unavailable|read error|remote failed to report status|protocol error/i;
/** Two pushes met in the remote: the next one finds it free. */
const PASSING_REF =
  /failed to (lock|update ref)|cannot lock ref|lock exists|remote failed to report status|fetch first/i;

const passingReason = (why: string, stderr: string): string | undefined => {
  if (LASTING.test(why) || LASTING.test(stderr)) return undefined;
  if (PASSING_REF.test(why)) return safeLine(why);
  return PASSING.test(stderr) ? gitMessage(stderr) || 'the connection broke' : undefined;
};
