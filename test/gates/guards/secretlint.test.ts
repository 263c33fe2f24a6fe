import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { lintSecrets } from '../../../source/gates/guards/secretlint.ts';

test('a look for secrets leaves nothing behind in the process, however many there are', async () => {
  const before = performance.getEntries().length;
  for (let n = 0; n < 3; n++) await lintSecrets('nothing to see', { as: 'a.txt' });
  expect(performance.getEntries().length).toBe(before);
});
