import fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answerOnTerminal } from '../../../source/agents/answer-terminal.ts';
import { codex } from '../../../source/agents/drivers/codex.ts';
import { promptTerminal } from '../../../source/agents/prompt-terminal.ts';
import { screenRules } from '../../../source/agents/screens/rules.ts';
import { looker } from '../screens/look.ts';
import { testHost, until } from '../support.ts';
import { MODEL, makeScene } from './codex-scene.ts';
import { agentProgram, environmentOf, setupOf, writeHome } from './drive.ts';

const RULES = screenRules({ name: 'codex', kind: 'codex' });
const wish = (cmd: string): string =>
  `[[tool: exec_command ${JSON.stringify({ cmd, sandbox_permissions: 'require_escalated', justification: 'It is needed.' })}]]`;

/** Codex on its own screen in the terminal host, asking before it leaves its sandbox. */
const onScreen = async () => {
  const scene = await makeScene();
  const setup = setupOf(codex, {
    ...{ dir: scene.dir, cwd: scene.cwd, prompt: '', model: scene.model.url },
    setup: { model: MODEL, permissions: 'ask' },
  });
  writeHome(codex, setup);
  const host = await testHost();
  const [, ...words] = codex.terminal({ ...setup, session: 'a' });
  const request = host.request('a', [agentProgram(codex)!, ...words], {
    env: environmentOf(codex, setup),
    cwd: scene.cwd,
    columns: 120,
    rows: 40,
  });
  await host.client.start(request);
  const look = looker(host, 'a', RULES);
  const tell = (text: string) =>
    promptTerminal(text, {
      host: host.client,
      look,
      isKnown: true,
      async keep(long) {
        const file = `${scene.dir}/prompt.md`;
        fs.writeFileSync(file, long);
        return file;
      },
    });
  return { scene, host, look, tell };
};

describe.skipIf(!agentProgram(codex))('the screen of Codex, against a scripted model', () => {
  test.each([
    ['allow', true],
    ['deny', false],
  ] as const)(
    'a prompt is taken by its composer, and what it asks is answered by the key for %s',
    async (kind, done) => {
      const { scene, host, look, tell } = await onScreen();
      await tell(`Do it.\n${wish('touch made')} [[say: The end of it.]]`);
      const asked = await until(look, ({ ask }) => ask !== undefined && ask.options.length > 0, 30_000);
      expect(asked).toMatchObject({ state: 'waiting', source: 'osc', confidence: 'sure' });
      expect(asked.ask!.title).toBe('Allow: touch made');
      const option = asked.ask!.options.find(one => one.kind === kind)!;
      await answerOnTerminal({ session: 'a', ask: asked.ask!.id, option: option.id, host: host.client, look });
      await until(look, ({ state }) => state === 'idle', 30_000);
      expect(scene.read('made') !== undefined).toBe(done);
      await tell('[[say: Said the second time.]]');
      await until(
        look,
        ({ rows, state }) => state === 'idle' && rows.join('').includes('Said the second time.'),
        30_000,
      );
    },
  );

  test('a long prompt goes by a file that it is told to read', async () => {
    const { scene, look, tell } = await onScreen();
    await tell('A long story. '.repeat(500));
    await until(() => scene.model.shown().includes(`${scene.dir}/prompt.md`));
    await until(look, ({ state }) => state === 'idle', 30_000);
  });
});
