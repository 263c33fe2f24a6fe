import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detailLines } from '../../../components/rows/detail-rows.ts';
import { footerRow } from '../../../components/rows/footer-row.ts';
import { headerRow } from '../../../components/rows/header-row.ts';
import { logRows } from '../../../components/rows/log-rows.ts';
import { stripRow } from '../../../components/rows/strip-rows.ts';
import { textWidth } from '../../../source/common/text.ts';
import { exampleView } from '../fixtures/view.ts';
import { COLOUR, colourCodes, faultOf, HOSTILE, KEYS, PLAIN, plainRow } from './look.ts';

const foreign = fc.array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 60 })));
const sizes = { width: fc.integer({ min: 10, max: 220 }), height: fc.integer({ min: 1, max: 60 }) };
const faults = (rows: readonly string[], width: number) => rows.map(row => faultOf(row, width)).filter(Boolean);

describe('a log', () => {
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
  const show = (input: Partial<Parameters<typeof logRows>[0]> = {}) =>
    logRows({ lines, width: 40, height: 5, offset: 0, follow: true, wrap: false, theme: PLAIN, ...input });
  const seen = (input?: Partial<Parameters<typeof logRows>[0]>) => show(input).rows.map(row => plainRow(row).trimEnd());

  test('shows its end while followed, and where it was stopped otherwise, with how much is below', () => {
    expect(seen()).toEqual(['line 95', 'line 96', 'line 97', 'line 98', 'line 99']);
    expect(seen({ follow: false, offset: 10 })[0]).toBe('line 10');
    expect(show({ follow: false, offset: 10 })).toMatchObject({ total: 100, below: 85 });
  });

  test('breaks long lines when asked and cuts them else', () => {
    const long = { lines: ['one two three four'], width: 10, height: 3 };
    expect(seen(long)).toEqual(['one two t…', '', '']);
    expect(seen({ ...long, wrap: true })).toEqual(['one two', 'three four', '']);
  });

  test('marks what was searched for, taken as plain words', () => {
    const { rows } = show({ lines: ['a.b AXB a.B'], search: 'A.b' });
    expect(rows[0]!.match(/\u001B\[1m/g)).toHaveLength(2);
  });

  test('sets tabs to columns', () => {
    expect(seen({ lines: ['ab\tc'] })[0]).toBe('ab      c');
  });

  test('has exact rows, none too wide, none with control characters', () => {
    const property = fc.property(
      foreign,
      sizes.width,
      sizes.height,
      fc.nat(20),
      fc.boolean(),
      fc.boolean(),
      (...drawn) => {
        const [texts, width, height, offset, follow, wrap] = drawn;
        const { rows } = show({ lines: texts, width, height, offset, follow, wrap, search: 'a', theme: COLOUR });
        expect(rows).toHaveLength(height);
        expect(faults(rows, width)).toEqual([]);
      },
    );
    fc.assert(property, { numRuns: 100 });
  });
});

describe('the last hours in the header', () => {
  const trends = { stepMs: 600_000, lastAt: 0, costUsd: [0, 1], landings: [2, 1], tokens: [0, 0] };
  const header = (width: number, shown: typeof trends) =>
    plainRow(headerRow({ view: exampleView({ trends: shown }), mode: 'COMMAND', width, keys: KEYS, theme: PLAIN }));

  test('are small bars where there is room, and the first to go where there is none', () => {
    expect(header(220, trends)).toContain('/h  ▁█  landed █▅ in 20m');
    expect(header(80, trends)).not.toContain('landed █');
  });

  test('are left out as long as nothing happened in them', () => {
    expect(header(220, { ...trends, costUsd: [0, 0], landings: [0, 0] })).not.toMatch(/[▁█]/);
  });
});

describe('detail', () => {
  test.each([
    ['gt-10', 'failed three times'],
    ['web/nux', 'process, 2s ago'],
    ['web/nux', 'agent       ● working  for 40s, by its protocol'],
    ['web/nux', 'cost        $1.23'],
    ['web/slit', 'agent       ◌ waiting  for 12m, by what its screen shows'],
    ['web/slit', 'evidence    its screen shows a question'],
    ['web/slit', 'driven by   its own screen in a terminal'],
    ['web/slit', 'cost        $0.21 + 2 unpriced'],
    ['web/rictus', 'agent       ○ unknown  for 1m, by its process (guess)'],
    ['web/rictus', 'driven by   a person who is attached'],
    ['mr-6', '✗ fail'],
    ['cv-1', 'Rotate auth tokens'],
    ['approval:1', 'second line'],
    ['role:mayor', 'it is ready'],
    ['dog:backup', '2.1 MB'],
    ['web', '/src/web'],
    ['gone-1', 'Nothing is known of gone-1'],
  ])('of %s has its evidence', (id, evidence) => {
    const rows = detailLines({ view: exampleView(), id, why: ['mayor: because'], width: 60, keys: KEYS, theme: PLAIN });
    expect(plainRow(rows.join('\n'))).toContain(evidence);
    expect(rows.join('\n').includes('mayor: because')).toBe(id !== 'gone-1');
    expect(colourCodes(rows)).toEqual([]);
  });

  test('shows the design and the notes of a bead and of a plan', () => {
    const view = exampleView();
    const texts = { design: 'Two passes.', notes: '[t operator] Mind the BOM.' };
    const [bead] = view.beads.values();
    const [convoy] = view.convoys;
    const shown = (id: string) =>
      detailLines({
        view: { ...view, beads: new Map([[bead!.id, { ...bead!, ...texts }]]), convoys: [{ ...convoy!, ...texts }] },
        id,
        width: 60,
        keys: KEYS,
        theme: PLAIN,
      }).map(row => plainRow(row).trimEnd());
    for (const id of [bead!.id, convoy!.id]) {
      const rows = shown(id);
      expect(rows.slice(rows.indexOf('Design'))).toEqual([
        'Design',
        'Two passes.',
        '',
        'Notes',
        '[t operator] Mind the BOM.',
      ]);
    }
  });

  test('has no row too wide and none with control characters', () => {
    const property = fc.property(foreign, sizes.width, (texts, width) => {
      const view = exampleView();
      const bead = { ...view.beads.get('gt-1')!, title: texts[0] ?? '', description: texts.join('\n') };
      const rows = detailLines({
        view: { ...view, beads: new Map([['gt-1', bead]]) },
        id: 'gt-1',
        why: texts,
        width,
        keys: KEYS,
        theme: COLOUR,
      });
      expect(faults(rows, width)).toEqual([]);
    });
    fc.assert(property, { numRuns: 100 });
  });
});

describe('header, footer and strip', () => {
  const troubled = exampleView({
    town: { name: HOSTILE[3]!.repeat(5), path: '/', estop: true, banner: 'disk full', dispatchPaused: 'pressure' },
  });

  test('the header looks as agreed', () => {
    const rows = [60, 70, 80, 120].map(width =>
      headerRow({ view: exampleView(), mode: 'COMMAND', width, keys: KEYS, theme: PLAIN }),
    );
    expect(rows.map(row => plainRow(row).trimEnd())).toEqual([
      'testville  ! 8 you  ● 2 work  ✗ 1 stall  queue 4  $12.40',
      'testville   COMMAND   ! 8 you  ● 2 work  ✗ 1 stall  queue 4  $12.40',
      'testville   COMMAND   ! 8 you  ● 2 work  ◌ 1 wait  ✗ 1 stall  queue 4  $12.40',
      'testville   COMMAND   ! 8 need you  ● 2 working  ◌ 1 waiting  ✗ 1 stalled  queue 4  $12.40 today  $1.85/h  ▄▇▆▅█▄▇▆▅█▄▇',
    ]);
  });

  test('at 60 columns it still says what waits, who works, what is queued and what this day costs, in any mode', () => {
    const counts = {
      attention: 12,
      working: 25,
      waiting: 3,
      stalled: 2,
      queue: 31,
      costTodayUsd: 112.4,
      unpricedToday: 4,
    };
    const { counts: some, town } = exampleView();
    const view = exampleView({ counts: { ...some, ...counts }, town: { ...town, name: 'the-town-of-a-long-name' } });
    const rows = (['COMMAND', 'TYPING', 'DECIDE'] as const).map(mode =>
      plainRow(headerRow({ view, mode, width: 60, keys: KEYS, theme: PLAIN })).trimEnd(),
    );
    expect(rows).toEqual([
      'the-tow…  ! 12 you  ● 25 work  queue 31  $112.40+?',
      'the-tow…   TYPING   ! 12 you  ● 25 work  queue 31  $112.40+?',
      'the-tow…   DECIDE   ! 12 you  ● 25 work  queue 31  $112.40+?',
    ]);
  });

  test('what says that nothing is special goes before anything is said in fewer words', () => {
    const counts = { ...exampleView().counts, waiting: 0, stalled: 0 };
    const row = headerRow({ view: exampleView({ counts }), mode: 'COMMAND', width: 80, keys: KEYS, theme: PLAIN });
    expect(plainRow(row).trimEnd()).toBe(
      'testville   COMMAND   ! 8 need you  ● 2 working  queue 4  $12.40 today  $1.85/h',
    );
  });

  test('a stopped town and a frozen screen are said at any width', () => {
    const row = headerRow({
      view: troubled,
      mode: 'DECIDE',
      frozen: true,
      readOnly: 'asked',
      width: 80,
      keys: KEYS,
      theme: COLOUR,
    });
    expect(plainRow(row)).toMatch(/DECIDE .*STOPPED .*FROZEN/);
  });

  test('the strip sums up the panes not shown', () => {
    const row = plainRow(stripRow({ view: exampleView(), shown: [2], width: 120, keys: KEYS, theme: PLAIN })).trimEnd();
    expect(row).toBe(
      '1 Plan 2 ready, 1 blocked  3 Refinery 4 queued  4 Health ✗ 2 problems  5 Log witness nudged web/rictus',
    );
  });

  test('the footer leaves out what does not fit whole', () => {
    const hints = ['s', 'n', 'q'].map(keys => ({ keys, label: 'something' }));
    expect(plainRow(footerRow({ hints, width: 26, theme: PLAIN }))).toBe('s something  n something  ');
    const kept = [...hints, { keys: '?', label: 'help', kept: true }];
    expect(plainRow(footerRow({ hints: kept, width: 26, theme: PLAIN }))).toBe('s something  ? help       ');
    expect(plainRow(footerRow({ hints: kept, width: 5, theme: PLAIN }))).toBe('     ');
  });

  test('they are exactly as wide as the screen', () => {
    for (let width = 10; width <= 220; width++) {
      for (const view of [exampleView(), troubled]) {
        const rows = [
          headerRow({ view, mode: 'TYPING', frozen: true, readOnly: 'asked', width, keys: KEYS, theme: COLOUR }),
          footerRow({ hints: [{ keys: 'j', label: '東京' }], width, theme: COLOUR }),
          stripRow({ view, shown: [1], width, keys: KEYS, theme: COLOUR }),
        ];
        expect(rows.map(row => textWidth(plainRow(row)))).toEqual([width, width, width]);
      }
    }
  });
});
