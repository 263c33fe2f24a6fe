import { renderToString } from 'ink';
import { expect, test } from 'vitest';
import { PaneView } from '../../../components/panes/pane-view.tsx';
import { SummaryTable } from '../../../components/panes/summary-table.tsx';
import { polecatRows } from '../../../components/rows/polecat-rows.ts';
import { exampleView } from '../fixtures/view.ts';
import { KEYS, PLAIN, plainRow } from './look.ts';

test('a pane is its title and its rows, line for line', () => {
  const size = { width: 80, height: 8, focused: true, theme: PLAIN };
  const { title, rows } = polecatRows({ view: exampleView(), ...size, keys: KEYS, height: 7 });
  const drawn = renderToString(<PaneView label="2" title={title} rows={rows} {...size} />, { columns: 80 });
  const lines = plainRow(drawn).split('\n');
  expect(lines).toHaveLength(8);
  expect(lines[0]!.trimEnd()).toBe('2 Polecats (workers)  6');
  expect(lines.slice(1, 7).map(line => line.trimEnd())).toEqual(rows.slice(0, 6).map(row => plainRow(row).trimEnd()));
});

test('a small table of the town is drawn with its frame', () => {
  const lines = plainRow(renderToString(<SummaryTable view={exampleView()} />, { columns: 80 })).split('\n');
  expect(lines[0]).toMatch(/^┌─+┬─+┬─+┐$/);
  expect(lines.join('\n')).toMatch(/│ polecats at work +│ +2 │ 6 in all/);
  expect(new Set(lines.map(line => line.length)).size).toBe(1);
});
