import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTurn } from '../support/in-turn.ts';
import { cleanEnv, workspace } from '../support/process.ts';

/** What a person types to look back and to take back, with the real program and no town running. */
const work = workspace('history');
const town = work.town(path.join(work.dir, 'town'));
const type = (...args: string[]) => inTurn(args, { home: work.home, env: { GASTOWN_TOWN: town } });
let bead: string;

beforeAll(async () => {
  execFileSync('git', ['init', '-q', '-b', 'main', 'repo'], { cwd: work.dir, env: cleanEnv(work.home) });
  const commit = ['-c', 'user.name=T', '-c', 'user.email=t@t.invalid', 'commit', '-q', '--allow-empty', '-m', 'first'];
  execFileSync('git', commit, { cwd: path.join(work.dir, 'repo'), env: cleanEnv(work.home) });
  await type('init', town);
  await type('rig', 'add', 'repo', path.join(work.dir, 'repo'), '--no-gates');
  const made = await type('create', 'Call it by its name', '-p', '0', '--json');
  bead = (JSON.parse(made.stdout.trim().split('\n')[0]!) as { id: string }).id;
});
afterAll(() => work.cleanUp());

describe('gastown undo', () => {
  test('says first what it changes, and with --dry-run only that', async () => {
    const said = await type('undo', '--dry-run');
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(said.stdout).toMatch(new RegExp(`^Take back: created ${bead} \\(\\d+m?s ago\\)\n +${bead}: is deleted`));
    expect((await type('history', bead)).stdout).not.toContain('tombstone');
  });

  test('takes back, redo does it again, and the list names the steps', async () => {
    expect((await type('undo', '--list')).stdout).toMatch(new RegExp(`created ${bead}`));
    expect(await type('undo')).toMatchObject({ code: 0 });
    expect((await type('history', bead)).stdout).toContain('status: open → tombstone');
    const nothing = await type('undo');
    expect(nothing).toMatchObject({ code: 1, stdout: '' });
    expect(nothing.stderr).toContain('nothing of yours to take back');
    const again = await type('redo', '--json');
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout.split('\n')[0]!)).toMatchObject({ type: 'redo', what: expect.any(String) });
    expect((await type('redo')).stderr).toContain('nothing to do again');
  });

  test.each([
    ['a number that is no step', ['undo', '4711'], 'Command 4711 is not one of your steps', 1],
    ['a word', ['undo', 'everything'], 'undo wants the number of a step, found "everything"', 2],
    ['an unknown record', ['history', 'gt-nothing'], 'There is no record "gt-nothing"', 1],
  ])('refuses %s', async (_, args, message, code) => {
    const said = await type(...args);
    expect(said).toMatchObject({ code, stdout: '' });
    expect(said.stderr).toContain(message);
  });
});

test('gastown history tells who changed what, when and why, field by field', async () => {
  const text = (await type('history', bead)).stdout;
  expect(text).toMatch(/^\d{4}-\d\d-\d\dT\S+Z {2}operator {2}created$/m);
  expect(text).toContain('    priority: 0\n');
  const entries = (await type('history', bead, '--json')).stdout.trim().split('\n');
  expect(JSON.parse(entries[1]!)).toMatchObject({
    type: 'change',
    id: bead,
    rev: 2,
    by: 'operator',
    command: 'history.undo',
    changes: expect.arrayContaining([{ field: 'status', before: 'open', after: 'tombstone' }]),
  });
});
