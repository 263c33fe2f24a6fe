import os from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * Left to a script of its own, as it takes minutes of two cores: `npm run conformance` plays all scenarios of other merge
 * queues (some of Zuul's and of the faults are played here, too). Naming such a file runs it, with `GASTOWN_LONG=1`.
 */
const LONG = process.env.GASTOWN_LONG
  ? []
  : ['test/conformance/{bors-ng,gas-town,rust-bors,submitqueue,zuul-operations}.test.ts'];
// Agent CLIs that people pay for are installed and run by `npm run test:agents`.
const EXCLUDED = ['test/agents/real/**', '**/node_modules/**', ...LONG];

/** Each town of a test starts programs of ours from their TypeScript: compiled once, they take a third of the time. */
const COMPILED = path.join(os.tmpdir(), 'gastown-test-cache', 'compiled-typescript');

export default defineConfig({
  // Production React, the one that users run, does not answer to what JSX for development compiles to.
  oxc: { jsx: { runtime: 'automatic', development: false } },
  test: {
    // Real Git, real ptys and real processes on a busy two-core machine: generous limits, never used as a measure.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // In CI, what a busy machine was too slow for gets another chance; vitest names each test that needed it.
    retry: process.env.CI ? 2 : 0,
    // Pictures show times, which are those of whoever looks.
    env: { TZ: 'UTC', FORCE_COLOR: '1', NODE_ENV: 'production', NODE_COMPILE_CACHE: COMPILED },
    // A third of the time is waiting: on a quiet machine of two cores 4 took 602 s, 6 took 550 s for the same tests.
    maxWorkers: 6,
    // Files share their workers: to load the program anew for each was a seventh of the time. A helper sets no hook of its own
    // then, as it is loaded only once: it offers what the files that use it call.
    isolate: false,
    globalSetup: ['test/support/run-folder.ts'],
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: EXCLUDED,
  },
});
