import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { approvalHash } from '../../source/ledger/approvals.ts';
import { recordPath } from '../../source/ledger/paths.ts';
import type { Review } from '../../source/town/view.ts';
import {
  attention,
  beadOf,
  bench,
  cleanUpAll,
  cli,
  data,
  fileOnMain,
  gate,
  landed,
  merge,
  mergesOf,
  script,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

test('work that comes back after it was approved says what is new, and comments on its lines reach the worker', async () => {
  const town = await bench('review', {
    policy: 'all',
    // The first attempt is red.
    gates: [gate('echo checked; if grep -q "attempt 1" door.txt; then echo "the door is not painted"; exit 1; fi')],
  });
  const { handle } = town.running;
  const bead = await town.sling(
    'Paint the door',
    script(`gt prime > '${town.notes}/prime'`, 'printf "red\\nattempt %s\\nclosed\\n" "$GASTOWN_ATTEMPT" > door.txt'),
  );
  const rowOf = (id: string) => handle.getView().merges.find(row => row.id === id)!;
  const answer = (key: string, more: object = {}) =>
    handle.dispatch({ type: 'attention.answer', payload: { key, answer: 'yes', ...more } });
  const question = (id: string) =>
    until(town, `${id} waits for a person`, () => attention(town).find(row => row.subject === id));

  const first = await merge(town, bead);
  const shown = (await handle.review(first.id)) as Review;
  expect(shown).toMatchObject({
    head: first.head,
    commits: [{ sha: first.head }],
    files: [{ path: 'door.txt', added: 3, hunks: [{ lines: ['+red', '+attempt 1', '+closed'] }] }],
    gates: [{ name: 'test', outcome: 'unknown' }],
  });
  expect(shown.since).toBeUndefined();
  expect(await answer((await question(first.id)).key)).toMatchObject({ ok: true });

  const second = await until(town, 'it is done again', () => {
    const open = mergesOf(town, bead).find(one => one.id !== first.id);
    return open?.state === 'queued' ? open : undefined;
  });
  await until(
    town,
    'the new commits are counted and a person is asked',
    () => rowOf(second.id)?.approvedBefore?.words.includes('in 1 commit') && rowOf(second.id).needsApproval,
  );
  expect(rowOf(second.id)).toMatchObject({
    why: 'done again since you approved, in 1 commit',
    approvedBefore: {
      merge: first.id,
      head: first.head,
      by: 'operator',
      reason: expect.stringContaining('The request was bounced'),
    },
  });
  expect((await question(second.id)).detail).toContain('since you approved');
  const again = (await handle.review(second.id)) as Review;
  expect(again.since).toMatchObject({
    commits: 1,
    rewritten: true,
    conflicts: false,
    files: [{ path: 'door.txt', hunks: [{ lines: [' red', '-attempt 1', '+attempt 2', ' closed'] }] }],
  });
  expect(((await handle.review(first.id)) as Review).gates).toMatchObject([
    { name: 'test', outcome: 'fail', durationMs: expect.any(Number), output: ['checked', 'the door is not painted'] },
  ]);

  const comment = {
    type: 'merge.comment' as const,
    payload: { id: second.id, head: second.head, path: 'door.txt', line: 1, text: 'Green is nicer' },
  };
  expect(await handle.dispatch(comment)).toMatchObject({ ok: true });
  expect(await handle.dispatch({ ...comment, payload: { ...comment.payload, line: 9 } })).toMatchObject({ ok: false });
  expect(await handle.dispatch({ ...comment, payload: { ...comment.payload, head: first.head } })).toMatchObject({
    ok: false,
    message: expect.stringContaining('not at'),
  });
  expect(rowOf(second.id).comments).toMatchObject([
    { path: 'door.txt', line: 1, quote: 'red', text: 'Green is nicer' },
  ]);
  const { key } = await question(second.id);
  const back = await handle.dispatch({
    type: 'attention.answer',
    payload: { key, answer: 'no', note: 'See the line' },
  });
  expect(back).toMatchObject({ ok: true, message: expect.stringContaining('your note and 1 comment') });

  const third = await until(town, 'it is done a third time', () =>
    mergesOf(town, bead).find(one => one.id !== first.id && one.id !== second.id),
  );
  expect(town.note('prime')).toContain('See the line');
  expect(town.note('prime')).toMatch(/```text\ndoor\.txt:1\n> red\nGreen is nicer\n```/);
  expect(beadOf(town, bead).town.cause?.comments).toHaveLength(1);
  // What was said of older work is on that, and not on the new.
  expect((await until(town, 'its row is there', () => rowOf(third.id))).comments).toBeUndefined();

  const moved = await cli(town, 'approve', first.id, '--head', first.head, '--json');
  expect(moved.code).toBe(1);
  expect(JSON.parse(moved.stderr)).toMatchObject({ code: 'conflict', message: expect.stringContaining(third.id) });
  const since = await cli(town, 'diff', third.id, '--since-approved');
  expect(since.stdout).toContain('-attempt 1\n+attempt 3\n');
  expect((await cli(town, 'approve', third.id, '--head', third.head)).code).toBe(0);
  await landed(town, bead);
  expect(fileOnMain(town, 'door.txt')).toBe('red\nattempt 3\nclosed');
});

test('doctor and history say where the chain of approvals was broken behind the town’s back', async () => {
  const town = await bench('chain', { policy: 'all', gates: [] });
  const one = await town.sling('One', script('echo 1 > one.txt'));
  const request = await merge(town, one);
  expect((await cli(town, 'approve', request.id, '--head', request.head)).code).toBe(0);
  await landed(town, one);
  const approval = data(town).approvals.get(`${request.id}.1`)!;
  const two = await town.sling('Two', script('echo 2 > two.txt'));
  const other = await merge(town, two);
  expect((await cli(town, 'approve', other.id, '--head', other.head)).code).toBe(0);
  await landed(town, two);
  expect((await cli(town, 'doctor')).stdout).toContain('approvals: 2 on record, chain whole');
  await town.stop();

  // As somebody would who can write to the folder, and knows Git.
  const gitDir = path.join(town.town, 'ledger.git');
  const git = (args: string[], input?: string) =>
    execFileSync('git', ['--git-dir', gitDir, ...args], {
      encoding: 'utf8',
      ...(input !== undefined && { input }),
    }).trim();
  const file = recordPath('approvals', approval.id);
  const text = git(['show', `HEAD:${file}`]).replaceAll(approval.head, 'f'.repeat(approval.head.length));
  const blob = git(['hash-object', '-w', '--stdin'], `${text}\n`);
  const index = path.join(town.dir, 'index');
  const env = {
    ...process.env,
    GIT_INDEX_FILE: index,
    GIT_AUTHOR_NAME: 'x',
    GIT_AUTHOR_EMAIL: 'x@x',
    GIT_COMMITTER_NAME: 'x',
    GIT_COMMITTER_EMAIL: 'x@x',
  };
  const indexed = (...args: string[]) =>
    execFileSync('git', ['--git-dir', gitDir, ...args], { encoding: 'utf8', env }).trim();
  indexed('read-tree', 'HEAD');
  indexed('update-index', '--cacheinfo', `100644,${blob},${file}`);
  const commit = indexed('commit-tree', indexed('write-tree'), '-p', 'HEAD', '-m', git(['log', '-1', '--format=%B']));
  indexed('update-ref', 'HEAD', commit);

  const doctor = await cli(town, 'doctor');
  expect(doctor.code).toBe(1);
  expect(doctor.stdout).toContain(
    `the chain of approvals is broken: what follows ${approval.id} was taken out, or ${approval.id} itself was changed`,
  );
  const history = await cli(town, 'history', other.id);
  expect(history.stdout).toContain('THE CHAIN OF APPROVALS IS BROKEN');
  expect(history.stdout).toContain(`after ${approvalHash(approval).slice(0, 12)}`);
});
