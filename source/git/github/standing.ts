import { plural } from '../../common/text.ts';
import type { Check } from './checks.ts';
import type { PullRequest, Review } from './pull-requests.ts';

/** What is to be done about a pull request. `words` complete "PR #12 open: …". */
export type Standing =
  | { readonly is: 'merged' }
  | { readonly is: 'closed' }
  | { readonly is: 'red'; readonly check: Check }
  | { readonly is: 'changes_requested'; readonly review: Review }
  | { readonly is: 'ready' }
  | { readonly is: 'waits'; readonly on: 'person' | 'service'; readonly words: string };

export interface Expected {
  /** What was tested and pushed, and the branch it is for. */
  readonly head: string;
  readonly base: string;
  /** When the work was handed in: a review from before is about what it replaces. */
  readonly handedInAt: number;
  /** When this head was put into it, and how long the checks of a new head may take to show. */
  readonly since: number;
  readonly checksAppearMs: number;
  readonly now: number;
}

/**
 * Pure: what GitHub says of a pull request, as one of six. Every check counts, whether the repository requires it or not.
 * Red is only what failed; cancelled, timed out and broken checks blame nobody and wait for a person.
 */
export const standingOf = (pr: PullRequest, expected: Expected): Standing => {
  if (pr.state === 'MERGED') return { is: 'merged' };
  if (pr.state === 'CLOSED') return { is: 'closed' };
  if (pr.head !== expected.head) return waits('service', 'GitHub does not show the tested commit in it yet');
  if (pr.base !== expected.base)
    return waits('person', `somebody aimed it at ${pr.base}; it is for ${expected.base}, and waits until it is again`);
  const check = pr.checks.find(({ state }) => state === 'failed');
  if (check) return { is: 'red', check };
  const review = changesRequested(pr, expected);
  if (review) return { is: 'changes_requested', review };
  return open(pr, expected);
};

const waits = (on: 'person' | 'service', ...words: string[]): Standing => ({
  is: 'waits',
  on,
  words: words.join(', '),
});

/** The newest of those who want changes; who approved or was dismissed since wants none any more. */
const changesRequested = ({ reviews }: PullRequest, { handedInAt }: Expected): Review | undefined => {
  const last = new Map<string, Review>();
  for (const review of reviews) {
    if (DECISIONS.has(review.state) && (last.get(review.author)?.at ?? 0) <= review.at) last.set(review.author, review);
  }
  return [...last.values()]
    .filter(review => review.state === 'CHANGES_REQUESTED' && review.at >= handedInAt)
    .sort((a, b) => b.at - a.at)[0];
};

const DECISIONS: ReadonlySet<string> = new Set(['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED']);

const open = (pr: PullRequest, expected: Expected): Standing => {
  const checks = checkWords(pr.checks);
  if (pr.checks.some(({ state }) => state === 'running')) return waits('service', ...checks, ...reviewWords(pr));
  if (pr.checks.length === 0 && expected.now - expected.since < expected.checksAppearMs)
    return waits('service', 'no checks yet, waits whether any begin', ...reviewWords(pr));
  const broken = pr.checks.find(({ state }) => state === 'could_not_run');
  if (broken)
    return waits(
      'person',
      ...checks,
      `${broken.name} could not run (${broken.word}): run it again`,
      ...reviewWords(pr),
    );
  if (pr.isDraft) return waits('person', ...checks, 'it is a draft: mark it as ready');
  const review = reviewWords(pr);
  if (review.length > 0) return waits('person', ...checks, ...review);
  if (pr.mergeable === 'CONFLICTING' || pr.mergeState === 'DIRTY')
    return waits('service', ...checks, `GitHub sees a conflict with ${pr.base}`);
  if (MERGEABLE.has(pr.mergeState)) return { is: 'ready' };
  if (pr.mergeState === 'BLOCKED') return waits('person', ...checks, 'the rules of the repository still block it');
  return waits('service', ...checks, 'GitHub has not worked out yet whether it can be merged');
};

/** `UNSTABLE` means that not every check passed; ours were all looked at above. */
const MERGEABLE: ReadonlySet<string> = new Set(['CLEAN', 'HAS_HOOKS', 'UNSTABLE']);

const checkWords = (checks: readonly Check[]): string[] => {
  if (checks.length === 0) return ['no checks'];
  const passed = checks.filter(({ state }) => state === 'passed').length;
  return [
    passed === checks.length ? `${plural(passed, 'check')} passed` : `${passed} of ${checks.length} checks passed`,
  ];
};

const reviewWords = ({ reviewDecision }: PullRequest): string[] => {
  if (reviewDecision === 'REVIEW_REQUIRED') return ['waits for a review'];
  if (reviewDecision === 'CHANGES_REQUESTED') return ['waits for another look by who asked for changes earlier'];
  return [];
};
