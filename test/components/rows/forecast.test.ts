import { expect, test } from 'vitest';
import { detailLines } from '../../../components/rows/detail-rows.ts';
import { mergeRows } from '../../../components/rows/merge-rows.ts';
import type { MergeForecast, MergeRow, TownView } from '../../../source/town/view.ts';
import { exampleView } from '../fixtures/view.ts';
import { KEYS, PLAIN, plainRow } from './look.ts';

const FORECAST: readonly MergeForecast[] = [
  { with: 'mr-1', kind: 'merge', ahead: true, files: ['src/a.ts', 'src/b.ts'] },
  { with: 'gt-4', kind: 'session', ahead: false, files: ['src/c.ts'] },
  { with: 'mr-9', kind: 'merge', ahead: false, files: [] },
  { with: 'main', kind: 'target', ahead: true, files: ['src/d.ts'] },
];

const viewWith = (forecast: readonly MergeForecast[]): TownView => {
  const view = exampleView();
  const merges = view.merges.map((merge): MergeRow => (merge.id === 'mr-2' ? { ...merge, forecast } : merge));
  return { ...view, merges };
};

test('a request in the queue says first what it will conflict with, and why it waits', () => {
  const { rows } = mergeRows({
    view: viewWith(FORECAST),
    width: 200,
    height: 16,
    focused: true,
    keys: KEYS,
    theme: PLAIN,
  });
  const row = rows.map(plainRow).find(text => text.includes('mr-2 '))!;
  expect(row).toContain('will conflict with mr-1 (ahead) in ');
});

test('its detail has a line for each thing in the way', () => {
  const text = detailLines({ view: viewWith(FORECAST), id: 'mr-2', width: 120, keys: KEYS, theme: PLAIN })
    .map(plainRow)
    .join('\n');
  expect(text.match(/forecast.*/g)!.map(line => line.trim().replace(/\s+/g, ' '))).toEqual([
    'forecast will conflict with mr-1 (ahead) in src/a.ts and 1 more file',
    'forecast will conflict with gt-4 (being worked on) in src/c.ts',
    'forecast will conflict with mr-9',
    'forecast conflicts with main in src/d.ts',
  ]);
});
