import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, bench, cleanUpAll, landed, script } from './harness.ts';

let town: Bench;
beforeAll(async () => {
  town = await bench('remind');
});
afterAll(cleanUpAll);

test('gt remind keeps a turn going twice until the agent reports, and nudges wait for its own next call', async () => {
  const id = await town.sling(
    'Forgets to report',
    script(
      'echo x > remind.txt',
      `for n in 1 2 3; do echo '{}' | gt remind claude > '${town.notes}/'$n 2> '${town.notes}/'err$n; done`,
      'gt done -m "Reported"',
      `echo '{}' | gt remind claude > '${town.notes}/after'`,
    ),
  );
  await landed(town, id);
  expect(JSON.parse(town.note('1'))).toEqual({ decision: 'block', reason: expect.stringContaining('gt done') });
  expect(town.note('2')).toBe(town.note('1'));
  expect([town.note('3'), town.note('after')]).toEqual(['', '']);
  expect([town.note('err1'), town.note('err2'), town.note('err3')]).toEqual(['', '', '']);
});
