import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { stripEscapes } from '../../source/gates/escapes.ts';

test.each([
  ['plain text', 'plain text'],
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b[38;2;1;2;3mred\u001b[m', 'red'],
  ['\u001b]0;title\u0007x', 'x'],
  ['\u001b]8;;https://example.invalid\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['\u001b]52;c;aGk=\u009cx', 'x'],
  ['\u001bPq#0\u001b\\x', 'x'],
  ['\u009b31mred', 'red'],
  ['\u001b(Bx\u001b=y\u001bcz', 'xyz'],
  ['\u001b]52;c;never ended', '52;c;never ended'],
  ['\u001b[1', '1'],
  ['\u001b', ''],
  ['a\u001b\u001b[1mb', 'ab'],
])('strips %j to %j', (line, text) => {
  expect(stripEscapes(line)).toBe(text);
});

test('agrees with Node on colours', () => {
  const line = Array.from({ length: 200 }, (_, at) => `\u001b[${at % 100}mword${at}\u001b[0m`).join(' ');
  expect(stripEscapes(line)).toBe(stripVTControlCharacters(line));
});

test.each(['\u001b]', '\u001b[', '\u001bP', '\u009d', '\u001b]a;', '\u001b[1;', '\u001b ', '\u001b[ '])(
  'takes time linear in a million of %j',
  unit => {
    const line = unit.repeat(1_000_000 / unit.length);
    const startedAt = performance.now();
    stripEscapes(line);
    stripEscapes(`\u001b[${'1;'.repeat(500_000)}`);
    // Quadratic time would be minutes.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  },
);
