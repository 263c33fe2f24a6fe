import { textWidth } from '../../source/common/text.ts';

/** Breaks plain text into lines of at most `width` columns, at spaces where it can. Line breaks and indentation stay. */
export const wrapText = (text: string, width: number): readonly string[] => {
  if (width <= 0) return [];
  return text.split('\n').flatMap(line => (textWidth(line) <= width ? [line] : wrapLine(line, width)));
};

const wrapLine = (line: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let current = '';
  let used = 0;
  for (const word of line.match(/\s+|\S+/g) ?? []) {
    const columns = textWidth(word);
    if (used + columns <= width) {
      current += word;
      used += columns;
      continue;
    }
    if (current.trim() !== '') lines.push(current.trimEnd());
    if (word.trim() === '') {
      current = '';
      used = 0;
      continue;
    }
    const pieces = columns <= width ? [word] : breakWord(word, width);
    lines.push(...pieces.slice(0, -1));
    current = pieces.at(-1) ?? '';
    used = textWidth(current);
  }
  if (current.trim() !== '' || lines.length === 0) lines.push(current.trimEnd());
  return lines;
};

const breakWord = (word: string, width: number): readonly string[] => {
  const pieces: string[] = [];
  let piece = '';
  let used = 0;
  for (const character of word) {
    const columns = textWidth(character);
    if (used + columns > width && piece !== '') {
      pieces.push(piece);
      piece = '';
      used = 0;
    }
    piece += character;
    used += columns;
  }
  pieces.push(piece);
  return pieces;
};
