import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { inTurn } from '../support/in-turn.ts';
import { CLI, cleanEnv, workspace } from '../support/process.ts';
import { launch } from '../terminal/launch.ts';

/** Gates that are found and agreed to, what they did since, tests that do not count, and files that only a person lets change. */
const work = workspace('gates');
const town = work.town(path.join(work.dir, 'town'));
const repository = path.join(work.dir, 'repo');
const env = { GASTOWN_TOWN: town };

const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await inTurn([...args, '--json'], { home: work.home, env });
  const lines = (text: string) => text.split('\n').flatMap(line => (line ? [JSON.parse(line)] : []));
  return { code, out: lines(stdout), err: lines(stderr) };
};
const say = async (...args: string[]) => (await inTurn(args, { home: work.home, env })).stdout;

beforeAll(async () => {
  mkdirSync(repository);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@t.invalid', ...args], {
      cwd: repository,
      env: cleanEnv(work.home),
    });
  git('init', '-q', '-b', 'main');
  writeFileSync(path.join(repository, 'Makefile'), 'test:\n\ttest ! -e broken\n');
  writeFileSync(path.join(repository, 'prices.txt'), 'one 1\n');
  git('add', '.');
  git('commit', '-qm', 'first');
  expect(await inTurn(['init', town], { home: work.home })).toMatchObject({ code: 0 });
});
afterAll(() => work.cleanUp());

test('what is found in a repository is shown, and becomes a gate only when a person agrees', async () => {
  const asked = (answer: string) => {
    const terminal = launch(process.execPath, [CLI, 'rig', 'add', 'asked', repository, '--town', town], {
      env: cleanEnv(work.home),
    });
    onTestFinished(() => terminal.kill());
    return terminal
      .until('Use them? [Y/n]')
      .then(() => terminal.send(`${answer}\r`))
      .then(() => terminal.exited())
      .then(({ exitCode }) => ({ exitCode, screen: terminal.screen() }));
  };
  const refused = await asked('n');
  expect(refused.exitCode, 'nothing is added that nobody wanted').toBe(2);
  expect(refused.screen).toMatch(/gate test: make test/);
  expect(refused.screen).toContain('--no-gates');
  expect((await json('rig', 'list')).out).toEqual([]);

  expect((await asked('y')).exitCode).toBe(0);
  expect((await json('rig', 'list')).out).toMatchObject([
    { id: 'asked', gates: [{ name: 'test', command: 'make test' }] },
  ]);
  expect(await json('rig', 'remove', 'asked')).toMatchObject({ code: 0 });
});

test('a rig without gates says what that means, one with them what each has done', async () => {
  expect(await say('gates')).toContain('No gates, so every merge needs a person.');
  const added = await json('rig', 'add', 'app', repository, '--yes', '--policy', 'auto', '--protect', 'prices.txt');
  expect(added.out).toMatchObject([
    { id: 'app', gates: [{ name: 'test', command: 'make test' }], guards: { protect: ['prices.txt @you'] } },
  ]);
  expect((await json('gates')).out).toMatchObject([{ type: 'gate', rig: 'app', gate: 'test', runs: 0, flakes: 0 }]);
  expect(await json('gates', 'none')).toMatchObject({ code: 1, err: [{ code: 'not_found' }] });
});

test('work lands when its gate is green; on a protected file it waits for a person, who types a word', async () => {
  const plan = path.join(work.dir, 'plan.md');
  writeFileSync(
    plan,
    '# Work\n\n## Plain\n\n```sh\necho plain > plain.txt\n```\n\n## Raise the price\n\n```sh\necho one 2 > prices.txt\n```\n',
  );
  const [convoy] = (await json('plan', 'import', plan)).out;
  expect(await json('plan', 'approve', convoy.id)).toMatchObject({ code: 0 });
  expect((await json('run', '--until', 'idle')).out.at(-1)).toMatchObject({ landed: 1, waiting: 1 });
  const [waiting] = (await json('merges')).out.filter(row => row.state === 'queued');
  expect(waiting).toMatchObject({ needsApproval: true, findings: [{ kind: 'ask', path: 'prices.txt' }] });
  const approve = (...more: string[]) => json('approve', waiting.id, '--head', waiting.head, ...more);
  expect(await approve()).toMatchObject({ code: 3, err: [{ code: 'needs_person' }] });
  expect(await approve('--word', waiting.confirmWord)).toMatchObject({ code: 0 });
  expect((await json('run', '--until', 'idle')).out.at(-1)).toMatchObject({ landed: 1, waiting: 0 });
  expect((await json('gates')).out).toMatchObject([{ gate: 'test', runs: 2, passed: 2, flakes: 0 }]);
  expect(await say('gates')).toMatch(/app +test +2 +100 %/);
});

test('a test goes into quarantine for some days, is listed with who put it there, and counts again when it is taken out', async () => {
  const key = ['app', 'test', 'suite > sometimes red'] as const;
  expect(await json('quarantine', 'add', ...key, '--days', '2', '-m', 'The clock')).toMatchObject({ code: 0 });
  const { out } = await json('quarantine', 'list');
  expect(out).toMatchObject([{ type: 'quarantine', rig: 'app', gate: 'test', test: key[2], by: 'operator' }]);
  expect(await say('quarantine')).toMatch(/app +test +(2d|1d 23h|47h|48h).*sometimes red/);
  expect((await json('gates')).out).toMatchObject([{ quarantined: [{ test: key[2] }] }]);
  expect(await json('quarantine', 'remove', ...key)).toMatchObject({ code: 0 });
  expect(await say('quarantine')).toContain('No test is in quarantine.');
  for (const days of ['0', 'soon', '31'])
    expect(await json('quarantine', 'add', ...key, '--days', days), days).toMatchObject({
      out: [],
      err: [{ type: 'error' }],
    });
  expect(await json('quarantine', 'add', 'app', 'lint', 'x')).toMatchObject({
    code: 1,
    out: [],
    err: [{ type: 'error' }],
  });
  expect(await json('quarantine', 'remove', ...key)).toMatchObject({ code: 1, err: [{ type: 'error' }] });
});
