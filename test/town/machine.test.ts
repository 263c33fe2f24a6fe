import { type ChildProcess, spawn } from 'node:child_process';
import os from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { createMachineProbe } from '../../source/town/world.ts';
import { endChild } from '../support/process.ts';

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) await endChild(child);
});

/** A process with so many pipes beside its first three descriptors. */
const sleeper = (pipes: number): ChildProcess => {
  const more = Array.from({ length: pipes }, () => 'pipe' as const);
  const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', ...more] });
  children.push(child);
  return child;
};

test.skipIf(process.platform !== 'linux')(
  'the descriptors of the terminal host are seen while it runs, and are unknown once it is gone',
  async () => {
    const probe = createMachineProbe(os.tmpdir());
    const [few, many] = [sleeper(0), sleeper(7)];
    const usedBy = async ({ pid }: ChildProcess) => (await probe.sample(pid)).hostFiles!.used;
    // Until they are another program they have those of this one.
    await expect.poll(async () => (await usedBy(many)) - (await usedBy(few))).toBe(7);
    const { files, hostFiles } = await probe.sample(few.pid);
    expect(hostFiles!.max).toBeGreaterThan(10);
    expect(files!.used).toBeGreaterThan(hostFiles!.used);
    expect(await probe.sample()).not.toHaveProperty('hostFiles');
    await endChild(few);
    expect(await probe.sample(few.pid)).not.toHaveProperty('hostFiles');
    probe.stop();
  },
);
