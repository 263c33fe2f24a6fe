import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/process.ts';
import { FAULTS } from './faults.ts';

test('the drill knows fifteen faults, and each of its tests is there', () => {
  expect(FAULTS).toHaveLength(15);
  for (const { tests } of FAULTS) {
    for (const [file, title] of tests)
      expect(readFileSync(path.join(ROOT, 'test', file), 'utf8').includes(title), `${title} in ${file}`).toBe(true);
  }
});
