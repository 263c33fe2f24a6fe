import { describe, expect, test } from 'vitest';
import { detailLines } from '../../../components/rows/detail-rows.ts';
import { mergeMarks } from '../../../components/rows/merge-marks.ts';
import { mergeRows } from '../../../components/rows/merge-rows.ts';
import { roundRows } from '../../../components/rows/round-rows.ts';
import type { RoundRow } from '../../../source/town/view.ts';
import { mergeRow, NOON, smallView } from '../small-view.ts';
import { KEYS, PLAIN, plainRow } from './look.ts';

const round: RoundRow = {
  rig: 'web',
  target: 'main',
  tip: '3f2a1c9d0'.padEnd(40, '0'),
  trials: [
    { kind: 'prefix', ids: ['mr-1'], state: 'passed', passedGates: 1 },
    {
      kind: 'prefix',
      ids: ['mr-1', 'mr-2', 'mr-3'],
      state: 'running',
      gate: 'test',
      startedAt: NOON - 12_000,
      usualMs: 40_000,
      passedGates: 0,
    },
    { kind: 'alone', ids: ['mr-5'], state: 'failed', gate: 'lint', passedGates: 0 },
  ],
  suspects: [['mr-2', 'mr-4']],
  accused: ['mr-5'],
};
const view = smallView({
  rounds: [round],
  merges: [1, 2, 3, 4, 5].map(place => mergeRow(`mr-${place}`, { position: place, state: 'testing' })),
});
const shown = (width: number) => roundRows(view, { width, theme: PLAIN }).map(row => plainRow(row).trimEnd());

test('a narrow row has its room for the title and why it waits, and is found by its id all the same', () => {
  const merges = ['mr-1a2b', 'mr-3c4d'].map((id, place) =>
    mergeRow(id, { position: place + 1, title: 'Cache avatars', why: 'waits for your approval: it is large' }),
  );
  const pane = (width: number) =>
    mergeRows({
      view: smallView({ merges }),
      width,
      height: 10,
      focused: true,
      keys: KEYS,
      theme: PLAIN,
      filter: '3c4d',
    });
  expect(pane(80).ids).toEqual(['mr-3c4d']);
  expect(plainRow(pane(80).rows[0]!)).toMatch(/Cache avatars .* waits for your approv/);
  expect(plainRow(pane(80).rows[0]!)).not.toContain('mr-3c4d');
  expect(plainRow(pane(120).rows[0]!)).toContain('mr-3c4d  Cache avatars');
});

describe('the ladder as it runs', () => {
  test('is one row a rig: what is tested together by its places, how far that is, and who is suspected', () => {
    expect(shown(200)).toEqual([
      'web on main@3f2a1c9  ✓ 1 alone green  ● 1-3 together test 12s of 40s  ✗ 5 alone red (lint)  ◌ one of 2, 4 is bad  ◌ suspected: 5',
    ]);
  });

  test('says that nothing is stacked yet', () => {
    const early = smallView({ rounds: [{ ...round, trials: [], suspects: [], accused: [] }] });
    expect(plainRow(roundRows(early, { width: 80, theme: PLAIN })[0]!).trimEnd()).toBe(
      'web on main@3f2a1c9  being stacked',
    );
  });

  test('stands above the queue and leaves room for it, and is no row to select', () => {
    const pane = (height: number) => mergeRows({ view, width: 80, height, focused: true, keys: KEYS, theme: PLAIN });
    expect(pane(10).rows[0]).toContain('web on main');
    expect(pane(10).ids[0]).toBe('mr-1');
    expect(pane(10).rows).toHaveLength(10);
    expect(pane(4).rows[0]).toContain('mr-1');
  });

  test('is told in the detail of each request that is part of it', () => {
    const text = detailLines({ view, id: 'mr-2', width: 100, keys: KEYS, theme: PLAIN }).map(plainRow).join('\n');
    expect(text).toContain('1-3 together: test 12s of 40s');
    expect(text).not.toContain('alone');
  });
});

describe('marks of a request', () => {
  const finding = { guard: 'paths', kind: 'ask' as const, summary: 'CI changed' };

  test('are none where there is nothing to know', () => {
    expect(mergeMarks(mergeRow('mr-1'))).toEqual([]);
  });

  test('are short in the row and in words in the detail', () => {
    const merge = mergeRow('mr-1', {
      findings: [finding, { ...finding, kind: 'block' }],
      comments: [{ path: 'a.ts', line: 1, side: 'new', text: 'why?', by: 'operator', at: '2026-11-23T10:00:00.000Z' }],
      forecast: [{ with: 'mr-2', kind: 'merge', ahead: true, files: ['a.ts'] }],
      integrates: 'web-epic',
      suspicion: 'accused',
    });
    const marked = smallView({ merges: [merge] });
    const row = mergeRows({ view: marked, width: 120, height: 8, focused: false, keys: KEYS, theme: PLAIN }).rows[0]!;
    expect(plainRow(row)).toContain('!2 ? x c1 int');
    const detail = detailLines({ view: marked, id: 'mr-1', width: 100, keys: KEYS, theme: PLAIN })
      .map(plainRow)
      .join('\n');
    expect(detail).toContain('2 guard findings, 1 for a person to look at');
    expect(detail).toContain('suspected: tried alone');
    expect(detail).toContain('brings the integration branch of web-epic together');
  });

  test('say how far a gate is that runs', () => {
    const gates = [{ name: 'test', outcome: 'running', startedAt: NOON - 5_000, usualMs: 20_000 }];
    const running = smallView({ merges: [mergeRow('mr-1', { state: 'testing', gates })] });
    const row = mergeRows({ view: running, width: 120, height: 8, focused: false, keys: KEYS, theme: PLAIN }).rows[0]!;
    expect(plainRow(row)).toContain('test 5s of 20s; next');
  });
});
