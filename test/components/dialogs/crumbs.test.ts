import { expect, test } from 'vitest';
import { frame } from '../../../components/dialogs/box.ts';
import { crumbsOf, crumbText } from '../../../components/dialogs/crumbs.ts';
import { play } from '../play.ts';
import { PLAIN, plainRow } from '../rows/look.ts';

test('the way back stands over a dialog: the pane it came from, then the dialogs below it', () => {
  const game = play();
  expect(crumbsOf(game.state)).toEqual([]);
  game.press('3', 'd');
  expect(crumbsOf(game.state)).toEqual(['Refinery']);
  game.press('i');
  expect(crumbsOf(game.state)).toEqual(['Refinery', 'Review mr-1']);
  game.press('esc');
  expect(crumbsOf(game.state)).toEqual(['Refinery']);
  game.press('esc', 'q');
  expect(crumbsOf(game.state)).toEqual([]);
});

test.each([
  [40, 'Refinery › Needs you › Review mr-1 › '],
  [36, '… › Needs you › Review mr-1 › '],
  [18, '… › Review mr-1 › '],
  [17, ''],
])('in %i columns it is %j', (columns, text) => {
  expect(crumbText(['Refinery', 'Needs you', 'Review mr-1'], columns)).toBe(text);
});

test.each([10, 30, 60])('a frame of %i columns is as wide as ever', width => {
  const rows = frame(
    { title: 'Why mr-1', rows: [' '.repeat(width)], hint: 'Esc close', crumbs: ['Refinery', 'Review mr-1'] },
    width,
    PLAIN,
  );
  expect(rows.map(row => plainRow(row).length)).toEqual([width + 4, width + 4, width + 4]);
});
