import { expect, test } from 'vitest';
import { createDetachMatcher } from '../../components/detach.ts';

const feed = (...chunks: string[]) => {
  const matcher = createDetachMatcher();
  let forward = '';
  for (const chunk of chunks) {
    const result = matcher.push(chunk);
    forward += result.forward;
    if (result.detach) return { forward, detach: true };
  }
  return { forward: forward + matcher.flush(), detach: false };
};

const KEYS = {
  byte: '\u001D',
  kitty: '\u001B[93;5u',
  'kitty with Caps Lock': '\u001B[93;69u',
  'kitty press event': '\u001B[93;5:1u',
  modifyOtherKeys: '\u001B[27;5;93~',
};

test.each(Object.entries(KEYS))('%s detaches, and what stood before it is sent on', (_, key) => {
  expect(feed(`ls\r${key}rest`)).toEqual({ forward: 'ls\r', detach: true });
});

test.each(
  Object.entries(KEYS).flatMap(([name, key]) =>
    Array.from({ length: key.length - 1 }, (_, at) => [name, at + 1, key] as const),
  ),
)('%s cut after %i characters still detaches', (_, at, key) => {
  expect(feed(`x${key.slice(0, at)}`, key.slice(at))).toEqual({ forward: 'x', detach: true });
});

test.each(Object.entries(KEYS))('%s inside a bracketed paste is text, and detaches after it', (_, key) => {
  const paste = `\u001B[200~before${key}after\u001B[201~`;
  expect(feed(paste)).toEqual({ forward: paste, detach: false });
  expect(feed(paste, key)).toEqual({ forward: paste, detach: true });
  expect(feed(paste.slice(0, 4), paste.slice(4, 12), paste.slice(12), key)).toEqual({ forward: paste, detach: true });
});

test.each([
  '\u001B[A',
  '\u001BOP',
  '\u001B[1;5C',
  '\u001B[93;6u',
  '\u001B[27;6;93~',
  '\u001B[93;5:3u',
  '\u001Bx',
  '\u001B\u001B',
  '\u001B[<0;10;10M',
  '漢字',
])('%j goes through as it is', text => {
  expect(feed(text)).toEqual({ forward: text, detach: false });
});

test('a lone Esc is held until nothing follows', () => {
  const matcher = createDetachMatcher();
  expect(matcher.push('\u001B')).toEqual({ forward: '', detach: false });
  expect(matcher.holding).toBe(true);
  expect(matcher.flush()).toBe('\u001B');
  expect(matcher.holding).toBe(false);
});

test('a paste whose end got lost does not lock the person in', () => {
  const matcher = createDetachMatcher();
  matcher.push('\u001B[200~text');
  expect(matcher.push('\u001D').detach).toBe(false);
  matcher.idle();
  expect(matcher.push('\u001D').detach).toBe(true);
});

test('a megabyte goes through in one piece and at once', () => {
  const text = 'x\u001B[31m'.repeat(170_000);
  const started = performance.now();
  expect(feed(text).forward.length).toBe(text.length);
  expect(performance.now() - started).toBeLessThan(2_000);
});
