import { defineConfig } from 'vitest/config';

/** Real agent CLIs: slow, and several at once would only wait for each other. */
export default defineConfig({
  test: {
    globalSetup: ['test/support/run-folder.ts'],
    include: ['test/agents/real/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    env: { NODE_ENV: 'production' },
    maxWorkers: 2,
  },
});
