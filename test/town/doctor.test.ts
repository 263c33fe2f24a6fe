import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processStartTime } from '../../source/agents/process.ts';
import { examine } from '../../source/town/doctor.ts';
import { townPaths } from '../../source/town/paths.ts';
import { emptyTrash, moveToTrash } from '../../source/town/trash.ts';
import { type Bench, bench, cleanUpAll } from './harness.ts';

let town: Bench;
beforeAll(async () => {
  town = await bench('doctor');
  await town.running.town.context.landing('app');
});
afterAll(cleanUpAll);

const paths = () => townPaths(town.town);
const look = async (fix = false) =>
  (await examine(town.town, town.running.town.context.ledger, { fix })).filter(({ ok, fixed }) => !ok || fixed);
const old = (file: string) => {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, 'x');
  const longAgo = new Date(Date.now() - 2 * 60 * 60_000);
  utimesSync(file, longAgo, longAgo);
  return file;
};
/** No process has it: larger than any pid the system gives. */
const NOBODY = 4_194_304 + 7;

test('nothing is wrong with a town that was left in peace', async () => {
  expect(await look()).toEqual([]);
});

test('what lies in the trash is told with its age, and is nothing wrong', async () => {
  const told = async () =>
    (await examine(town.town, town.running.town.context.ledger)).find(({ check }) => check === 'trash');
  expect(await told()).toMatchObject({ ok: true, message: expect.stringContaining('no checkout') });
  const checkout = path.join(town.dir, 'a-checkout');
  mkdirSync(checkout);
  const at = new Date(Date.now() - 3 * 24 * 60 * 60_000).toISOString();
  const entry = { rig: 'app', polecat: 'app/nux', checkout, at, holds: ['a file'] };
  const { id } = (await moveToTrash({ paths: paths() }, entry, () => true))!;
  expect(await told()).toMatchObject({ ok: true, message: expect.stringMatching(/1 checkout .*the oldest for 3d/) });
  await emptyTrash({ paths: paths() }, id);
});

describe('what a crash left behind is explained, and removed only when asked to', () => {
  test.each<[string, () => string, RegExp]>([
    // Of a branch that the running town never writes: a lock it holds itself would be renamed over the branch.
    ['a lock in the ledger', () => old(path.join(paths().ledger, 'refs/heads/other.lock')), /^locks: 1 lock of Git/],
    ['a lock in a landing repository', () => old(path.join(paths().landing('app'), 'packed-refs.lock')), /^locks: /],
    [
      'an unfinished write',
      () => old(path.join(town.town, `.operator.token.${NOBODY}.0a1b2c3d.tmp`)),
      /^temporary files: 1 unfinished file/,
    ],
    ['an unfinished backup', () => old(path.join(paths().backups, 'ledger-x.bundle.new')), /^temporary files: /],
  ])('%s', async (_, leave, message) => {
    const file = leave();
    expect(await look()).toMatchObject([
      { message: expect.stringMatching(message), fixable: true, hint: expect.any(String) },
    ]);
    expect(existsSync(file)).toBe(true);
    expect(await look(true)).toMatchObject([{ ok: true, fixed: true }]);
    expect(existsSync(file)).toBe(false);
    expect(await look()).toEqual([]);
  });

  test('records of gates whose process is gone, and not of those that run', async () => {
    const here = { pgid: process.pid, startTime: processStartTime(process.pid)! };
    writeFileSync(paths().gateGroups, JSON.stringify([{ pgid: NOBODY, startTime: 1 }, here]));
    expect(await look(true)).toMatchObject([{ check: 'process records', fixed: true }]);
    expect(JSON.parse(readFileSync(paths().gateGroups, 'utf8'))).toEqual([here]);
    rmSync(paths().gateGroups);
  });

  test('folders and tools that are missing', async () => {
    rmSync(paths().inbox, { recursive: true });
    rmSync(path.join(paths().bin, 'gt'));
    const findings = await look();
    expect(findings.map(({ check }) => check)).toEqual(['tools', 'folders']);
    await look(true);
    expect(existsSync(paths().inbox)).toBe(true);
    expect(await look()).toEqual([]);
  });
});

test('what is young, is another’s, or could hold work is left alone', async () => {
  const kept = [
    path.join(paths().ledger, 'young.lock'),
    old(path.join(town.town, `.operator.token.${process.pid}.0a1b2c3d.tmp`)),
    old(path.join(town.town, 'notes.tmp')),
    old(path.join(paths().checkout('app/toast'), '.git/index.lock')),
    old(path.join(paths().trash, 'x/checkout/refs/heads/main.lock')),
  ];
  writeFileSync(kept[0]!, '');
  expect(await look(true)).toEqual([]);
  expect(kept.filter(file => !existsSync(file))).toEqual([]);
  rmSync(kept[0]!);
});
