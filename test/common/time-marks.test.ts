import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTimeMarks, marksFile, readTimeMarks } from '../../source/common/time-marks.ts';

let dir: string;
let log: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'gastown-marks-'));
  log = path.join(dir, 'a.log');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('a mark is due once a second at most, and always where a log begins', () => {
  let now = 10_000;
  const marks = createTimeMarks(() => now);
  expect(marks.due(0)).toBe('0 10000\n');
  now += 999;
  expect(marks.due(50)).toBeUndefined();
  now += 1;
  expect(marks.due(60)).toBe('60 11000\n');
  expect(marks.due(0)).toBe('0 11000\n');
});

test('a byte was written when the last mark before it says', async () => {
  writeFileSync(marksFile(log), '0 1000\n100 2000\n250 9000\n300 95');
  const at = await readTimeMarks(log);
  expect([0, 99, 100, 249, 250, 5_000].map(at)).toEqual([1_000, 1_000, 2_000, 2_000, 9_000, 9_000]);
});

test('marks from before the log began anew count for nothing', async () => {
  writeFileSync(marksFile(log), '0 1000\n100 2000\n');
  appendFileSync(marksFile(log), '40 3000\n');
  const at = await readTimeMarks(log);
  expect([10, 50, 200].map(at)).toEqual([1_000, 3_000, 3_000]);
});

test('without marks nothing is known', async () => {
  expect((await readTimeMarks(log))(5)).toBeUndefined();
});
