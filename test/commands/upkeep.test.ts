import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTurn } from '../support/in-turn.ts';
import { workspace } from '../support/process.ts';

/** What a person types about Dogs, trash, leftovers and what happened meanwhile, with the real program and no town running. */
const work = workspace('upkeep');
const town = work.town(path.join(work.dir, 'town'));
const type = (...args: string[]) => inTurn(args, { home: work.home, env: { GASTOWN_TOWN: town } });
const json = async (...args: string[]) =>
  (await type(...args, '--json')).stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Record<string, unknown>);

beforeAll(async () => {
  expect(await type('init', town)).toMatchObject({ code: 0 });
  await type('create', 'Something to back up');
});
afterAll(() => work.cleanUp());

test('a dog is run, and how it went is kept', async () => {
  const ran = await type('dog', 'run', 'backup');
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.stdout).toMatch(/^backup: wrote ledger-\S+\.bundle and restored \d+ records from it\n$/);
  const dogs = await json('dogs');
  expect(dogs.find(({ name }) => name === 'backup')).toMatchObject({ type: 'dog', ok: true, intervalMs: 900_000 });
  expect(dogs.find(({ name }) => name === 'pruner')).toMatchObject({ note: 'not run yet' });
  expect((await json('dog', 'off', 'backup'))[0]).toMatchObject({ name: 'backup', offBy: 'operator' });
  expect((await json('dog', 'on', 'backup'))[0]).not.toHaveProperty('offBy');
  expect(await type('dog', 'off', 'cat')).toMatchObject({ code: 2, stderr: expect.stringContaining('There are: ') });
  expect(await type('dog', 'run', 'cat')).toMatchObject({ code: 2, stderr: expect.stringContaining('There are: ') });
});

test('the trash is empty, and is not emptied by a slip', async () => {
  expect(await type('trash')).toMatchObject({ code: 0, stdout: 'The trash is empty.\n' });
  expect(await type('trash', 'empty')).toMatchObject({ code: 2, stderr: expect.stringContaining('or --all') });
  expect(await type('trash', 'empty', '--all')).toMatchObject({ code: 0, stdout: '0 checkouts removed for good.\n' });
  expect(await type('trash', 'restore', 'x')).toMatchObject({ code: 1, stderr: expect.stringContaining('no "x"') });
});

test('doctor explains an unfinished file, and --fix removes it', async () => {
  // Of a process that cannot be: the system gives no pid as large as this.
  const file = path.join(town, '.operator.token.4194999.0a1b2c3d.tmp');
  writeFileSync(file, '');
  utimesSync(file, 0, 0);
  const found = await type('doctor');
  expect(found.code).toBe(1);
  expect(found.stdout).toContain('WRONG  temporary files: 1 unfinished file');
  expect(found.stdout).toContain('gastown doctor --fix removes it.');
  const fixed = await json('doctor', '--fix');
  expect(fixed.filter(finding => finding.fixed)).toMatchObject([
    { type: 'finding', check: 'temporary files', ok: true },
  ]);
  expect(await type('doctor')).toMatchObject({ code: 0 });
});

test('the digest says what happened since', async () => {
  const [digest] = await json('digest', '--since', '1h');
  expect(digest).toMatchObject({ type: 'digest', landed: [], costUsd: 0, waiting: [] });
  expect((await type('digest')).stdout).toMatch(/^Since .*\nnothing happened\nnothing waits for you\n$/);
  expect(await type('digest', '--since', 'yesterday')).toMatchObject({ code: 2 });
  expect(await type('digest', '--since', '2999-01-01')).toMatchObject({ code: 2 });
});

test('the report is one page in the folder of the town, or where it is wanted', async () => {
  const file = path.join(town, 'report.html');
  expect(await type('report')).toEqual({ code: 0, stdout: `0 landed changes in ${file}\n`, stderr: '' });
  expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
  expect((await type('report', '--out', '-')).stdout).toMatch(/^<!doctype html>/);
  expect(await type('report', '--out', path.join(work.dir, 'nowhere', 'x.html'))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('ENOENT'),
  });
  expect(await type('report', '--since', 'spring')).toMatchObject({ code: 2 });
});
