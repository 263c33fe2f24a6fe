import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { LiveSession } from '../../source/agents/host-session.ts';
import { createSteadyTime } from '../../source/agents/steady-time.ts';
import { temporary, until } from './support.ts';

const DAY_MS = 86_400_000;

afterEach(() => vi.useRealTimers());

test('a moment keeps its age when the wall clock jumps, and its name when it does not', () => {
  let wall = 1_000_000;
  let elapsed = 50;
  const pass = (ms: number) => {
    wall += ms;
    elapsed += ms;
  };
  const time = createSteadyTime(
    () => wall,
    () => elapsed,
  );
  const mark = time.mark();
  pass(3_000);
  expect(time.wallOf(mark)).toBe(1_000_000);
  wall += 40; // slewed
  expect(time.wallOf(mark)).toBe(1_000_000);
  for (const jump of [DAY_MS, -2 * DAY_MS]) {
    wall += jump;
    expect(wall - time.wallOf(mark)).toBe(elapsed - mark);
  }
});

test.each([DAY_MS, -DAY_MS])(
  'an agent that printed a moment ago did so whichever way the clock is set (%i ms)',
  async jump => {
    const session = new LiveSession(
      {
        id: 's-1',
        argv: ['/bin/sh', '-c', 'echo here; exec sleep 60'],
        cwd: temporary(),
        env: { PATH: process.env.PATH! },
        columns: 80,
        rows: 24,
        logFile: `${temporary()}/log`,
      },
      { onOutput() {}, onExit() {}, onProgress() {} } as never,
    );
    try {
      await until(() => session.describe().bytesOut > 0);
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jump });
      await sleep(20);
      const { startedAt, lastProgressAt, lastOutputAt } = session.describe();
      for (const at of [startedAt, lastProgressAt, lastOutputAt!]) {
        expect(Date.now() - at).toBeGreaterThanOrEqual(0);
        expect(Date.now() - at).toBeLessThan(20_000);
      }
      expect(lastProgressAt).toBeGreaterThanOrEqual(startedAt);
    } finally {
      session.signal('SIGKILL');
      await until(() => !session.alive);
      await session.dispose();
    }
  },
);
