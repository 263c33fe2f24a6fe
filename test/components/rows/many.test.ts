import { expect, test } from 'vitest';
import { planRows } from '../../../components/rows/plan-rows.ts';
import { exampleView } from '../fixtures/view.ts';
import { beadRow } from '../small-view.ts';
import { KEYS, PLAIN } from './look.ts';

test('of 10,000 beads only those in sight are drawn, and the list is made once a view', () => {
  let reads = 0;
  const rows = Array.from({ length: 10_000 }, (_, index) => {
    const row = beadRow(`gt-${index}`);
    Object.defineProperty(row, 'title', {
      get() {
        reads++;
        return 'Title';
      },
    });
    return row;
  });
  const loose = rows.map(({ id }) => id);
  const view = exampleView({ convoys: [], loose, beads: new Map(rows.map(row => [row.id, row])) });
  const shown = (selected: string) =>
    planRows({ view, width: 100, height: 40, keys: KEYS, theme: PLAIN, focused: true, selected });
  const first = shown('gt-5000');
  expect(reads).toBe(40);
  expect(shown('gt-5001').ids).toBe(first.ids);
});
