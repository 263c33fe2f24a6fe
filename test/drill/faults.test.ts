import { existsSync, readFileSync } from 'node:fs';
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

test('every file that the table of troubles names is there', () => {
  const table = readFileSync(path.join(ROOT, 'test/drill/README.md'), 'utf8');
  const named = [...table.matchAll(/`([a-z-]+\/[a-z/.-]*)`/g)].map(([, file]) => file!);
  expect(named.length).toBeGreaterThan(25);
  expect(named.filter(file => !existsSync(path.join(ROOT, 'test', file)))).toEqual([]);
});
