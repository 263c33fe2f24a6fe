import { describe, expect, test } from 'vitest';
import { headerRow } from '../../../components/rows/header-row.ts';
import { mergeRows } from '../../../components/rows/merge-rows.ts';
import { changeLine, feedLines } from '../../../components/rows/past-rows.ts';
import { planRows } from '../../../components/rows/plan-rows.ts';
import { polecatRows } from '../../../components/rows/polecat-rows.ts';
import { createTheme } from '../../../components/theme.ts';
import { textWidth } from '../../../source/common/text.ts';
import { exampleView } from '../fixtures/view.ts';
import { NOON } from '../small-view.ts';
import { COLOUR, HOSTILE, KEYS, PLAIN, plainRow } from './look.ts';

const past = { at: NOON - 754_000, stepsBack: 12, steps: 340, now: NOON };
const header = (width: number, theme = PLAIN, more: Partial<typeof past> = {}) =>
  headerRow({ view: exampleView(), mode: 'COMMAND', width, keys: KEYS, theme, past: { ...past, ...more } });

describe('over a board of the past', () => {
  test('an empty pane names keys that work there, and no others', () => {
    const view = exampleView({ convoys: [], beads: new Map(), loose: [], polecats: [], merges: [], rounds: [] });
    for (const pane of [planRows, polecatRows, mergeRows]) {
      const { rows } = pane({ view, width: 60, height: 8, focused: true, past: true, keys: KEYS, theme: PLAIN });
      expect(rows.map(row => plainRow(row).trim()).filter(Boolean)).toEqual([
        'Nothing stood here at that time: ] goes forward, Esc comes',
        'back to now.',
      ]);
    }
  });

  test('the header says so at every width, and how to come back', () => {
    const rows = [40, 60, 80, 120, 200].map(width => plainRow(header(width)).trimEnd());
    expect(rows).toMatchInlineSnapshot(`
      [
        " PAST 11:47:26 · Esc now  testville",
        " PAST 11:47:26 · Esc now  testville  ! 8 need you  ● 2 work",
        " PAST 11:47:26 · 12 back of 340 · ] forward · Esc now  testville  ! 8 need you",
        " PAST 11:47:26 · 12 back of 340 · [ back · ] forward · Esc now  testville  ! 8 you  ● 2 work  ✗ 1 stall  queue 4  $12.40",
        " PAST 11:47:26 · 12 back of 340 · [ back · ] forward · Esc now  testville   COMMAND   ! 8 need you  ● 2 working  ◌ 1 waiting  ✗ 1 stalled  queue 4  $12.40 today  $1.85/h  ▄▇▆▅█▄▇▆▅█▄▇",
      ]
    `);
  });

  test.each([40, 80, 200])('the whole row of %i columns is one bar, with colours and without', width => {
    expect({ coloured: header(width, COLOUR), plain: header(width) }).toMatchSnapshot();
  });

  test('the badge comes first at any width, and the row is exactly as wide as the screen', () => {
    const troubled = exampleView({
      town: { name: HOSTILE[3]!.repeat(5), path: '/', estop: true, banner: 'disk full', dispatchPaused: 'pressure' },
    });
    for (let width = 10; width <= 220; width++)
      for (const theme of [COLOUR, PLAIN, createTheme({ colour: false, unicode: false })]) {
        const row = headerRow({
          view: troubled,
          mode: 'DECIDE',
          readOnly: 'asked',
          frozen: true,
          width,
          keys: KEYS,
          theme,
          past,
        });
        expect([width, textWidth(plainRow(row))]).toEqual([width, width]);
        expect(plainRow(row)).toMatch(width < 24 ? /^ PAST/ : /^ PAST 11:47:26/);
        if (width >= 40) expect(plainRow(row)).toContain('Esc now');
        expect(row).toMatch(/^\u001B\[[\d;]*7/);
        expect(plainRow(row)).not.toContain('FROZEN');
      }
  });

  test('another day is named, and so are the newest and the oldest change', () => {
    expect(plainRow(header(80, PLAIN, { at: NOON - 86_400_000 }))).toContain('PAST 11-22 12:00:00');
    expect(plainRow(header(80, PLAIN, { stepsBack: 0 }))).toContain('newest of 340');
    expect(plainRow(header(80, PLAIN, { stepsBack: 339 }))).toContain('oldest of 340');
  });
});

describe('what had just changed', () => {
  const change = { at: NOON, by: 'mayor', what: 'hook.set', subject: 'gt-1', because: 'ready since 3s, priority 0' };

  test('is told with who did it and why, the newest of several', () => {
    expect(changeLine({ changes: [change] }, 80).trimEnd()).toBe(
      'Just changed: hook.set gt-1 by mayor: ready since 3s, priority 0',
    );
    expect(changeLine({ changes: [{ ...change, what: 'x' }, change] }, 90).trimEnd()).toBe(
      'Just changed: hook.set gt-1 by mayor: ready since 3s, priority 0 · and 1 more change',
    );
  });

  test('gives the reason the room when there is little', () => {
    expect(changeLine({ changes: [change] }, 55).trimEnd()).toBe('hook.set gt-1 by mayor: ready since 3s, priority 0');
    expect(textWidth(changeLine({ changes: [change, change] }, 40))).toBe(40);
  });

  test('is not made up', () => {
    expect(changeLine({ changes: [] }, 60).trimEnd()).toBe('What changed here is not on record.');
  });
});

test('the feed of then reads as the log of events does', () => {
  expect(
    feedLines([{ seq: 1, at: NOON, actor: 'mayor', what: 'hook.set', subject: 'gt-1', because: 'ready' }]),
  ).toEqual(['12:00:00  mayor  hook.set gt-1  ready']);
});
