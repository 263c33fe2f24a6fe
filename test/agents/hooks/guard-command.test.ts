import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporary } from '../support.ts';

const GT = path.join(import.meta.dirname, '../../../source/gt.ts');

const gt = (words: string[], options: { input: string; cwd: string; env?: Record<string, string> }) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [GT, ...words], {
    cwd: options.cwd,
    input: options.input,
    encoding: 'utf8',
    env: { HOME: options.cwd, ...options.env },
  });
  return { status, stdout, stderr };
};

const call = (command: string) => JSON.stringify({ tool_name: 'Bash', tool_input: { command } });

test('gt guard refuses by exit code 2 and a reason on standard error, without a town, from anywhere in the checkout', () => {
  const dir = temporary();
  fs.mkdirSync(path.join(dir, 'checkout', '.git'), { recursive: true });
  fs.mkdirSync(path.join(dir, 'checkout', 'sub'));
  const cwd = path.join(dir, 'checkout', 'sub');
  const refused = gt(['guard', 'claude'], { input: call('git push --force'), cwd });
  expect(refused).toMatchObject({ status: 2, stdout: '' });
  expect(refused.stderr).toContain('A forced push takes commits of others away.');
  expect(gt(['guard', 'claude'], { input: call('rm -rf ../dist'), cwd })).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
  expect(gt(['guard', 'claude'], { input: call('rm -rf /srv/x'), cwd }).status).toBe(2);
});

test('gt guard takes the checkout that the town named, wherever the agent went', () => {
  const dir = temporary();
  const env = { GASTOWN_CHECKOUT: path.join(dir, 'checkout') };
  const away = (target: string) => gt(['guard', 'codex'], { input: call(`rm -rf ${target}`), cwd: '/usr', env }).status;
  expect(away('lib')).toBe(2);
  expect(away(path.join(dir, 'checkout', 'dist'))).toBe(0);
});

test('gt guard says that it could not judge what is no JSON, and does not stop the work', () => {
  expect(gt(['guard', 'claude'], { input: 'what?', cwd: temporary() })).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('was not judged'),
  });
});

test('gt remind lets a turn end where no town started the session, or none runs', () => {
  const cwd = temporary();
  const env = { GASTOWN_SOCKET: path.join(cwd, 'no.sock'), GASTOWN_TOKEN: 'x' };
  expect(gt(['remind', 'claude'], { input: '{}', cwd })).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(gt(['remind', 'claude'], { input: '{}', cwd, env })).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('a hook that is called wrongly never refuses: only the town and the guard may do that', () => {
  const cwd = temporary();
  for (const words of [
    ['remind', '--unknown'],
    ['guard', '--unknown'],
    ['remind', 'claude', 'and', 'more'],
  ]) {
    expect(gt(words, { input: '{}', cwd })).toMatchObject({ status: 1, stderr: expect.stringContaining('gt ') });
  }
});

test('says its reasons where Copilot reads them as well', () => {
  const refused = gt(['guard', 'copilot'], { input: call('git push --force'), cwd: temporary() });
  expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('A forced push') });
  expect(JSON.parse(refused.stdout)).toEqual({
    permissionDecision: 'deny',
    permissionDecisionReason: refused.stderr.trimEnd(),
  });
});

test('the help for agents is silent about both', () => {
  const { stdout } = gt(['--help'], { input: '', cwd: temporary() });
  expect(stdout).toContain('gt done');
  expect(stdout).not.toMatch(/guard|remind/);
});
