import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { connectHost } from '../../../source/agents/host-client.ts';
import { runDirectory } from '../../../source/agents/run-directory.ts';
import { CLI, cleanEnv, endChild, ROOT } from '../../support/process.ts';
import { agentPid, eventually, isAlive, type Journey, journey, LANDING_MS, NODE, WAITS } from './journey.ts';

const CLOCK = path.join(ROOT, 'test/terminal/fixtures/moved-clock.mjs');
const DAY_MS = 86_400_000;

let person: Journey;
afterEach(() => person.cleanUp());

test(
  'while the clock is set a day on and two days back, agents at work are left alone and other work lands',
  async () => {
    person = journey('moved-clock');
    await person.townOf(person.repository(), '--gate', 'ok=true', '--policy', 'auto');
    await person.command('create', 'Mind the shop', '-d', WAITS, '--sling');
    const clock = path.join(person.home, 'clock');
    // A machine has one clock: the terminal host, which starts with an environment of its own, goes by it as well.
    const node = path.join(person.home, 'node');
    writeFileSync(node, `#!/bin/sh\nMOVED_CLOCK='${clock}' exec '${NODE}' --import='${CLOCK}' "$@"\n`, { mode: 0o700 });
    const host = await connectHost({ runDir: runDirectory(person.town), startIfMissing: true, nodePath: node });
    const town = spawn(node, [CLI, 'run', '--headless', '--town', person.town], {
      env: cleanEnv(person.home),
      stdio: 'ignore',
    });
    try {
      const agent = await agentPid(person);
      for (const [n, offset] of [DAY_MS, -DAY_MS].entries()) {
        writeFileSync(clock, String(offset));
        await person.command('create', `Box ${n}`, '-d', `\`\`\`sh\necho ${n} > box-${n}.txt\n\`\`\``, '--sling');
        const landed = async () => (await person.records('merges')).filter(({ state }) => state === 'landed');
        await eventually(`box ${n} lands`, async () => (await landed()).length === n + 1, LANDING_MS);
        const { createdAt } = (await landed()).find(({ title }) => title === `Box ${n}`)!;
        // The town did live by the moved clock.
        expect(Math.abs(Date.parse(createdAt as string) - Date.now() - offset)).toBeLessThan(DAY_MS / 2);
      }
      expect(isAlive(agent)).toBe(true);
      expect((await person.records('status'))[0]).toMatchObject({ counts: { working: 1, stalled: 0 } });
      expect(await person.records('attention')).toEqual([]);
    } finally {
      host.close();
      await endChild(town);
    }
  },
  3 * LANDING_MS,
);
