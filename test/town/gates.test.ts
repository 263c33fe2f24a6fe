import { mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkSandbox } from '../../source/agents/sandbox-check.ts';
import { outcomeOf } from '../../source/ledger/verdict.ts';
import { type Bench, bench, cleanUpAll, data, expectSound, gate, landed, operator, script, until } from './harness.ts';

afterAll(cleanUpAll);

const sandbox = await checkSandbox(process.env);
const runsOf = (town: Bench) => [...data(town).verdicts.values()].flatMap(verdict => verdict.runs);

describe.concurrent('gates of a town', () => {
  test.runIf(sandbox.works && sandbox.ownNetwork)(
    'have no network and see nothing of the person, unless the rig opens the network',
    async () => {
      const server = http.createServer((_, response) => response.end('reached'));
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      const ask = `node -e 'fetch("http://127.0.0.1:${port}").then(() => console.log("reached"), () => console.log("cut off"))'`;
      const town = await bench('gates-walls', {
        gates: ({ notes }) => [
          gate(
            `(${ask}) > '${notes}/network'; ls ${path.dirname(notes)} > '${notes}/around' 2>&1; echo "$HOME" > '${notes}/home'`,
          ),
        ],
      });
      try {
        mkdirSync(path.join(town.env.HOME!, '.ssh'));
        writeFileSync(path.join(town.env.HOME!, '.ssh/key'), 'private');
        await landed(town, await town.sling('Closed', script('echo 1 > a.txt')));
        expect(town.note('network')).toBe('cut off');
        expect(town.note('around').split('\n').sort()).toEqual(['notes', 'town']);
        expect(town.note('home')).toMatch(/gate-home$/);
        expect(runsOf(town)).toMatchObject([{ outcome: 'pass', sandbox: 'closed' }]);

        await operator(town, { type: 'rig.update', payload: { id: 'app', gateNetwork: 'open' } });
        await landed(town, await town.sling('Open', script('echo 2 > b.txt')));
        expect(town.note('network')).toBe('reached');
        expect(runsOf(town).at(-1)).toMatchObject({ outcome: 'pass', sandbox: 'open' });

        await operator(town, { type: 'rig.update', payload: { id: 'app', sandbox: 'off' } });
        await landed(town, await town.sling('None', script('echo 3 > c.txt')));
        expect(runsOf(town).at(-1)).toMatchObject({ outcome: 'pass', sandbox: 'none' });
        expectSound(town);
      } finally {
        server.close();
      }
    },
    90_000,
  );

  test('pass with a quarantined test red, and not with it once it counts again', async () => {
    const tap = (point: string) => `printf 'TAP version 13\\n1..1\\n${point}\\n'`;
    const town = await bench('gates-quarantine', {
      gates: [gate(`${tap('not ok 1 - tides')}; test ! -e work.txt`)],
    });
    const until7 = new Date(Date.now() + 7 * 86_400_000).toISOString();
    const key = { rig: 'app', gate: 'test', test: 'tides' };
    await operator(town, { type: 'quarantine.add', payload: { ...key, until: until7 } });
    await landed(town, await town.sling('Excused', script('echo work > work.txt')));
    expect(runsOf(town)).toMatchObject([
      { outcome: 'pass', exitCode: 1, tests: { failed: ['tides'], excused: ['tides'] } },
    ]);
    await operator(town, { type: 'quarantine.remove', payload: key });
    const id = await town.sling('Counted', script('echo more > more.txt'));
    await until(town, 'a red run', () => runsOf(town).some(run => run.outcome === 'fail'));
    expect(data(town).beads.get(id)!.status).not.toBe('closed');
  });

  test('that pass in no time do so twice before they count', async () => {
    const town = await bench('gates-short');
    await landed(town, await town.sling('Tells the environment', script('echo 1 > a.txt')));
    const [known] = [...data(town).verdicts.values()];
    const at = new Date().toISOString();
    for (let n = 0; n < 12; n++) {
      const tree = n.toString(16).padStart(40, '0');
      const run = { outcome: 'pass' as const, at, durationMs: 60_000 };
      await town.running.town.context.execute(
        { role: 'refinery', name: 'refinery' },
        { type: 'gate.record', payload: { rig: 'app', gate: 'test', environment: known!.environment, tree, run } },
      );
    }
    const before = new Set(data(town).verdicts.keys());
    await landed(town, await town.sling('Suspicious', script('echo 2 > b.txt')));
    const [verdict] = [...data(town).verdicts.values()].filter(({ id }) => !before.has(id));
    expect(verdict!.runs).toMatchObject([
      { outcome: 'could_not_run', isShort: true, reason: expect.stringContaining('suspiciously short') },
      { outcome: 'pass', isShort: true },
    ]);
    expect(outcomeOf(verdict!.runs)).toBe('pass');
  });
});
