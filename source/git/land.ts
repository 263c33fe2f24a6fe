import { GastownError, isGastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import type { History } from './history.ts';
import { type LandingRepository, requireObject } from './landing-repository.ts';
import { type OriginReader, targetWorktree } from './origin.ts';
import { type BackOff, type PushAnswer, pauseBefore, pushOnce } from './push.ts';
import { gitMessage } from './run.ts';

export type LandResult =
  /** The origin was read back: its target contains the commit. */
  | { readonly outcome: 'landed' }
  /** Someone else moved the target; nothing was overwritten. */
  | { readonly outcome: 'moved'; readonly tip: string }
  /** The user's own checkout stands in the way; they can clear it. */
  | { readonly outcome: 'blocked'; readonly reason: string }
  /** The origin said no: a hook, a protected branch, missing rights. */
  | { readonly outcome: 'refused'; readonly reason: string }
  /** The origin could be asked, and the target is where it was, but no push came through: to be tried again later. */
  | { readonly outcome: 'pending'; readonly reason: string; readonly tries: number };

export interface Lander {
  /**
   * Moves the origin's target from `old` to `new`, only forward and only if it still is at `old`, and reads it back.
   * Landing what has landed is `landed`, so asking twice is harmless. A line that breaks or a server that is busy gets a
   * few tries with growing pauses; between two of them the origin is asked where the target is. Fails with `git_failed` when the origin cannot be asked: whether it landed is
   * then unknown, and `settle` answers it later.
   */
  land(move: { old: string; new: string }): Promise<LandResult>;
  /** Whether an intended landing happened, as Git says. Fails when the origin cannot be read. */
  settle(move: { old: string; new: string }): Promise<'landed' | 'not_landed' | 'moved'>;
}

interface Parts {
  repository: LandingRepository;
  origin: OriginReader;
  history: History;
  backOff: BackOff;
  pushTimeoutMs?: number;
}

export const createLander = (parts: Parts): Lander => ({
  async land(move) {
    requireObject(move.old, move.new);
    const before = await whereIs(parts, move);
    if (before.state === 'landed') return { outcome: 'landed' };
    if (before.state === 'moved') return { outcome: 'moved', tip: before.tip };
    if (!(await parts.history.isAncestor(move.old, move.new))) {
      throw new GastownError('invalid', 'A landing must build on the target: this commit does not contain its tip.');
    }
    if (before.blocked) return { outcome: 'blocked', reason: before.blocked };
    return pushUntilSettled(parts, move);
  },
  async settle(move) {
    requireObject(move.old, move.new);
    return (await whereIs(parts, move)).state;
  },
});

const pushUntilSettled = async (parts: Parts, move: { old: string; new: string }): Promise<LandResult> => {
  const { repository, backOff, pushTimeoutMs } = parts;
  const ref = `refs/heads/${repository.branch}`;
  for (let tries = 1; ; tries++) {
    const answer = await pushOnce(
      repository,
      { ref, ...move },
      pushTimeoutMs === undefined ? {} : { timeoutMs: pushTimeoutMs },
    );
    // Whatever the push said, the target itself is what counts.
    const after = await whereIs(parts, move);
    if (after.state === 'landed') return { outcome: 'landed' };
    if (after.state === 'moved') return { outcome: 'moved', tip: after.tip };
    if (answer.passing === undefined || after.blocked) return explain(repository, answer, after.blocked);
    if (tries >= backOff.tries) {
      return {
        outcome: 'pending',
        tries,
        reason: `The origin could not be pushed to, ${tries} times: ${answer.passing}. The target is unchanged.`,
      };
    }
    await backOff.sleep(pauseBefore(tries + 1, backOff));
  }
};

interface Whereabouts {
  state: 'landed' | 'not_landed' | 'moved';
  tip: string;
  blocked?: string;
}

const whereIs = async ({ origin, history }: Parts, move: { old: string; new: string }): Promise<Whereabouts> => {
  const { tip, blocked } = await origin.refresh();
  const more = { tip, ...(blocked && { blocked }) };
  if (tip === move.new) return { state: 'landed', ...more };
  if (tip === move.old) return { state: 'not_landed', ...more };
  // A missing `new` cannot be in the target's history, which is complete here.
  const contains = await history.isAncestor(move.new, tip).catch((error: unknown) => {
    if (isGastownError(error, 'git_failed')) return false;
    throw error;
  });
  return { state: contains ? 'landed' : 'moved', ...more };
};

/** Git's words from `push_to_deploy` in receive-pack, and what to do about each. */
const CHECKOUT_WORDS: readonly (readonly [RegExp, string])[] = [
  [/unstaged changes|Up-to-date check failed/i, 'has uncommitted changes: commit or stash them'],
  [/staged changes/i, 'has staged changes: commit or stash them'],
  [/Could not update working tree/i, 'has untracked files where landed ones must go: move them away'],
];

const explain = async (
  repository: LandingRepository,
  answer: PushAnswer,
  blocked: string | undefined,
): Promise<LandResult> => {
  if (blocked) return { outcome: 'blocked', reason: blocked };
  const words = CHECKOUT_WORDS.find(([pattern]) => pattern.test(answer.why));
  if (words) {
    const worktree = (await targetWorktree(repository)) ?? repository.origin;
    return { outcome: 'blocked', reason: `The checkout at ${safeLine(worktree)} ${words[1]}.` };
  }
  const said = answer.stderr
    .split('\n')
    .filter(line => line.startsWith('remote: '))
    .map(line => safeLine(line.slice('remote: '.length)).trim())
    .filter(Boolean)
    .slice(0, REMOTE_LINES)
    .join(' ');
  const why = safeLine(answer.why) || gitMessage(answer.stderr) || 'git push gave no reason';
  return {
    outcome: 'refused',
    reason: `The origin refused the landing: ${why}${said ? ` (${said.slice(0, REMOTE_CHARS)})` : ''}.`,
  };
};

/** Of what a hook said: enough for a policy's name and link. */
const REMOTE_LINES = 4;
const REMOTE_CHARS = 300;
