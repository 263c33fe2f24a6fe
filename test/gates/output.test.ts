import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanOutput, createCleaner, createRing, evidenceOf } from '../../source/gates/output.ts';

const noise = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => `ok ${from + at} passes`).join('\n');

describe('evidence', () => {
  test('of short output is all of it', () => {
    expect(evidenceOf('one\ntwo\n')).toBe('one\ntwo');
    expect(evidenceOf('')).toBe('');
  });

  test.each([
    ' FAIL  test/x.test.ts > adds',
    '✗ adds two numbers',
    'not ok 17 - adds',
    '--- FAIL: TestAdd (0.00s)',
    'src/x.ts(3,1): error TS2322: Type',
    'error[E0308]: mismatched types',
    'thread "main" panicked at src/lib.rs:3',
    'E   assert 1 == 2',
    'AssertionError: expected 1',
    'make: *** [Makefile:3: test] Error 1',
    'Traceback (most recent call last):',
  ])('finds a failure in the middle of long output: %s', line => {
    const evidence = evidenceOf(`${noise(0, 2_000)}\n${line}\n  at here\n${noise(2_000, 4_000)}\nsummary`);
    expect(evidence).toContain(`${line.trimEnd()}\n  at here`);
    expect(evidence).toMatch(/summary$/);
    expect(evidence.length).toBeLessThanOrEqual(8_000);
  });

  test('is not taken in by good news', () => {
    const evidence = evidenceOf(`0 failed, no errors\n${noise(0, 4_000)}`);
    expect(evidence).not.toContain('0 failed');
  });

  test('of many failures keeps the first ones and the end', () => {
    const failures = Array.from({ length: 3_000 }, (_, at) => `FAIL case ${at}`).join('\n');
    const evidence = evidenceOf(`${failures}\n${noise(0, 500)}\n3000 failed`);
    expect(evidence).toContain('FAIL case 0\n');
    expect(evidence).toMatch(/3000 failed$/);
  });

  test('never passes its limit and never holds a control character', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constant('FAIL x'), fc.string({ minLength: 600 }))),
        fc.integer({ min: 50, max: 2_000 }),
        (lines, maxChars) => {
          const evidence = evidenceOf(lines.join('\n'), maxChars);
          expect(evidence.length).toBeLessThanOrEqual(maxChars);
          expect(evidence).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
        },
      ),
    );
  });
});

describe('the ring', () => {
  test('keeps everything that fits', () => {
    const ring = createRing();
    for (const text of ['one ', 'two ', 'three']) ring.push(Buffer.from(text));
    expect(ring.text()).toBe('one two three');
  });

  test('keeps first and last bytes of more, in whatever pieces they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 40 }), sizes => {
        const ring = createRing();
        const all = Buffer.alloc(sizes.reduce((sum, size) => sum + size, 0));
        for (let at = 0; at < all.length; at++) all[at] = 97 + (at % 26);
        let at = 0;
        for (const size of sizes) {
          ring.push(all.subarray(at, at + size));
          at += size;
        }
        expect(ring.bytes).toBe(all.length);
        const text = ring.text();
        if (all.length <= 1_000_000) expect(text).toBe(all.toString());
        else {
          expect(text.startsWith(all.toString('utf8', 0, 100_000))).toBe(true);
          expect(text.endsWith(all.toString('utf8', all.length - 1_000_000))).toBe(true);
          expect(text.length).toBeLessThan(1_300_000);
        }
      }),
      { numRuns: 30 },
    );
  });
});

test('the cleaner gives the same text however its input is cut', () => {
  const input = Buffer.from(
    'gr\u00fcn \u001b[32mok\u001b[0m\n10%\r50%\r\u001b[K100%\nend \u{1f600} \u001b]0;title\u0007x',
  );
  const whole = cleanOutput(input.toString('utf8'));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: input.length })), cuts => {
      const at = [0, ...cuts.sort((a, b) => a - b), input.length];
      let text = '';
      const cleaner = createCleaner(piece => {
        text += piece;
      });
      for (let i = 1; i < at.length; i++) cleaner.push(input.subarray(at[i - 1], at[i]));
      cleaner.end();
      expect(text).toBe(`${whole}\n`);
    }),
  );
});
