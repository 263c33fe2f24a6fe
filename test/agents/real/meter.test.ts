import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AGENT_CLIS } from '../../../source/agents/catalog.ts';
import type { AgentCli } from '../../../source/agents/cli.ts';
import { addUsage, NO_USAGE } from '../../../source/ledger/costs.ts';
import { sessionAt, testMeter } from '../meter/support.ts';
import { startModel } from '../model/model.ts';
import { temporary } from '../support.ts';
import { agentProgram, drive } from './drive.ts';

/** What the scripted model says of each of its answers to the prompt: a tool's call, and the last word. */
const SCRIPT = '[[usage: in=1000 out=40 cr=900 cw=0 think=10]] [[sh: echo hello > a.txt]] [[say: done]]';
/** Of one answer, in the one form: Gemini's thoughts are beside its output. */
const usageOf = (cli: AgentCli) => ({
  uncachedIn: 1000,
  cacheRead: 900,
  cacheWrite: 0,
  out: cli.api === 'gemini' ? 50 : 40,
});

const GT = path.join(import.meta.dirname, '../../../source/gt.ts');

/** Named where the CLI's own default wants to choose among several. */
const MODELS: Readonly<Record<string, string>> = { codex: 'gpt-5.4', gemini: 'gemini-2.5-pro' };

/** Those that `npm run test:agents` was asked for. */
const chosen = process.env.GASTOWN_AGENTS?.split(',');

for (const cli of AGENT_CLIS.values()) {
  describe(`${cli.name} behind the meter`, () => {
    test.skipIf(!agentProgram(cli) || (chosen && !chosen.includes(cli.name)))(
      'has every call counted, and its work gets done with a key that it never saw',
      async () => {
        const model = await startModel();
        onTestFinished(() => model.close());
        const meter = await testMeter();
        await meter.put({ sessions: [sessionAt(model.url, { api: cli.api })] });
        const dir = temporary();
        const cwd = path.join(dir, 'checkout');
        fs.mkdirSync(cwd);
        execFileSync('git', ['init', '-q'], { cwd });
        const agent = drive(cli, {
          dir,
          cwd,
          model: meter.url(),
          prompt: SCRIPT,
          setup: {
            guard: `'${process.execPath}' '${GT}' guard ${cli.name}`,
            ...(MODELS[cli.name] && { model: MODELS[cli.name]! }),
          },
        });
        onTestFinished(() => agent.kill());
        await agent.until('its turn is over', ({ state, turns }) => state === 'idle' && turns === 1, 90_000);
        expect(new Set(model.requests.map(({ key }) => key.replace('Bearer ', '')))).toEqual(new Set(['real-key']));
        // pi refuses the scripted call of its shell, which names a time in words; it is a call all the same.
        if (cli.name !== 'pi') expect(fs.readFileSync(path.join(cwd, 'a.txt'), 'utf8').trim()).toBe('hello');
        const whole = meter.lines().filter(({ end, usage }) => end === 'whole' && usage?.cacheRead === 900);
        expect(whole).toHaveLength(2);
        for (const { usage } of whole) expect(usage).toMatchObject(usageOf(cli));
        // A title or another small call of the CLI's own is not among what it says of the turn.
        const said = agent.usage.map(({ usage }) => usage).reduce(addUsage, NO_USAGE);
        if (agent.usage.length > 0) {
          expect(said).toMatchObject({ uncachedIn: 2000, cacheRead: 1800, out: 2 * usageOf(cli).out });
        }
      },
      120_000,
    );
  });
}
