import xterm from '@xterm/headless';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ROW_START, rowUpdate } from '../../../components/line/row-update.ts';
import { styledRow } from '../rows/look.ts';

const COLUMNS = 40;

/** Every cell of the first row with its look. */
const cellsAfter = async (output: string): Promise<string[]> => {
  const terminal = new xterm.Terminal({ cols: COLUMNS, rows: 2, allowProposedApi: true });
  await new Promise<void>(resolve => terminal.write(`\u001B[?7l${output}`, resolve));
  const line = terminal.buffer.active.getLine(0)!;
  return Array.from({ length: COLUMNS }, (_, x) => {
    const cell = line.getCell(x)!;
    const looks = [cell.getFgColor(), cell.getBgColor(), cell.isBold(), cell.isDim(), cell.isInverse()].map(Number);
    return `${cell.getChars() || ' '}${looks.join()}`;
  });
};

test('a row that becomes another looks as if it had been written whole', async () => {
  const twoRows = fc.tuple(styledRow, styledRow, styledRow);
  await fc.assert(
    fc.asyncProperty(twoRows, async ([same, one, other]) => {
      const [before, after] = [same + one, same + other];
      const updated = await cellsAfter(ROW_START + before + rowUpdate(before, after, COLUMNS));
      expect(updated).toEqual(await cellsAfter(ROW_START + after));
    }),
    { numRuns: 100 },
  );
});

test('what two rows begin with is not written again', () => {
  expect(rowUpdate('queue 4  idle', 'queue 5  idle', COLUMNS)).toBe('\u001B[7G\u001B[K5  idle');
  expect(rowUpdate('\u001B[2mage 10s\u001B[22m', '\u001B[2mage 11s\u001B[22m', COLUMNS)).toBe(
    '\u001B[6G\u001B[K\u001B[2m1s\u001B[22m',
  );
});

test('neither an escape nor a letter of several characters is cut in two', () => {
  expect(rowUpdate('ok \u001B[31mred\u001B[39m', 'ok \u001B[32mred\u001B[39m', COLUMNS)).toBe(
    '\u001B[4G\u001B[K\u001B[32mred\u001B[39m',
  );
  expect(rowUpdate('cafe ', 'cafe\u0301 ', COLUMNS)).toBe('\u001B[4G\u001B[Ke\u0301 ');
});

test('nothing is left out up to the last column, where the cursor would stand still', () => {
  const full = 'x'.repeat(COLUMNS);
  expect(rowUpdate(full, `${full}\u001B[1m\u001B[22m`, COLUMNS)).toBe(`${ROW_START}${full}\u001B[1m\u001B[22m`);
});
