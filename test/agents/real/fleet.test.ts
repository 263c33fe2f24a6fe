import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { runFleet } from '../../bench/fleet/fleet.ts';
import { cleanUpAll, data, operator, until } from '../../town/harness.ts';
import { agentTown, clisHere } from './town.ts';

afterEach(cleanUpAll);

const SESSIONS = 4;
/** Ticks of the town in which it could start something. */
const A_WHILE_MS = 3_000;

/** As the bench does with thirty: `npm run fleet`. */
describe.each(clisHere().here.map(cli => [cli.name, cli] as const))('%s in a fleet', (_, cli) => {
  test('is at work four times at once, in a town run by the program, and all of it lands', async () => {
    const figures = await runFleet({
      ...{ sessions: SESSIONS, clis: [cli], delayMs: 200, gathers: true, limitMs: 150_000 },
      settings: { deacon: { loopLagWarnMs: 60_000 } },
    });
    expect(figures, figures.said).toMatchObject({ landed: SESSIONS, started: SESSIONS, mostAtOnce: SESSIONS });
  });

  test('is not started where the machine has no memory to spare, and the town says why', async () => {
    const town = await agentTown(`fleet-${cli.name}`, {
      clis: [cli],
      settings: { deacon: { minFreeMemoryBytes: os.totalmem() } },
    });
    onTestFinished(() => town.model.close());
    const paused = await until(town, 'dispatch pauses', () => data(town).town.get('town')?.dispatchPaused);
    expect(paused.reason).toMatch(/^memory: /);
    await operator(town, {
      type: 'bead.create',
      payload: { title: 'Wait', description: '[[say: never]]', rig: 'app', agent: cli.name, dispatch: true },
    });
    await sleep(A_WHILE_MS);
    expect(data(town).sessions.size).toBe(0);
  });
});
