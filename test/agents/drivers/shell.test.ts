import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { shellArgv, shellDriver, shellScript } from '../../../source/agents/drivers/shell.ts';
import { testHost, until } from '../support.ts';

const cases: [title: string, description: string, script: string | undefined][] = [
  ['the first sh block', 'Do it.\n\n```sh\necho one\n```\n\n```sh\necho two\n```\n', 'echo one\n'],
  ['a block after one of another language', '```js\nlet x\n```\n```sh\necho\n```', 'echo\n'],
  ['nothing without a block', 'Just words', undefined],
  ['nothing from a block of another language', '```bash\necho\n```', undefined],
  ['nothing from an sh block shown inside another', '````md\n```sh\nrm -rf /\n```\n````', undefined],
  ['a block that is not closed, to the end', '```sh\necho one\necho two', 'echo one\necho two\n'],
  ['a block with tildes and more words', '~~~ sh title=x\necho\n~~~', 'echo\n'],
  ['a longer fence with a shorter one inside', '````sh\ncat <<E\n```\nE\n````', 'cat <<E\n```\nE\n'],
  [
    'an indented block without its indent',
    '  ```sh\n  if true; then\n    echo\n  fi\n  ```',
    'if true; then\n  echo\nfi\n',
  ],
  ['lines that end as on Windows', '```sh\r\necho\r\n```\r\n', 'echo\n'],
  ['an empty block', '```sh\n```', '\n'],
];

test.each(cases)('finds %s', (_, description, script) => {
  expect(shellScript(description)).toBe(script);
});

const launch = async (script: string) => {
  const host = await testHost();
  const file = path.join(host.dir, 'script.sh');
  fs.writeFileSync(file, script);
  const { id: session, argv: _, ...request } = host.request('a', []);
  await shellDriver.start(host.client, { session, script: file, ...request });
  return host;
};

test('stops at the first failing command and at an unset variable', async () => {
  const host = await launch('echo one; false; echo two');
  expect(shellDriver.state(await host.ended('a'), 0)).toMatchObject({ state: 'failed', evidence: 'exit code 1' });
  expect(await host.client.tail('a', 9)).toEqual(['one']);
  expect(shellArgv('x.sh')).toEqual(['sh', '-eu', 'x.sh']);
});

test('is done when the script ends with 0, and unknown when the host does not know it', async () => {
  const host = await launch('echo one');
  expect(shellDriver.state(await host.ended('a'), 0)).toMatchObject({ state: 'done', source: 'process' });
  expect(shellDriver.state(undefined, 5)).toMatchObject({ state: 'unknown', since: 5, source: 'none' });
});

test('takes a prompt, and an interrupt like Ctrl-C', async () => {
  // It waits by itself: an interrupt in the instant in which dash starts a child is lost to that child.
  const host = await launch('read line; echo "got $line"; read more');
  await until(async () => shellDriver.state(await host.seen('a'), 0).state === 'working');
  await shellDriver.prompt(host.client, 'a', 'some words');
  await until(async () => (await host.client.tail('a', 1))[0] === 'got some words');
  await shellDriver.interrupt(host.client, 'a');
  expect(shellDriver.state(await host.ended('a'), 0)).toMatchObject({ state: 'failed' });
});
