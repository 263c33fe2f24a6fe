import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { closeOtherDescriptors } from '../../source/agents/trampoline.ts';
import { temporary } from './support.ts';

const ENV = { PATH: process.env.PATH! };
const ways: [string, string | undefined][] = [
  ['bash', '/bin/bash'],
  ['node where there is no bash', undefined],
];

/** Runs a command that inherits three more descriptors, two of them with numbers of two digits. */
const run = (argv: readonly string[]) => {
  const file = fs.openSync(path.join(temporary(), 'secret'), 'w+');
  const stdio: (number | 'ignore' | 'pipe')[] = Array.from({ length: 40 }, () => 'ignore');
  stdio.splice(0, 3, 'ignore', 'pipe', 'pipe');
  for (const fd of [3, 21, 39]) stdio[fd] = file;
  const [command, ...args] = argv;
  const ran = spawnSync(command!, args, { stdio, env: ENV, encoding: 'utf8' });
  fs.closeSync(file);
  return { code: ran.status, out: ran.output[1]!.trim().split('\n'), err: ran.output[2]! };
};

// The shell lists its own open folder too, which is gone by the time the link is read.
const LIST = ['sh', '-c', 'for fd in /proc/$$/fd/*; do readlink $fd > /dev/null && basename $fd; done'];

test('without it, descriptors do reach the command', () => {
  expect(run(LIST).out).toContain('39');
});

test.each(ways)('with %s, only 0, 1 and 2 reach the command', (_, bash) => {
  expect(run(closeOtherDescriptors(LIST, ENV, bash ?? '')).out).toEqual(['0', '1', '2']);
});

test.each(ways)('with %s, errors still reach the terminal and arguments are what they were', (_, bash) => {
  const argv = ['sh', '-c', 'echo "$@" >&2; exit 5', 'x', '--', '-e', 'a  b', '$HOME', '*'];
  expect(run(closeOtherDescriptors(argv, ENV, bash ?? ''))).toMatchObject({ code: 5, err: '-- -e a  b $HOME *\n' });
});

test.each(ways)('with %s, a command that is not there ends with 127', (_, bash) => {
  expect(run(closeOtherDescriptors(['no-such-command'], ENV, bash ?? '')).code).toBe(127);
});

test.each(ways)('with %s, the command takes the place of the wrapper', async (_, bash) => {
  const [command, ...args] = closeOtherDescriptors(['sh', '-c', 'echo $$'], ENV, bash ?? '');
  const child = spawn(command!, args, { env: ENV, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  for await (const chunk of child.stdout) out += chunk;
  expect(Number(out)).toBe(child.pid);
});

test('runs neither a start file nor functions of the environment', () => {
  const [command, ...args] = closeOtherDescriptors(['echo', 'clean'], ENV);
  const start = path.join(temporary(), 'start.sh');
  fs.writeFileSync(start, 'echo evil');
  const ran = spawnSync(command!, args, {
    env: { ...ENV, BASH_ENV: start, 'BASH_FUNC_eval%%': '() { echo evil; }' },
    encoding: 'utf8',
  });
  expect(ran.stdout).toBe('clean\n');
});
