import { expect, test } from 'vitest';
import { createInputDecoder, keyText } from '../../components/input.ts';

const names = (input: string, key = {}) =>
  createInputDecoder()
    .decode(input, key, 0)
    .map(event => (event.type === 'key' ? event.name : `burst:${event.text.length}`));

test.each([
  ['j', {}, ['j']],
  ['jjj', {}, ['j', 'j', 'j']],
  ['j\r', {}, ['j', 'enter']],
  ['G', { shift: true }, ['G']],
  ['j', { shift: true }, ['J']],
  [' ', {}, ['space']],
  ['\u0004\u0004', {}, ['ctrl-d', 'ctrl-d']],
  ['d', { ctrl: true }, ['ctrl-d']],
  ['i', { ctrl: true }, ['tab']],
  ['m', { ctrl: true }, ['enter']],
  [']', { ctrl: true }, ['ctrl-]']],
  ['', { upArrow: true }, ['up']],
  ['', { tab: true, shift: true }, ['shift-tab']],
  ['\r', { return: true }, ['enter']],
  ['\n', {}, ['ctrl-j']],
  ['', { escape: true }, ['esc']],
  ['x', { meta: true }, ['alt-x']],
  ['x', { super: true }, []],
  ['x', { eventType: 'release' }, []],
  ['é', {}, ['é']],
  ['漢字', {}, ['漢', '字']],
  ['j'.repeat(100), {}, Array.from({ length: 100 }, () => 'j')],
  ['rm -rf everything that can be found\r', {}, ['burst:36']],
] as const)('%j with %j is %j', (input, key, expected) => {
  expect(names(input, key)).toEqual(expected);
});

test('the rest of a sequence that was cut after Esc does nothing', () => {
  const decoder = createInputDecoder();
  expect(decoder.decode('', { escape: true }, 1_000)).toEqual([{ type: 'key', name: 'esc' }]);
  expect(decoder.decode('[A', {}, 1_030)).toEqual([]);
  expect(decoder.decode('[A', {}, 2_000)).toHaveLength(2);
});

test('what follows an unbracketed paste at once belongs to it, keys included', () => {
  const decoder = createInputDecoder();
  expect(decoder.decode('a first read of many different letters', {}, 0)[0]?.type).toBe('burst');
  expect(decoder.decode('c', { ctrl: true }, 10)).toEqual([{ type: 'burst', text: '' }]);
  expect(decoder.decode('qy', {}, 20)).toEqual([{ type: 'burst', text: 'qy' }]);
  expect(decoder.decode('q', {}, 500)).toEqual([{ type: 'key', name: 'q' }]);
});

test('only keys that are characters are text', () => {
  expect(keyText('space')).toBe(' ');
  expect(keyText('漢')).toBe('漢');
  expect(keyText('enter')).toBeUndefined();
});

test('the longer an unbracketed paste was, the longer a pause within it may be; single keys do not draw it out', () => {
  const decoder = createInputDecoder();
  const typed = (now: number) => decoder.decode('q', {}, now)[0]?.type;
  decoder.decode('a short paste of some forty characters or so', {}, 0);
  expect([typed(79), typed(90)]).toEqual(['burst', 'key']);
  decoder.decode('D\rysq'.repeat(50_000), {}, 1_000);
  expect(decoder.decode('D\rysq', {}, 1_900)[0]?.type).toBe('burst');
  expect([typed(2_000), typed(2_400), typed(2_800), typed(2_901)]).toEqual(['burst', 'burst', 'burst', 'key']);
});
