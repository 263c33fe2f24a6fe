import { describe, expect, test } from 'vitest';
import { bench, type Json, NUX } from './support.ts';

const DAY_MS = 86_400_000;

describe('labels', () => {
  test('are added, removed, listed and counted', async () => {
    const { bd, json, make, refused } = await bench();
    const [a, b] = [await make('A', '-l', 'old'), await make('B')];
    expect(await json('label', 'add', a, b, 'new')).toEqual([
      { status: 'added', issue_id: a, label: 'new' },
      { status: 'added', issue_id: b, label: 'new' },
    ]);
    expect(await bd('label', 'remove', a, 'old')).toBe(`✓ Removed label 'old' from ${a}\n`);
    expect(await json('label', 'list', a)).toEqual(['new']);
    expect(await json('label', 'list-all')).toEqual([{ label: 'new', count: 2 }]);
    await bd('label', 'rm', b, 'new');
    expect(await bd('label', 'list', b)).toBe(`${b} has no labels\n`);
    expect(await refused('label', 'add', a)).toContain('requires at least 2 arg(s)');
    expect(await refused('label', 'add', a, ' ')).toContain('label cannot be empty');
    expect(await refused('label', 'paint', a)).toContain('unknown command "paint"');
  });

  test('go down to the children', async () => {
    const { bd, json, make } = await bench();
    const epic = await make('Epic', '-t', 'epic');
    const child = await make('Child', '--parent', epic);
    expect(await json('label', 'propagate', epic, 'branch:x')).toEqual([
      { status: 'propagated', issue_id: child, label: 'branch:x' },
    ]);
    expect(await bd('label', 'propagate', child, 'x')).toBe(`No children found for ${child}\n`);
  });
});

describe('comments', () => {
  test('are added from words, files and stdin, and listed', async () => {
    const { bd, json, make, call } = await bench();
    const id = await make('A');
    expect(await bd('comments', id)).toBe(`No comments on ${id}\n`);
    expect(await bd('comments', 'add', id, 'two', 'words')).toBe(`Comment added to ${id}\n`);
    expect(await json('comment', id, 'again', '--author', 'ada')).toMatchObject({
      issue_id: id,
      author: 'ada',
      text: 'again',
    });
    await call(['comment', id, '-f', 'note'], { input: { files: { note: 'from a file\n' } } });
    await call(['comment', id, '--stdin'], { input: { stdin: 'from stdin' }, actor: NUX });
    expect((await json('comments', id)).map(({ author, text }) => [author, text])).toEqual([
      ['operator', 'two words'],
      ['ada', 'again'],
      ['operator', 'from a file'],
      ['polecat rust/nux', 'from stdin'],
    ]);
    expect(await bd('comments', id)).toContain('[operator] at 2026-11-23 12:00\n  two words');
  });

  test('are refused without a text, twice given, in a wrong order, or in another agent’s name', async () => {
    const { make, refused, call, json } = await bench();
    const id = await make('A');
    expect(await refused('comment', id)).toContain('comment text is missing');
    expect(await refused('comment', id, 'x', '--stdin')).toContain('given twice');
    expect(await refused('comments', id, 'add', 'x')).toContain('takes a single issue id');
    expect((await call(['comment', id, 'x', '--author', 'operator'], { actor: NUX })).stderr).toContain(
      'in the name of another',
    );
    expect(await json('comments', id)).toEqual([]);
  });
});

describe('what is put off', () => {
  test('is not ready until it is taken up again or its time comes', async () => {
    const { bd, json, make, ready, refused, pass, shown } = await bench();
    const [a, b] = [await make('A'), await make('B')];
    expect(await json('defer', a)).toMatchObject([{ id: a, status: 'deferred' }]);
    expect(await bd('defer', b, '--until', '2026-11-25T12:00:00Z', '-r', 'holiday')).toBe(
      `❄ Deferred ${b} until 2026-11-25 12:00\n`,
    );
    expect(await ready()).toEqual([]);
    expect(await refused('defer', a, '--until', 'whenever')).toContain('invalid date or time');
    expect(await bd('undefer', a)).toBe(`✓ Undeferred ${a} (now open)\n`);
    expect(await refused('undefer', a)).toContain('is not deferred (status: open)');
    await bd('undefer', b);
    const after = await shown(b);
    expect(after).toMatchObject({ status: 'open', notes: 'Deferred: holiday' });
    expect(after).not.toHaveProperty('defer_until');
    await bd('update', a, '--defer', '+1d');
    expect(await ready()).toEqual([b]);
    pass(2 * DAY_MS);
    expect((await ready()).sort()).toEqual([a, b].sort());
  });
});

describe('finding and counting', () => {
  test('bd search looks into ids, titles, descriptions and notes, with the filters of bd list', async () => {
    const { bd, json, make, refused } = await bench();
    const a = await make('Fix the LOGIN', '-p', '0');
    const b = await make('Other', '-d', 'about login');
    await make('Unrelated');
    expect((await json('search', 'login')).map(({ id }) => id)).toEqual([a, b]);
    expect((await json('search', 'login', '--priority', '0')).map(({ id }) => id)).toEqual([a]);
    expect((await json('search', a)).map(({ id }) => id)).toEqual([a]);
    expect(await bd('search', 'Fix', 'the')).toContain(`Found 1 issues matching 'Fix the':\n○ ${a}`);
    await bd('close', a);
    expect((await json('search', 'login')).map(({ id }) => id)).toEqual([b]);
    expect((await json('search', 'login', '--status', 'all')).length).toBe(2);
    expect(await json('search', 'nothing of it')).toEqual([]);
    expect(await refused('search')).toContain('search query is required');
  });

  test('bd count counts everything that matches, closed too, and by groups', async () => {
    const { bd, json, make, refused } = await bench();
    await make('A', '-p', '0', '-l', 'x,y', '-a', 'ada');
    const b = await make('B', '-t', 'bug');
    await bd('close', b);
    expect(await bd('count')).toBe('2\n');
    expect(await json('count', '--status', 'open')).toEqual({ count: 1 });
    expect(await json('count', '--by-priority')).toEqual({
      total: 2,
      groups: [
        { group: 'P0', count: 1 },
        { group: 'P2', count: 1 },
      ],
    });
    expect(await bd('count', '--by-label')).toBe('Total: 2\n\n(no labels): 1\nx: 1\ny: 1\n');
    expect(await bd('count', '--by-assignee')).toContain('(unassigned): 1');
    expect(await refused('count', '--by-type', '--by-status')).toContain('only one --by-* flag');
  });

  test('bd status gives the numbers of the whole, under both names', async () => {
    const { bd, json, make, pass } = await bench();
    const [a, b] = [await make('A'), await make('B')];
    await make('C', '--deps', b);
    await make('Pinned', '-s', 'pinned');
    await bd('defer', a);
    const done = await make('Done');
    pass(2 * 3_600_000);
    await bd('close', done);
    const { summary } = await json<{ summary: Json }>('stats');
    expect(summary).toMatchObject({
      total_issues: 5,
      open_issues: 2,
      in_progress_issues: 0,
      closed_issues: 1,
      blocked_issues: 1,
      deferred_issues: 1,
      ready_issues: 1,
      pinned_issues: 1,
    });
    expect(summary.average_lead_time_hours).toBeCloseTo(2, 2);
    expect(await bd('status')).toContain('  Ready to Work:          1\n');
    expect(await json('status', '--no-blocked')).toMatchObject({ blocked_count_skipped: true });
    expect(await json('status', '--assigned')).toMatchObject({ summary: { total_issues: 0 } });
  });

  test('bd stale shows what nothing has happened to, oldest first', async () => {
    const { bd, json, make, refused, pass } = await bench();
    const [a, b] = [await make('A'), await make('B')];
    pass(20 * DAY_MS);
    await bd('comment', b, 'still there');
    pass(11 * DAY_MS);
    expect((await json('stale')).map(({ id }) => id)).toEqual([a]);
    expect((await json('stale', '--days', '10')).map(({ id }) => id)).toEqual([a, b]);
    expect(await bd('stale', '-d', '30')).toContain(`1. [P2] ${a}: A\n   Status: open, Last updated: 31 days ago`);
    await bd('close', a);
    expect(await bd('stale')).toBe('No stale issues found (all active)\n');
    expect(await refused('stale', '--days', '0')).toContain('at least 1');
    expect(await refused('stale', '--status', 'closed')).toContain("invalid status 'closed'");
  });

  test('bd lint names the sections that are missing, and ends with 1 for a person', async () => {
    const { call, json, make } = await bench();
    const bug = await make('Bug', '-t', 'bug', '-d', '## Steps to Reproduce\nx');
    await make('Fine', '--acceptance', 'works');
    await make('Chore', '-t', 'chore');
    const answer = await call(['lint']);
    expect([answer.exitCode, answer.stdout]).toEqual([1, expect.stringContaining('⚠ Missing: ## Acceptance Criteria')]);
    expect(await json('lint')).toEqual({
      total: 1,
      issues: 1,
      results: [{ id: bug, title: 'Bug', type: 'bug', missing: ['## Acceptance Criteria'], warnings: 1 }],
    });
    expect((await call(['lint', '--type', 'chore'])).stdout).toBe('✓ No template warnings found (1 issues checked)\n');
  });
});

describe('memories', () => {
  test('are kept under a key, searched, shown and forgotten', async () => {
    const { bd, json, refused, call } = await bench();
    expect(await bd('memories')).toContain('No memories stored');
    expect(await bd('remember', 'Always run tests with -race')).toBe(
      'Remembered [always-run-tests-with-race]: Always run tests with -race\n',
    );
    expect(await json('remember', 'JWT, not sessions', '--key', 'auth')).toEqual({
      key: 'auth',
      value: 'JWT, not sessions',
      action: 'remembered',
    });
    expect(await json('remember', 'JWT only', '--key', 'auth')).toMatchObject({ action: 'updated' });
    expect(await json('memories', 'jwt')).toEqual({ auth: 'JWT only' });
    expect(await bd('recall', 'auth')).toBe('JWT only\n');
    expect(await bd('remember', 'auth')).toBe('JWT only\n');
    expect(await refused('remember', 'recall')).toContain('a bare key is not stored');
    expect(await json('forget', 'auth')).toEqual({ key: 'auth', deleted: 'true' });
    const gone = await call(['recall', 'auth', '--json']);
    expect([gone.exitCode, JSON.parse(gone.stdout)]).toEqual([1, { key: 'auth', value: '', found: false }]);
    expect((await call(['forget', 'auth'])).stderr).toBe('No memory with key "auth"\n');
    expect(await json('memories')).toEqual({ 'always-run-tests-with-race': 'Always run tests with -race' });
  });
});
