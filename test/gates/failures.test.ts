import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Failure, failureLines, findFailures } from '../../source/gates/failures.ts';
import { failureEvidence } from '../../source/gates/output.ts';

/** Outputs of the tools themselves, on the same few failures. */
const output = (name: string): string => readFileSync(new URL(`outputs/${name}.txt`, import.meta.url), 'utf8');

describe('what failed', () => {
  test.each<[string, Failure[]]>([
    [
      'vitest',
      [
        {
          test: 'berths.test.ts > berths > are counted',
          at: 'berths.test.ts:3:45',
          message: 'AssertionError: expected 2 to be 3 // Object.is equality',
        },
        { test: 'berths.test.ts > throws', at: 'berths.test.ts:6:30', message: 'TypeError: no such berth' },
      ],
    ],
    [
      'jest',
      [
        {
          test: 'cart › adds prices',
          at: 'test/cart.test.js:2:45',
          message: 'expect(received).toBe(expected) // Object.is equality',
        },
        { test: 'throws what it was given', at: 'test/cart.test.js:5:48', message: 'TypeError: no such berth' },
      ],
    ],
    [
      'node-spec',
      [
        {
          test: 'adds',
          at: '/project/node/a.test.js:2:29',
          message: 'AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:',
        },
        {
          test: 'are counted',
          at: '/project/node/a.test.js:4:61',
          message: 'AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:',
        },
      ],
    ],
    [
      'node-tap',
      [
        { test: 'adds', at: '/project/node/a.test.js:2:1', message: 'Expected values to be strictly equal:' },
        {
          test: 'are counted',
          at: '/project/node/a.test.js:4:28',
          message: 'Expected values to be strictly deep-equal:',
        },
      ],
    ],
    [
      'pytest',
      [
        { test: 'test_berths.py::test_counts', at: 'test_berths.py:5', message: 'assert 2 == 3' },
        { test: 'test_berths.py::test_is_one[2]', at: 'test_berths.py:10', message: 'assert 2 == 1' },
        { test: 'test_berths.py::TestShip::test_sails', at: 'test_berths.py:13', message: 'ValueError: no wind' },
      ],
    ],
    [
      'unittest',
      [{ test: 'test_a (__main__.T.test_a)', at: '/project/py/ut.py:4', message: 'AssertionError: 1 != 2' }],
    ],
    [
      'go',
      [
        { test: 'TestCounts', at: 'berths_test.go:3', message: 'got 2, want 3' },
        { test: 'TestShips/sail', at: 'berths_test.go:5', message: 'no wind' },
      ],
    ],
    ['go-vet', [{ at: './a.go:2:23', message: 'undefined: nope' }]],
    [
      'cargo',
      [
        { test: 'tests::adds', at: 'src/lib.rs:6:17', message: 'assertion `left == right` failed' },
        { test: 'tests::unwraps', at: 'src/lib.rs:10:55', message: 'a berth' },
      ],
    ],
    ['cargo-build', [{ at: 'src/lib.rs:1:21', message: 'error[E0425]: cannot find value `nope` in this scope' }]],
    [
      'tsc',
      [
        { at: 'a.ts:1:14', message: "TS2322: Type 'string' is not assignable to type 'number'." },
        { at: 'a.ts:2:32', message: "TS2304: Cannot find name 'missing'." },
      ],
    ],
    ['make', [{ at: 'a.c:1:25', message: "'nope' undeclared (first use in this function)" }]],
  ])('is read from the output of %s', (name, expected) => {
    expect(findFailures(output(name))).toEqual(expected);
  });

  test('is the same with colours', () => {
    expect(findFailures(output('tsc-pretty'))).toEqual(findFailures(output('tsc')));
  });

  test('is nothing where nothing failed, and of a failing make alone that it failed', () => {
    expect(findFailures('ok 1 - adds\nTests 3 passed, 0 failed\nnot ok 2 - later # TODO not yet\n')).toEqual([]);
    expect(findFailures('make: *** [Makefile:3: test] Error 1\n')).toEqual([
      { at: 'Makefile:3', message: 'make test: Error 1' },
    ]);
  });

  test('is bounded in number, length and time, whatever is printed', () => {
    const flood = Array.from({ length: 20_000 }, (_, at) => `--- FAIL: Test${at} (0.00s)`).join('\n');
    expect(findFailures(flood)).toHaveLength(20);
    const began = performance.now();
    for (const bait of ['/'.repeat(200_000), 'a.b'.repeat(70_000), `${'x('.repeat(100_000)}:`, '_'.repeat(200_000)])
      findFailures(`--- FAIL: A (0s)\n${`${bait}\n`.repeat(5)}`);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(failureLines(findFailures(`FAILED a.py::${'x'.repeat(900)} - ${'y'.repeat(900)}`))[0]!.length).toBeLessThan(
      1_300,
    );
  });

  test('comes first in the evidence of long output, which keeps to its limit', () => {
    const noise = Array.from({ length: 500 }, (_, at) => `compiling ${at}`).join('\n');
    const evidence = failureEvidence(`${noise}\n${output('vitest')}\n${noise}\nnpm ERR! Test failed.`);
    expect(evidence).toMatch(
      /^What failed:\nberths\.test\.ts > berths > are counted · at berths\.test\.ts:3:45 · AssertionError: expected 2 to be 3/,
    );
    expect(evidence).toMatch(/npm ERR! Test failed\.$/);
    expect(evidence.length).toBeLessThanOrEqual(8_000);
    expect(failureEvidence('FAIL short > one\nError: no\n')).toBe('FAIL short > one\nError: no');
  });
});
