import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTurn } from '../support/in-turn.ts';
import { cleanEnv, workspace } from '../support/process.ts';

/** The public shape of every command: one object a line, each with a `type`; errors on stderr; exit codes as designed. */
const work = workspace('json');
const town = work.town(path.join(work.dir, 'town'));
const repository = path.join(work.dir, 'repo');

const json = async (...args: string[]) => {
  const result = await inTurn([...args, '--json'], { home: work.home, env: { GASTOWN_TOWN: town } });
  const lines = (text: string) =>
    text
      .trim()
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Record<string, unknown>);
  return { code: result.code, out: lines(result.stdout), err: lines(result.stderr) };
};
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@t.invalid', ...args], {
    cwd: repository,
    encoding: 'utf8',
    env: cleanEnv(work.home),
  }).trim();

beforeAll(async () => {
  mkdirSync(repository);
  git('init', '-q', '-b', 'main');
  writeFileSync(path.join(repository, 'a.txt'), 'a\n');
  git('add', '.');
  git('commit', '-qm', 'first');
});
afterAll(() => work.cleanUp());

describe('a town from its making to a landed change, in JSON', () => {
  let merge: { id: string; head: string };

  test('init, rig add and rig list print their records', async () => {
    expect(await json('init', town)).toMatchObject({ code: 0, out: [{ type: 'town', path: town }] });
    expect(await json('rig', 'add', 'repo', repository)).toMatchObject({
      code: 0,
      out: [{ type: 'rig', id: 'repo', rev: 1, branch: 'main', gates: [], policy: 'guarded' }],
    });
    expect((await json('rig', 'list')).out).toMatchObject([{ type: 'rig', id: 'repo' }]);
  });

  test('rig set changes what is named and refuses what it does not know', async () => {
    expect(await json('rig', 'set', 'repo', '--policy', 'all', '--setup', 'true')).toMatchObject({
      code: 0,
      out: [{ type: 'rig', id: 'repo', rev: 2, policy: 'all', setup: 'true', agent: 'shell', gates: [] }],
    });
    expect((await json('rig', 'set', 'repo', '--policy', 'guarded', '--setup', '')).out[0]).not.toHaveProperty('setup');
    expect(await json('rig', 'set', 'repo', '--agent', 'shel')).toMatchObject({ code: 2 });
    expect(await json('rig', 'set', 'repo')).toMatchObject({ code: 2 });
  });

  test('an imported plan waits until it is approved', async () => {
    const plan = path.join(work.dir, 'plan.md');
    writeFileSync(
      plan,
      '# Greet\n\n## Say hello {#hello}\npriority: 1\n\n```sh\necho hello > hello.txt\n```\n\n## Say bye {#bye}\nneeds: hello\n\n```sh\necho bye > bye.txt\n```\n',
    );
    const { out } = await json('plan', 'import', plan);
    expect(out).toMatchObject([{ type: 'convoy', title: 'Greet', status: 'proposed' }]);
    expect(await json('attention')).toMatchObject({ code: 3, out: [{ type: 'attention', kind: 'plan' }] });
    expect(await json('plan', 'approve', out[0]!.id as string)).toMatchObject({
      code: 0,
      out: [{ type: 'convoy', status: 'approved' }],
    });
    expect((await json('convoys')).out).toMatchObject([
      { type: 'convoy', status: 'approved', closed: 0, estimate: { words: 'no estimate yet' } },
    ]);
  });

  test('run streams events and ends with a summary; without gates it needs a person', async () => {
    const { code, out } = await json('run', '--until', 'idle');
    expect(code).toBe(3);
    expect(out.slice(0, -1).every(event => event.type === 'event' && typeof event.seq === 'number')).toBe(true);
    expect(out.map(event => event.seq).slice(0, -1)).toEqual(
      out
        .map(event => event.seq as number)
        .slice(0, -1)
        .toSorted((a, b) => a - b),
    );
    expect(out.at(-1)).toEqual({ type: 'summary', landed: 0, bounced: 0, parked: 0, waiting: 1, costUsd: 0 });
  });

  test('merges, polecats, status, why and log print what there is', async () => {
    const { out } = await json('merges');
    expect(out).toMatchObject([
      { type: 'merge', state: 'queued', needsApproval: true, why: expect.stringContaining('approval') },
    ]);
    merge = out[0] as unknown as typeof merge;
    expect((await json('polecats')).out).toMatchObject([{ type: 'polecat', state: 'idle', rig: 'repo' }]);
    expect((await json('status')).out).toMatchObject([
      { type: 'status', running: false, counts: { queue: 1, attention: 1 } },
    ]);
    expect((await json('why', merge.id)).out[0]).toMatchObject({ type: 'why', id: merge.id, findings: [] });
    expect((await json('log')).code).toBe(0);
    expect((await json('doctor')).out.every(finding => finding.type === 'finding' && finding.ok)).toBe(true);
  });

  test('diff prints a patch, its files and its evidence; comments are of lines that there are', async () => {
    expect(await json('diff', merge.id)).toMatchObject({
      code: 0,
      out: [
        { type: 'diff', id: merge.id, head: merge.head, files: 1, gates: [] },
        { type: 'file', path: 'hello.txt', status: 'added', added: 1, hunks: [{ newStart: 1, lines: ['+hello'] }] },
      ],
    });
    const text = await inTurn(['diff', merge.id, '--town', town], { home: work.home });
    expect(text.stdout).toBe(
      ['diff --git a/hello.txt b/hello.txt', '--- /dev/null', '+++ b/hello.txt', '@@ -0,0 +1,1 @@', '+hello', ''].join(
        '\n',
      ),
    );
    const stat = await inTurn(['diff', merge.id, '--stat', '--town', town], { home: work.home });
    expect(stat.stdout).toBe(' hello.txt | +1 -0\n 1 file changed, +1 -0\n');
    expect(await json('comment', merge.id, 'hello.txt:1', '-m', 'Say hello to whom?')).toMatchObject({
      code: 0,
      out: [{ type: 'merge', comments: [{ path: 'hello.txt', line: 1, quote: 'hello', text: 'Say hello to whom?' }] }],
    });
    expect(await json('comment', merge.id, 'hello.txt:2', '-m', 'x')).toMatchObject({
      code: 1,
      err: [{ code: 'not_found', hint: expect.stringContaining('gastown diff') }],
    });
  });

  test('approve is refused for another head and lets the right one land', async () => {
    const wrong = await json('approve', merge.id, '--head', '0'.repeat(40));
    expect(wrong).toMatchObject({
      code: 1,
      out: [],
      err: [{ type: 'error', code: 'conflict', hint: expect.any(String) }],
    });
    expect(await json('approve', merge.id, '--head', merge.head)).toMatchObject({
      code: 0,
      out: [{ type: 'merge', id: merge.id }],
    });
    const { out } = await json('run', '--until', 'idle');
    expect(out.at(-1)).toMatchObject({ type: 'summary', landed: 1, waiting: 1 });
    expect(git('show', 'main:hello.txt')).toBe('hello');
    const report = (await json('report', '--since', '1h')).out;
    expect(report.find(({ type }) => type === 'change')).toMatchObject({
      id: merge.id,
      agent: 'shell',
      costKnown: 'none',
    });
    expect(report.at(-1)).toMatchObject({ type: 'report', landed: 1, takenBack: 0, spent: { costKnown: 'none' } });
    const history = (await json('history', merge.id)).out;
    expect(history.at(-1)).toMatchObject({
      type: 'approval',
      head: merge.head,
      chain: 'whole',
      hash: expect.any(String),
    });
    const text = await inTurn(['history', merge.id, '--town', town], { home: work.home });
    expect(text.stdout).toContain('The chain of all 1 approvals is whole.');
  });

  test('reject sends work back, and what is refused can be tried again', async () => {
    const open = (await json('merges')).out.find(row => row.state === 'queued')!;
    expect(await json('reject', open.id as string, '-m', 'say it nicer')).toMatchObject({
      code: 0,
      out: [{ type: 'merge', state: 'rejected' }],
    });
    expect(await json('retry', open.id as string)).toMatchObject({
      code: 0,
      out: [{ type: 'merge', state: 'queued' }],
    });
  });

  test('estop and thaw, sling and unsling, rig remove answer in JSON too', async () => {
    expect(await json('estop', 'a drill')).toMatchObject({ code: 0, out: [{ type: 'town', estop: true }] });
    expect((await json('status')).out).toMatchObject([{ estop: true, estopReason: 'a drill' }]);
    expect(await json('thaw')).toMatchObject({ code: 0, out: [{ type: 'town', estop: false }] });
    expect(await json('thaw')).toMatchObject({ code: 0, out: [{ message: 'The town was not stopped.' }] });
    const { out } = await json('create', 'Later', '--rig', 'repo');
    expect(out).toMatchObject([{ type: 'bead', title: 'Later', status: 'open' }]);
    expect(await json('sling', out[0]!.id as string)).toMatchObject({ code: 0, out: [{ type: 'bead' }] });
    expect(await json('unsling', out[0]!.id as string)).toMatchObject({ code: 0 });
    expect(await json('rig', 'remove', 'repo')).toMatchObject({ code: 1, err: [{ type: 'error', code: 'conflict' }] });
    expect(await json('keys')).toMatchObject({
      code: 0,
      out: expect.arrayContaining([expect.objectContaining({ type: 'key' })]),
    });
  });

  test('commands given at the same time wait for each other instead of failing', async () => {
    const before = (await json('status')).out[0]!.counts as { ready: number };
    const created = await Promise.all(['a', 'b', 'c', 'd'].map(title => json('create', title, '--rig', 'repo')));
    expect(created.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(new Set(created.map(({ out }) => out[0]!.title))).toEqual(new Set(['a', 'b', 'c', 'd']));
    expect((await json('status')).out[0]!.counts).toMatchObject({ ready: before.ready + 4 });
  });

  test('an unknown record is an error with a code, not an empty answer', async () => {
    expect(await json('why', 'nothing-1')).toMatchObject({
      code: 1,
      out: [],
      err: [{ type: 'error', code: 'not_found' }],
    });
    expect(await json('sling', 'nothing-1')).toMatchObject({ code: 1, err: [{ code: 'not_found' }] });
    expect(await json('merge', 'pause', 'nowhere')).toMatchObject({ code: 1, err: [{ code: 'not_found' }] });
  });
});
