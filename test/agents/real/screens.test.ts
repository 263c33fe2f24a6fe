import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { answerOnTerminal } from '../../../source/agents/answer-terminal.ts';
import { AGENT_CLIS } from '../../../source/agents/catalog.ts';
import type { AgentCli } from '../../../source/agents/cli.ts';
import { promptTerminal } from '../../../source/agents/prompt-terminal.ts';
import { screenRules } from '../../../source/agents/screens/rules.ts';
import { startModel } from '../model/model.ts';
import { looker } from '../screens/look.ts';
import { testHost, until } from '../support.ts';
import { agentProgram, environmentOf, setupOf, writeHome } from './drive.ts';
import { MODELS } from './preset.ts';

/** A real CLI starts in up to seconds on a machine that is busy with others. */
const LIMIT_MS = 40_000;
const COMMAND = 'git push origin HEAD:pushed';

/** Codex runs what its sandbox allows unasked, and asks for what is to leave it. */
const WISH: Readonly<Record<string, string>> = {
  codex: `[[tool: exec_command ${JSON.stringify({ cmd: COMMAND, sandbox_permissions: 'require_escalated', justification: 'Needed.' })}]]`,
};

/** A CLI on its own screen in the terminal host, in a repository with a remote, asking before what it holds dangerous. */
const onScreen = async (cli: AgentCli) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gastown-screen-'));
  onTestFinished(() => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 10 }));
  const cwd = path.join(dir, 'checkout');
  const remote = path.join(dir, 'remote.git');
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=Nux', '-c', 'user.email=nux@example.invalid', ...words], {
      encoding: 'utf8',
    });
  git('init', '-q', '--bare', remote);
  git('init', '-q', '-b', 'main', cwd);
  git('-C', cwd, 'commit', '-q', '--allow-empty', '-m', 'First');
  git('-C', cwd, 'remote', 'add', 'origin', remote);
  const model = await startModel();
  onTestFinished(() => model.close());
  const name = MODELS[cli.name];
  const setup = setupOf(cli, {
    ...{ dir, cwd, prompt: '', model: model.url },
    setup: { permissions: 'ask', ...(name !== undefined && { model: name }) },
  });
  writeHome(cli, setup);
  const host = await testHost();
  const [, ...words] = cli.terminal({ ...setup, session: 'a' });
  await host.client.start(
    host.request('a', [agentProgram(cli)!, ...words], {
      env: environmentOf(cli, setup),
      cwd,
      columns: 120,
      rows: 40,
    }),
  );
  const look = looker(host, 'a', screenRules({ name: cli.name, kind: cli.name }));
  const tell = (text: string) =>
    promptTerminal(text, {
      host: host.client,
      look,
      isKnown: true,
      async keep(long) {
        const file = path.join(dir, 'prompt.md');
        fs.writeFileSync(file, long);
        return file;
      },
      limits: { readyMs: LIMIT_MS },
    });
  return {
    ...{ host, look, tell },
    heard: () => model.requests.flatMap(({ heard }) => heard.map(({ text }) => text)).join('\n'),
    pushed: () => git('-C', remote, 'branch', '--list', 'pushed').trim() !== '',
  };
};

describe.each([...AGENT_CLIS.values()])('the screen of $title, against a scripted model', cli => {
  const isHere = agentProgram(cli) !== undefined;
  // pi has no permissions: it never asks.
  const asks = isHere && cli.name !== 'pi';

  test.skipIf(!asks).each([
    ['allow', true],
    ['deny', false],
  ] as const)('its composer takes a prompt, and what it asks is answered by the key for %s', async (kind, isDone) => {
    const { host, look, tell, pushed } = await onScreen(cli);
    await tell(`Do it,\nnow.\n${WISH[cli.name] ?? `[[sh: ${COMMAND}]]`} [[say: The end of it.]]`);
    const asked = await until(look, ({ ask }) => ask !== undefined && ask.options.length > 0, LIMIT_MS);
    expect(asked.state).toBe('waiting');
    expect(asked.ask!.title).toBe(`Allow: ${COMMAND}`);
    const option = asked.ask!.options.find(one => one.kind === kind)!;
    await answerOnTerminal({ session: 'a', ask: asked.ask!.id, option: option.id, host: host.client, look });
    await until(look, ({ state }) => state === 'idle', LIMIT_MS);
    expect(pushed()).toBe(isDone);
  });

  test.skipIf(!isHere)('a long prompt goes by a file that it is told to read, and a second one follows', async () => {
    const { look, tell, heard } = await onScreen(cli);
    await tell('A long story. '.repeat(500));
    await until(heard, said => said.includes('prompt.md'), LIMIT_MS);
    await tell('[[say: Said the second time.]]');
    await until(
      look,
      ({ rows, state }) => state === 'idle' && rows.join('').includes('Said the second time.'),
      LIMIT_MS,
    );
  });
});
