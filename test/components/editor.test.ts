import { expect, test } from 'vitest';
import { fieldRows } from '../../components/dialogs/field-rows.ts';
import { wrapText } from '../../components/dialogs/wrap.ts';
import { createEditor, EDITOR_CHARS_MAX, editKey, insertText } from '../../components/editor.ts';
import { createTheme } from '../../components/theme.ts';

const theme = createTheme({ colour: false, unicode: true });

/** `a|b` is the text `ab` with the cursor before `b`. */
const at = (marked: string) => ({ text: marked.replace('|', ''), cursor: marked.indexOf('|') });
const shown = ({ text, cursor }: { text: string; cursor: number }) => `${text.slice(0, cursor)}|${text.slice(cursor)}`;

test.each([
  ['left', 'ab|c', 'a|bc'],
  ['left', '|abc', '|abc'],
  ['right', 'a|bc', 'ab|c'],
  ['left', 'e\u0301👍🏽|', 'e\u0301|👍🏽'],
  ['backspace', '👍🏽|', '|'],
  ['delete', 'a|👍🏽b', 'a|b'],
  ['home', 'one\ntwo|', 'one\n|two'],
  ['end', 'o|ne\ntwo', 'one|\ntwo'],
  ['up', 'abc\nde|f', 'ab|c\ndef'],
  ['up', 'a\nlonger|', 'a|\nlonger'],
  ['up', 'on|e', '|one'],
  ['down', 'ab|c\nd', 'abc\nd|'],
  ['down', 'a|b', 'ab|'],
  ['ctrl-u', 'one\ntwo|x', 'one\n|x'],
  ['ctrl-k', 'o|ne\ntwo', 'o|\ntwo'],
  ['ctrl-w', 'one two  |', 'one |'],
  ['ctrl-w', 'one\n|two', 'one\n|two'],
])('%s turns %j into %j', (key, before, after) => {
  expect(shown(editKey(at(before), key)!)).toBe(after);
});

test('other keys are none of its business', () => {
  expect(editKey(createEditor('x'), 'pgup')).toBeUndefined();
});

test('pasted text is cleaned of what a terminal could act on', () => {
  const hostile = 'a\u001B[2Jb\u0000\u202Ec\r\nd\te';
  expect(insertText(createEditor(), hostile, true).editor.text).toBe('a[2Jbc\nd\te');
  expect(insertText(createEditor(), hostile, false).editor.text).toBe('a[2Jbc d e');
});

test('a field takes so much and says when it cut', () => {
  const { editor, cut } = insertText(createEditor(), 'x'.repeat(1_000_000), true);
  expect(editor.text.length).toBe(EDITOR_CHARS_MAX);
  expect(cut).toBe(true);
  expect(insertText(createEditor(), 'x', true).cut).toBe(false);
});

test('a long line scrolls with the cursor and every row keeps its width', () => {
  const rows = (text: string, cursor: number) =>
    fieldRows({ editor: { text, cursor }, width: 10, height: 2, active: true, theme }).map(row =>
      row.replace(/\u001B\[\d+m/g, ''),
    );
  expect(rows('abcdefghijklmnop', 16)).toEqual(['hijklmnop ', '          ']);
  expect(rows('abcdefghijklmnop', 0)).toEqual(['abcdefghi…', '          ']);
  expect(rows('one\ntwo\nthree', 13)).toEqual(['two       ', 'three     ']);
});

test('a quarter of a million characters are drawn at once, wide ones too', () => {
  const editor = createEditor('漢'.repeat(EDITOR_CHARS_MAX));
  const started = performance.now();
  fieldRows({ editor, width: 80, height: 12, active: true, theme });
  expect(performance.now() - started).toBeLessThan(250);
});

test('text wraps at spaces, breaks words that are too long and keeps line breaks', () => {
  expect(wrapText('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
  expect(wrapText('abcdefghijkl', 5)).toEqual(['abcde', 'fghij', 'kl']);
  expect(wrapText('a\n\n  b', 10)).toEqual(['a', '', '  b']);
  expect(wrapText('漢字漢字', 4)).toEqual(['漢字', '漢字']);
});
