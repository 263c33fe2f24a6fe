import fc from 'fast-check';
import { Box, renderToString, Text } from 'ink';
import { expect, test } from 'vitest';
import { overlaid, screenRows } from '../../../components/rows/screen-rows.ts';
import { pictureOf } from '../golden/picture.ts';
import { styledRow } from './look.ts';

const COLUMNS = 80;
const ROWS = 3;
const block = fc.array(styledRow, { minLength: ROWS, maxLength: ROWS });

const drawn = (rows: readonly string[]): string =>
  pictureOf(renderToString(<Text wrap="truncate-end">{rows.join('\n')}</Text>, { columns: COLUMNS }));

test('blocks side by side, with another laid over them, are drawn as Ink lays out boxes', () => {
  fc.assert(
    fc.property(block, block, fc.integer({ min: 0, max: 30 }), (left, right, x) => {
      const over = Array.from({ length: ROWS }, (_, y) => `│${y}${'─'.repeat(8)}│`);
      const rows = screenRows(
        [
          { x: 41, y: 0, rows: right },
          { x: 0, y: 0, rows: left },
        ],
        ROWS,
      );
      const boxes = (
        <Box width={COLUMNS} height={ROWS}>
          {[
            { at: 0, text: left },
            { at: 41, text: right },
            { at: x, text: over },
          ].map(({ at, text }) => (
            <Box key={`${at} ${text}`} position="absolute" marginLeft={at}>
              <Text>{text.join('\n')}</Text>
            </Box>
          ))}
        </Box>
      );
      const expected = pictureOf(renderToString(boxes, { columns: COLUMNS }));
      expect(drawn(overlaid(rows, { x, y: 0, rows: over }, 11))).toBe(expected);
    }),
    { numRuns: 60 },
  );
});

test('blanks at the end of a ragged row are not drawn, unless they are seen', () => {
  const rows = ['\u001B[2mdim   \u001B[22m', '\u001B[7mseen  \u001B[27m', 'plain  '];
  expect(screenRows([{ x: 0, y: 0, rows, ragged: true }], 4)).toEqual([
    '\u001B[2mdim\u001B[22m',
    '\u001B[7mseen  \u001B[27m',
    'plain',
    '',
  ]);
});
