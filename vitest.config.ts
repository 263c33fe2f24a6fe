import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Production React, the one that users run, does not answer to what JSX for development compiles to.
  oxc: { jsx: { runtime: 'automatic', development: false } },
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    // Agent CLIs that people pay for are installed and run by `npm run test:agents`.
    exclude: ['test/agents/real/**', '**/node_modules/**'],
    // Real Git, real ptys and real processes on a busy two-core machine: generous limits, never used as a measure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { FORCE_COLOR: '1', NODE_ENV: 'production' },
    maxWorkers: 4,
  },
});
