import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isReportGlob, readReports } from '../../source/gates/reports.ts';
import { runGate } from '../../source/gates/runner.ts';
import { readJunit, readTap } from '../../source/gates/test-tally.ts';

const fixture = (name: string): string => readFileSync(new URL(`outputs/${name}`, import.meta.url), 'utf8');

describe('a report', () => {
  test.each([
    ['vitest-junit.xml', 3, ['berths.test.ts > berths > are counted', 'berths.test.ts > throws']],
    ['node-junit.xml', 5, ['node/a.test.js > berths > are counted', 'node/a.test.js > adds']],
    [
      'pytest-junit.xml',
      5,
      ['test_berths > test_counts', 'test_berths > test_is_one[2]', 'test_berths.TestShip > test_sails'],
    ],
  ])('names the failed tests: %s', (name, total, failed) => {
    expect(readJunit(fixture(name), '/project')).toEqual({ from: 'junit', total, failed, isPartial: false });
  });

  test('in TAP too, without what was to be done later', () => {
    expect(readTap(`npm test\n${fixture('node-tap.txt')}`)).toEqual({
      from: 'tap',
      total: 5,
      failed: ['adds', 'berths > are counted'],
      isPartial: false,
    });
    expect(readTap('ok 1 - words in a log\n')).toBeUndefined();
  });

  test.each([
    ['TAP that stops before its plan', readTap('TAP version 13\n1..3\nok 1 - a\nnot ok 2 - b\n')],
    ['TAP that bails out', readTap('TAP version 13\nnot ok 1 - a\nBail out! no port\n')],
    ['a suite that could not be loaded', readJunit('<testsuite errors="1"><testcase name="a"/><error/></testsuite>')],
    [
      'more failures than are named',
      readJunit('<testsuite failures="2"><testcase name="a"><failure/></testcase></testsuite>'),
    ],
  ])('says when it does not tell all: %s', (_, tally) => {
    expect(tally).toMatchObject({ isPartial: true });
  });

  test.each([
    ['cut short', '<testsuites><testsuite><testcase name="a"><fail'],
    [
      'with entities',
      '<!DOCTYPE x [<!ENTITY a "b">]><testsuite><testcase name="&a;"><failure/></testcase></testsuite>',
    ],
    ['of something else', '<coverage/>'],
    ['too deep', `${'<testsuite>'.repeat(50_000)}<testcase/>`],
  ])('that is %s is none', (_, xml) => {
    expect(readJunit(xml)).toBeUndefined();
  });

  test('never puts a control character into an id', () => {
    const tally = readJunit('<testsuite><testcase name="a&#27;[2Jb"><failure/></testcase></testsuite>');
    expect(tally!.failed[0]).not.toMatch(/\u001b/);
  });
});

describe('reports in a checkout', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(path.join(tmpdir(), 'gastown-reports-'));
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));
  const put = (name: string, failed: string): void => {
    mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
    const xml = `<testsuite><testcase name="${failed}"><failure/></testcase></testsuite>`;
    writeFileSync(path.join(cwd, name), xml);
  };
  const read = (globs?: string[], since = Date.now()) =>
    readReports({ cwd, since, output: '', ...(globs && { globs }) });

  test('are found in the usual places, or where the rig says, and taken together', async () => {
    put('junit.xml', 'a');
    put('target/surefire-reports/b.xml', 'b');
    put('packages/one/out/c.xml', 'c');
    expect(await read()).toMatchObject({ total: 2, failed: ['a', 'b'] });
    expect(await read(['packages/*/out/*.xml'])).toMatchObject({ failed: ['c'] });
    expect(await read(['**/*.xml'])).toMatchObject({ total: 3 });
  });

  test('of an earlier run, of elsewhere or of no file are left unread', async () => {
    put('junit.xml', 'old');
    utimesSync(path.join(cwd, 'junit.xml'), 1, 1);
    put('elsewhere.xml', 'far');
    mkdirSync(path.join(cwd, 'reports'));
    symlinkSync('/etc/passwd', path.join(cwd, 'reports/passwd.xml'));
    symlinkSync('..', path.join(cwd, 'reports/up'));
    execFileSync('mkfifo', [path.join(cwd, 'reports/pipe.xml')]);
    mkdirSync(path.join(cwd, 'reports/folder.xml'));
    expect(await read()).toBeUndefined();
    expect(await read(['/etc/*', '../*', 'reports/up/*.xml'])).toBeUndefined();
  });

  test.each([
    ['reports/*.xml', true],
    ['/etc/passwd', false],
    ['a/../../b.xml', false],
    ['', false],
  ])('may lie at %s: %s', (glob, expected) => {
    expect(isReportGlob(glob)).toBe(expected);
  });

  const gate = (script: string, quarantined: string[] = []) =>
    runGate({
      gate: { name: 'test', command: script, timeoutMs: 20_000 },
      cwd,
      env: { PATH: process.env.PATH! },
      quarantined: new Set(quarantined),
    });
  const tap = (...points: string[]): string =>
    `printf 'TAP version 13\\n1..${points.length}\\n${points.join('\\n')}\\n'`;

  test('make a run pass in which only quarantined tests failed, and it says so', async () => {
    const run = await gate(`${tap('ok 1 - a', 'not ok 2 - b')}; exit 1`, ['b', 'c']);
    expect(run).toMatchObject({
      outcome: 'pass',
      exitCode: 1,
      reason: 'only quarantined tests failed: 1 test',
      tests: { from: 'tap', total: 2, failed: ['b'], excused: ['b'] },
    });
  });

  test.each([
    ['another test failed too', `${tap('not ok 1 - a', 'not ok 2 - b')}; exit 1`, 'fail'],
    ['the report is cut short', `printf 'TAP version 13\\n1..3\\nnot ok 1 - b\\n'; exit 1`, 'fail'],
    ['something failed that is no test', `${tap('ok 1 - b')}; exit 1`, 'fail'],
    ['it crashed', `${tap('not ok 1 - b')}; kill -SEGV $$`, 'fail'],
    ['it was killed', `${tap('not ok 1 - b')}; kill -KILL $$`, 'could_not_run'],
  ])('excuse nothing when %s', async (_, script, outcome) => {
    expect((await gate(script, ['b'])).outcome).toBe(outcome);
  });
});
