import { describe, expect, test } from 'vitest';
import { checksOf } from '../../../source/git/github/checks.ts';
import type { PullRequest, Review } from '../../../source/git/github/pull-requests.ts';
import { repositoryNameOf } from '../../../source/git/github/repository-name.ts';
import { standingOf } from '../../../source/git/github/standing.ts';

const HEAD = 'a'.repeat(40);
const MINUTE = 60_000;
const NOW = Date.parse('2026-11-23T12:00:00Z');

const pr = (fields: Partial<PullRequest> = {}): PullRequest => ({
  number: 12,
  url: 'https://github.test/acme/app/pull/12',
  state: 'OPEN',
  isDraft: false,
  head: HEAD,
  base: 'main',
  mergeable: 'MERGEABLE',
  mergeState: 'CLEAN',
  reviewDecision: '',
  checks: checksOf([run('build', 'SUCCESS')]),
  reviews: [],
  ...fields,
});
const run = (name: string, conclusion: string, more: object = {}) => ({
  name,
  status: 'COMPLETED',
  conclusion,
  ...more,
});
const review = (author: string, state: string, at: number): Review => ({ author, state, body: 'Look', at });
const standing = (fields: Partial<PullRequest>, expected: { since?: number } = {}) =>
  standingOf(pr(fields), {
    head: HEAD,
    base: 'main',
    handedInAt: NOW - 5 * MINUTE,
    since: NOW - 5 * MINUTE,
    checksAppearMs: MINUTE,
    now: NOW,
    ...expected,
  });

describe('checks', () => {
  test.each([
    ['SUCCESS', 'passed'],
    ['NEUTRAL', 'passed'],
    ['SKIPPED', 'passed'],
    ['FAILURE', 'failed'],
    ['CANCELLED', 'could_not_run'],
    ['TIMED_OUT', 'could_not_run'],
    ['STARTUP_FAILURE', 'could_not_run'],
    ['STALE', 'could_not_run'],
    ['ACTION_REQUIRED', 'could_not_run'],
    ['A_WORD_OF_TOMORROW', 'running'],
  ])('that ended in %s %s', (conclusion, state) => {
    expect(checksOf([run('build', conclusion)])).toMatchObject([{ state }]);
  });

  test.each([
    ['EXPECTED', 'running'],
    ['PENDING', 'running'],
    ['SUCCESS', 'passed'],
    ['FAILURE', 'failed'],
    ['ERROR', 'could_not_run'],
  ])('posted as a status %s are %s', (state, expected) => {
    expect(checksOf([{ context: 'ci/x', state, targetUrl: 'https://ci.test/1' }])).toEqual([
      { name: 'ci/x', state: expected, word: state.toLowerCase(), link: 'https://ci.test/1' },
    ]);
  });

  test('that run are running, whatever an earlier run of theirs was; of several runs the newest counts', () => {
    expect(checksOf([{ name: 'build', status: 'IN_PROGRESS', conclusion: '' }])).toMatchObject([{ state: 'running' }]);
    const first = run('build', 'FAILURE', { startedAt: '2026-11-23T11:00:00Z' });
    const second = run('build', 'SUCCESS', { startedAt: '2026-11-23T11:30:00Z' });
    expect(checksOf([second, first])).toMatchObject([{ state: 'passed' }]);
    expect(checksOf([first, run('build', 'SUCCESS', { workflowName: 'other' })])).toHaveLength(2);
  });

  test('have names that are safe for a terminal', () => {
    expect(checksOf([run('bu\u001b]0;x\u0007ild\n2', 'SUCCESS')])[0]!.name).toBe('bu]0;xild 2');
  });
});

describe('a pull request', () => {
  test('is ready when every check passed and nothing blocks it', () => {
    expect(standing({})).toEqual({ is: 'ready' });
    expect(standing({ mergeState: 'HAS_HOOKS' })).toEqual({ is: 'ready' });
    expect(standing({ checks: [] }), 'a repository without checks').toEqual({ is: 'ready' });
  });

  test.each([
    ['is merged', { state: 'MERGED' }, { is: 'merged' }],
    ['is closed', { state: 'CLOSED' }, { is: 'closed' }],
    ['shows another head', { head: 'b'.repeat(40) }, { is: 'waits', on: 'service' }],
    ['was aimed elsewhere', { base: 'next' }, { is: 'waits', on: 'person' }],
    ['is a draft', { isDraft: true }, { is: 'waits', on: 'person' }],
    ['conflicts', { mergeable: 'CONFLICTING' }, { is: 'waits', on: 'service' }],
    ['is blocked by a rule', { mergeState: 'BLOCKED' }, { is: 'waits', on: 'person' }],
    ['is not worked out', { mergeState: 'UNKNOWN' }, { is: 'waits', on: 'service' }],
    ['is behind', { mergeState: 'BEHIND' }, { is: 'waits', on: 'service' }],
  ] as const)('that %s', (_what, fields, expected) => {
    expect(standing(fields)).toMatchObject(expected);
  });

  test('with a red check is red though others still run, and though somebody approved', () => {
    const checks = checksOf([
      { name: 'slow', status: 'QUEUED' },
      run('build', 'FAILURE', { detailsUrl: 'https://x.test' }),
    ]);
    expect(standing({ checks, reviewDecision: 'APPROVED' })).toMatchObject({
      is: 'red',
      check: { name: 'build', link: 'https://x.test' },
    });
  });

  test('says how far its checks are and what else it waits for', () => {
    const checks = checksOf([run('a', 'SUCCESS'), run('b', 'SUCCESS'), { name: 'c', status: 'IN_PROGRESS' }]);
    expect(standing({ checks, reviewDecision: 'REVIEW_REQUIRED' })).toEqual({
      is: 'waits',
      on: 'service',
      words: '2 of 3 checks passed, waits for a review',
    });
    expect(standing({ reviewDecision: 'REVIEW_REQUIRED' })).toMatchObject({ on: 'person' });
    expect(standing({ checks: checksOf([run('build', 'TIMED_OUT')]) })).toEqual({
      is: 'waits',
      on: 'person',
      words: '0 of 1 checks passed, build could not run (timed out): run it again',
    });
  });

  test('without checks is given time for them to appear', () => {
    expect(standing({ checks: [] }, { since: NOW - MINUTE / 2 })).toMatchObject({ is: 'waits', on: 'service' });
  });

  test('goes back for changes asked for since the work was handed in, and not for older ones', () => {
    const asked = review('alice', 'CHANGES_REQUESTED', NOW - MINUTE);
    expect(standing({ reviews: [asked] })).toEqual({ is: 'changes_requested', review: asked });
    expect(standing({ reviews: [asked, review('alice', 'COMMENTED', NOW)] })).toMatchObject({
      is: 'changes_requested',
    });
    expect(standing({ reviews: [asked, review('alice', 'APPROVED', NOW)] })).toEqual({ is: 'ready' });
    const old = review('alice', 'CHANGES_REQUESTED', NOW - 9 * MINUTE);
    expect(standing({ reviews: [old], reviewDecision: 'CHANGES_REQUESTED' })).toMatchObject({
      is: 'waits',
      on: 'person',
    });
  });
});

describe('the repository behind an address', () => {
  test.each([
    ['git@github.com:acme/app.git', 'github.com/acme/app'],
    ['github.com:acme/app', 'github.com/acme/app'],
    ['https://github.com/acme/app', 'github.com/acme/app'],
    ['https://user:token@GitHub.com/acme/app.git/', 'github.com/acme/app'],
    ['ssh://git@ssh.github.com:443/acme/my.app.git', 'ssh.github.com/acme/my.app'],
    ['https://code.example.org/acme/_x-1', 'code.example.org/acme/_x-1'],
  ])('%s is %s', (origin, full) => {
    expect(repositoryNameOf(origin)?.full).toBe(full);
  });

  test.each([
    '/home/me/app.git',
    'file:///home/me/app.git',
    './acme/app',
    'git@github.com:--acme/app.git',
    'git@github.com:acme/..',
    'git@github.com:a/b/c.git',
    'git@github.com:acme/app;id.git',
    'https://github.com/acme/app?x=1',
  ])('%s is none', origin => {
    expect(repositoryNameOf(origin)).toBeUndefined();
  });
});
