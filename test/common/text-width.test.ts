import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { textWidth } from '../../source/common/text.ts';

/** What ends a line or goes to a tab stop has no width; half a letter of two units is none. */
const isMeasured = (letter: string): boolean => !/[\n\t\uD800-\uDFFF]/.test(letter);

test('every letter is as wide as the Unicode tables say, alone, between others and twice', () => {
  const letters = Array.from({ length: 0x1_00_00 }, (_, code) => String.fromCharCode(code)).filter(isMeasured);
  const wrong = letters.filter(letter =>
    [letter, `a${letter}b`, letter + letter].some(text => textWidth(text) !== stringWidth(text)),
  );
  expect(wrong).toEqual([]);
});
