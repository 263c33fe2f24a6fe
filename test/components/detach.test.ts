import { expect, test } from 'vitest';
import { bindKeys } from '../../components/bindings.ts';
import { createDetachMatcher } from '../../components/detach.ts';

const feedTo = (keys: readonly string[], ...chunks: string[]) => {
  const matcher = createDetachMatcher(keys);
  let forward = '';
  for (const chunk of chunks) {
    const result = matcher.push(chunk);
    forward += result.forward;
    if (result.detach) return { forward, detach: true };
  }
  return { forward: forward + matcher.flush(), detach: false };
};

const feed = (...chunks: string[]) => feedTo(['ctrl-]'], ...chunks);

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

/** Every key that can be chosen, with the byte it is. */
const CHOICES: readonly (readonly [key: string, code: number, byte: string])[] = [
  ...[...'abdefgklnopqrstuvwxyz'].map(letter => [`ctrl-${letter}`, letter.charCodeAt(0), letter.charCodeAt(0) - 96]),
  ['ctrl-\\', 92, 28],
  ['ctrl-]', 93, 29],
  ['ctrl-^', 94, 30],
  ['ctrl-_', 95, 31],
  ['ctrl-@', 64, 0],
  ['ctrl-space', 32, 0],
].map(([key, code, byte]) => [String(key), Number(code), String.fromCharCode(Number(byte))]);

test.each(CHOICES)(
  '%s detaches in each of its forms where it was chosen, cut or not, and no other does',
  (key, code, byte) => {
    expect(bindKeys({ detach: [key] }).problems).toEqual([]);
    const forms = [byte, `\u001B[${code};5u`, `\u001B[${code};197u`, `\u001B[${code}:9:9;5:1u`, `\u001B[27;5;${code}~`];
    for (const form of forms) {
      expect(feedTo(['ctrl-]', key], `ls${form}rest`)).toEqual({ forward: 'ls', detach: true });
      for (let at = 1; at < form.length; at++)
        expect(feedTo([key], form.slice(0, at), form.slice(at))).toEqual({ forward: '', detach: true });
      const paste = `\u001B[200~${form}\u001B[201~`;
      expect(feedTo([key], paste)).toEqual({ forward: paste, detach: false });
    }
    const others = CHOICES.filter(([, other, each]) => other !== code && each !== byte);
    const typed = others.map(([, other, each]) => `${each}\u001B[${other};5u\u001B[27;5;${other}~`).join('');
    expect(feedTo([key], typed)).toEqual({ forward: typed, detach: false });
  },
);

test.each([
  ['ctrl-q', '\u001B[81;5u', true],
  ['ctrl-q', '\u001B[113;6u', false],
  ['ctrl-^', '\u001B[54:94;6u', true],
  ['ctrl-_', '\u001B[27;6;95~', true],
  ['ctrl-]', '\u001B[93:125;6u', false],
  ['ctrl-q', '\u001B[113;7u', false],
  ['ctrl-q', '\u001B[9999999999;5u', false],
])('%s and %j: with Shift only what stands above another key, with Caps Lock each (%s)', (key, typed, detach) => {
  expect(feedTo([key], typed)).toEqual({ forward: detach ? '' : typed, detach });
});

test('a lone Esc is held until nothing follows', () => {
  const matcher = createDetachMatcher(['ctrl-]']);
  expect(matcher.push('\u001B')).toEqual({ forward: '', detach: false });
  expect(matcher.holding).toBe(true);
  expect(matcher.flush()).toBe('\u001B');
  expect(matcher.holding).toBe(false);
});

test('a paste whose end got lost does not lock the person in', () => {
  const matcher = createDetachMatcher(['ctrl-]']);
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
