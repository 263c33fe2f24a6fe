import { renderToString } from 'ink';
import { expect, test } from 'vitest';
import { SummaryTable } from '../../../components/panes/summary-table.tsx';
import { exampleView } from '../fixtures/view.ts';
import { plainRow } from './look.ts';

test('a small table of the town is drawn with its frame', () => {
  const lines = plainRow(renderToString(<SummaryTable view={exampleView()} />, { columns: 80 })).split('\n');
  expect(lines[0]).toMatch(/^┌─+┬─+┬─+┐$/);
  expect(lines.join('\n')).toMatch(/│ polecats at work +│ +2 │ 6 in all/);
  expect(new Set(lines.map(line => line.length)).size).toBe(1);
});
