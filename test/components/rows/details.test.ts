import { describe, expect, test } from 'vitest';
import { dependencyTree } from '../../../components/rows/dependency-tree.ts';
import { detailLines } from '../../../components/rows/detail-rows.ts';
import { GLOSSARY } from '../../../components/rows/glossary.ts';
import { healthRows } from '../../../components/rows/health-rows.ts';
import { planRows } from '../../../components/rows/plan-rows.ts';
import { polecatRows } from '../../../components/rows/polecat-rows.ts';
import type { BeadRow, DogHealth, TownView } from '../../../source/town/view.ts';
import { exampleView } from '../fixtures/view.ts';
import { beadRow, NOON, polecatRow, smallView } from '../small-view.ts';
import { KEYS, PLAIN, plainRow } from './look.ts';

const detail = (view: TownView, id: string): string =>
  detailLines({ view, id, width: 110, keys: KEYS, theme: PLAIN })
    .map(row => plainRow(row).trimEnd())
    .join('\n');
const health = (view: TownView, width = 140): string[] =>
  healthRows({ view, width, height: 30, focused: false, keys: KEYS, theme: PLAIN }).rows.map(row =>
    plainRow(row).trimEnd(),
  );

describe('what a bead waits for, and what waits for it', () => {
  const beads = (...rows: BeadRow[]) => smallView({ beads: new Map(rows.map(row => [row.id, row])) });
  const tree = (view: TownView, bead: string, direction: 'before' | 'behind') =>
    dependencyTree(view, { bead, direction, theme: PLAIN }).map(line => line.replace(/ {2}Title of .*/, ''));
  const view = beads(
    beadRow('a', { status: 'closed', phase: 'landed' }),
    beadRow('b', { needs: ['a'] }),
    beadRow('c', { phase: 'blocked', blockedBy: ['b'], needs: ['b', 'a'] }),
    beadRow('d', { phase: 'blocked', blockedBy: ['b', 'c'] }),
  );

  test('is a tree at any depth, what is done included, each opened once', () => {
    expect(tree(view, 'd', 'before')).toEqual([
      '○ ready  b',
      '  ✓ landed  a',
      '○ blocked  c',
      '  ○ ready  b  Title of b  (shown above)'.replace(/ {2}Title of .*/, ''),
      '  ✓ landed  a',
    ]);
    expect(tree(view, 'b', 'behind')).toEqual(['○ blocked  c', '  ○ blocked  d', '○ blocked  d']);
    expect(tree(view, 'a', 'before')).toEqual([]);
  });

  test('ends where beads wait for each other, and says how much is not drawn', () => {
    const circle = beads(beadRow('a', { blockedBy: ['b'] }), beadRow('b', { blockedBy: ['a'] }));
    expect(tree(circle, 'a', 'before')).toEqual(['○ ready  b', '  ○ ready  a']);
    const wide = beads(
      beadRow('root'),
      ...Array.from({ length: 130 }, (_, at) => beadRow(`w${at}`, { blockedBy: ['root'] })),
    );
    const lines = tree(wide, 'root', 'behind');
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe('… and 30 more');
  });

  test('stands in the detail of the bead', () => {
    const text = detail(view, 'b');
    expect(text).toContain('What this waits for\n✓ landed  a  Title of a');
    expect(text).toContain('What waits for this\n○ blocked  c  Title of c\n  ○ blocked  d  Title of d');
    expect(detail(view, 'a')).not.toContain('What this waits for');
  });
});

describe('a convoy', () => {
  const estimate = { words: 'about 10m to 30m to go', basis: 'by the last 9 beads that landed in web' };
  const view = smallView();
  const planned = smallView({ convoys: [{ ...view.convoys[0]!, estimate }] });

  test('says how long it will take where there is room, and what that is known from in its detail', () => {
    const row = (width: number) =>
      plainRow(planRows({ view: planned, width, height: 6, focused: false, keys: KEYS, theme: PLAIN }).rows[0]!);
    expect(row(100)).toContain('about 10m to 30m to go');
    expect(row(80)).not.toContain('about');
    expect(detail(planned, 'cv-1')).toContain('about 10m to 30m to go, by the last 9 beads that landed in web');
  });

  test('says how many of its beads do not go on by themselves, also where they are folded away', () => {
    const row = planRows({
      view: smallView({
        beads: new Map(
          [beadRow('gt-1', { phase: 'parked' }), beadRow('gt-2', { phase: 'blocked' })].map(bead => [bead.id, bead]),
        ),
      }),
      width: 120,
      height: 6,
      focused: false,
      folded: new Set(['cv-1']),
      keys: KEYS,
      theme: PLAIN,
    }).rows[0]!;
    expect(plainRow(row)).toContain('1 blocked, 1 parked');
  });

  test('names what its beads wait for', () => {
    expect(detail(view, 'cv-1')).toContain('Title of gt-2  (after gt-1)');
  });
});

describe('a polecat', () => {
  test('shows what it costs and holds where there is room', () => {
    const view = smallView({ polecats: [polecatRow('web/nux', { costUsd: 1.5, memoryBytes: 340_000_000 })] });
    const row = (width: number) =>
      plainRow(polecatRows({ view, width, height: 4, focused: false, keys: KEYS, theme: PLAIN }).rows[0]!);
    expect(row(120)).toMatch(/\$1\.50\s+340 MB/);
    expect(row(80)).not.toContain('MB');
    expect(detail(view, 'web/nux')).toContain('340 MB, what its processes share counted for each');
  });

  test('says whether it runs in a sandbox, and why not', () => {
    const view = (unsandboxed?: string) =>
      smallView({ polecats: [polecatRow('web/nux', unsandboxed ? { unsandboxed } : {})] });
    expect(detail(view(), 'web/nux')).toMatch(/sandbox +on/);
    expect(detail(view('no bubblewrap'), 'web/nux')).toMatch(/sandbox +none: no bubblewrap/);
  });
});

describe('health', () => {
  const small = smallView();
  const withHealth = (fields: Partial<TownView['health']>): TownView =>
    smallView({ health: { ...small.health, ...fields } });
  const dog = (fields: Partial<DogHealth>): TownView =>
    withHealth({
      dogs: [{ name: 'reaper', plain: 'cleans up', ok: true, note: 'fine', intervalMs: 60_000, ...fields }],
    });
  const rowOf = (view: TownView, words: string): string => health(view).find(row => row.includes(words)) ?? '';

  test('says what each role did last, why and when, and each rig’s Witness by itself', () => {
    const witness = { name: 'witness', plain: 'stuck-worker watch', ok: true };
    const view = withHealth({
      roles: [
        { ...witness, rig: 'web', lastAction: 'nudge s1', because: 'it was silent', lastActionAt: NOON - 120_000 },
        { ...witness, rig: 'lib' },
      ],
    });
    const [web, lib] = health(view);
    expect(web).toMatch(/stuck-worker watch \(witness of web\).*nudge s1: it was silent.*2m ago$/);
    expect(lib).toContain('nothing to do so far');
    expect(detail(view, 'role:witness:web')).toContain(GLOSSARY.witness);
  });

  test.each<[string, Partial<DogHealth>]>([
    ['fine; next in 3m', { nextRunAt: NOON + 180_000 }],
    ['runs now; the last time: fine', { running: true }],
    ['off, by operator (o switches it on): fine', { offBy: 'operator' }],
    ['off in the config: fine', { intervalMs: 0 }],
  ])('of a dog says: %s', (words, fields) => {
    expect(rowOf(dog(fields), '(reaper)')).toContain(words);
  });

  test('says first what pauses dispatch, beside what the machine has', () => {
    const machine = {
      freeDiskBytes: 5e8,
      freeMemoryBytes: 2e9,
      totalMemoryBytes: 8e9,
      loopLagMs: 3,
      load1: 1,
      cores: 2,
    };
    const town = { ...small.town, dispatchPaused: 'disk: 477 MiB free, 1024 MiB needed' };
    const view = smallView({ town, health: { ...small.health, machine } });
    expect(rowOf(view, 'machine')).toMatch(
      /✗ paused +machine +nothing new is started: disk: 477 MiB free.*disk 0\.5 GB/,
    );
    expect(rowOf(withHealth({ machine }), 'machine')).toMatch(/✓ ok +machine +disk 0\.5 GB free, memory 2\.0 GB/);
  });

  test('shows budgets as gauges, and says in words what a full one does', () => {
    const budget = { key: 'town', name: 'the budget of the town', limitUsd: 10, spentUsd: 8.5, unpriced: 0 };
    const view = withHealth({
      budgets: [
        { ...budget, state: 'asks' },
        { ...budget, key: 'gt-1', name: 'the budget of bead gt-1', spentUsd: 12, unpriced: 2, state: 'stopped' },
      ],
    });
    expect(rowOf(view, 'of the town')).toContain('████████░░ $8.50 of $10.00 (85 %): nearly spent (Space)');
    expect(rowOf(view, 'bead gt-1')).toContain('██████████ $12.00 + 2 unpriced of $10.00 (120 %): spent');
    expect(detail(view, 'budget:town').replaceAll('\n', ' ')).toContain('gastown budget town <USD>');
  });

  test('shows how the last hours went, and each by itself in the detail', () => {
    const trends = { stepMs: 600_000, lastAt: NOON, costUsd: [0, 1], landings: [2, 1], tokens: [5, 10] };
    const view = smallView({ trends });
    expect(rowOf(view, 'cost, landings')).toContain('cost ▁█ $1.00  landed █▅ 3  tokens ▅█ 15');
    expect(detail(view, 'trend:')).toContain('Each bar is 10m');
  });

  test('says how far gates can be trusted, and which tests do not count', () => {
    const gateRecords = [
      {
        gate: 'test',
        runs: 50,
        flakes: 3,
        usualMs: 40_000,
        flakyTests: [{ test: 'adds up', trees: 2 }],
        quarantined: [{ test: 'sleeps', until: '2026-12-01T00:00:00.000Z' }],
      },
    ];
    const view = smallView({ rigs: [{ ...small.rigs[0]!, gateRecords }] });
    expect(rowOf(view, 'repository (web)')).toContain('test flaky in 3 of 50 runs, 1 test of test in quarantine');
    const text = detail(view, 'web');
    expect(text).toContain('test  50 runs, 3 flaky  usually 40s');
    expect(text).toContain('adds up  red and green on 2 trees');
    expect(text).toContain('sleeps  does not count until 2026-12-01 00:00');
  });

  test('names an integration branch with its epic and where it goes', () => {
    const rig = { ...small.rigs[0]!, id: 'web-login', of: 'web', epic: 'gt-1', branch: 'epic/login' };
    expect(rowOf(smallView({ rigs: [rig] }), 'web-login')).toContain('integration branch (web-login)');
    expect(rowOf(smallView({ rigs: [rig] }), 'web-login')).toContain('for gt-1, goes to web');
  });
});

test('every Gas Town word is explained where it is looked at', () => {
  const view = smallView();
  expect(detail(view, 'gt-1')).toContain(GLOSSARY.bead);
  expect(detail(view, 'cv-1')).toContain(GLOSSARY.convoy);
  expect(detail(view, 'web/nux')).toContain(GLOSSARY.hook);
  expect(detail(view, 'mr-1')).toContain(GLOSSARY.refinery);
  expect(detail(view, 'web')).toContain(GLOSSARY.rig);
  expect(detail(view, 'dog:reaper')).toContain(GLOSSARY.dog);
  expect(detail(view, 'role:mayor')).toContain(GLOSSARY.mayor);
});

test('what a worker does has the room of its row that a short title leaves', () => {
  const view = smallView({
    polecats: [polecatRow('web/nux', { bead: 'gt-2', beadTitle: 'Talk', doing: 'reading the whole of the manual' })],
  });
  const { rows } = polecatRows({ view, width: 80, height: 3, focused: true, keys: KEYS, theme: PLAIN });
  expect(plainRow(rows[0]!)).toContain('gt-2  Talk  reading the whole of the manual');
});

test('a convoy of which beads are parked keeps the room of its row for its title and its state', () => {
  const { convoys, beads } = smallView();
  const [convoy] = convoys;
  const [first] = convoy!.beads;
  const view = smallView({
    convoys: [{ ...convoy!, estimate: { words: 'no estimate: 1 bead in it waits for you' } }],
    beads: new Map([...beads, [first!, beadRow(first!, { phase: 'parked', parked: 'it failed' })]]),
  });
  const row = planRows({ view, width: 100, height: 9, focused: true, keys: KEYS, theme: PLAIN }).rows.map(plainRow)[0];
  expect(row).toContain('1 parked');
  expect(row?.trimEnd()).toMatch(/approved$/);
  expect(row).not.toContain('estimate');
});

test('money, landings and tokens of the last hours stand whole in the pane of an ordinary screen', () => {
  const trends = { stepMs: 600_000, lastAt: NOON, costUsd: [0, 1], landings: [2, 1], tokens: [5, 10] };
  const row = health(smallView({ trends }), 59).find(text => text.includes('landed'));
  expect(row).toMatch(/cost .+ \$1\.00 {2}landed .+ 3 {2}tokens .+ 15$/);
});

test('says of the ledger what Git did not take, in row and detail', () => {
  const whole = smallView();
  const ledger = { seq: 12, committedSeq: 10, commitError: 'No space left on device' };
  const view = { ...whole, health: { ...whole.health, ledger } };
  expect(health(view).join('\n')).toMatch(
    /✗ failed memory \(ledger\) .*2 changes on disk and not yet in Git: No space left on device/,
  );
  expect(detail(view, 'ledger:')).toContain('No space left on device');
});

test('every row of health says in the detail what it is', () => {
  const view = exampleView();
  const { ids } = healthRows({ view, width: 120, height: 40, focused: true, keys: KEYS, theme: PLAIN });
  expect(ids).toEqual(expect.arrayContaining(['machine:', 'host:', 'ledger:', 'line:']));
  for (const id of ids)
    expect(detailLines({ view, id, width: 80, keys: KEYS, theme: PLAIN }).join('\n')).not.toContain('Nothing is known');
});
