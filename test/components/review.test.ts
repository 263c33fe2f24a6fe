import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hintsOf } from '../../components/chrome.ts';
import { dialogLines } from '../../components/dialogs/dialog-view.tsx';
import { modeOf } from '../../components/state.ts';
import type { Theme } from '../../components/theme.ts';
import type { MergeRow, Review, TownView } from '../../source/town/view.ts';
import { exampleReview } from './fixtures/review.ts';
import { play } from './play.ts';
import { COLOUR, colourCodes, faultOf, HOSTILE, PLAIN, plainRow } from './rows/look.ts';
import { attentionRow, beadRow, mergeRow, NOON, smallView } from './small-view.ts';

const HEAD = 'b'.repeat(40);
const KEY = `approval:mr-1:${HEAD}`;
const ask = (id: string, head = HEAD) =>
  attentionRow(`approval:${id}:${head}`, {
    subject: id,
    head,
    yes: 'approve: it lands',
    no: 'send it back with a note',
  });

/** A town in which mr-1 and mr-2 wait for a person. */
const waiting = (more: Partial<MergeRow> = {}, attention = [ask('mr-1'), ask('mr-2')]): TownView =>
  smallView({
    beads: new Map([
      ['gt-3', beadRow('gt-3', { acceptance: 'Old passwords still work.', description: 'Hash them.', costUsd: 0.42 })],
    ]),
    merges: [
      mergeRow('mr-1', { needsApproval: true, title: 'Hash the passwords', ...more }),
      mergeRow('mr-2', { bead: 'gt-9', position: 2, needsApproval: true }),
    ],
    attention,
  });

const open = (view = waiting(), review: Partial<Review> = {}, options = {}) => {
  const game = play(view, options).at('refinery', 'mr-1').press('d');
  game.send({ type: 'reviewed', serial: game.dialog!.serial, result: exampleReview(review) });
  return game.wait(300);
};
type Game = ReturnType<typeof open>;

const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 200, rows: 50 },
];

const draw = (game: Game, { columns, rows } = SIZES[0]!, theme: Theme = PLAIN): readonly string[] => {
  const dialog = game.dialog;
  if (!dialog || dialog.kind === 'line') throw new Error('no dialog');
  return dialogLines(dialog, { state: game.state, context: game.context(), columns, rows, theme }).lines;
};
const shown = (game: Game, size = SIZES[0]!): string => plainRow(draw(game, size).join('\n'));
/** The row under the cursor. */
const cursor = (game: Game): string =>
  plainRow(
    draw(game)
      .find(row => row.includes('\u001B[7m'))!
      .replace(/.*\u001B\[7m(.*)\u001B\[27m.*/, '$1'),
  ).trimEnd();

describe.each(SIZES)('a review at $columns×$rows', size => {
  test('begins with what a decision hangs on', () => {
    const view = waiting({
      findings: [{ guard: 'protected', kind: 'ask', summary: 'changes CI', path: 'test/auth.test.ts', line: 1 }],
      forecast: [
        { with: 'mr-4', kind: 'merge', ahead: true, files: ['src/auth.ts'] },
        { with: 'web/nux', kind: 'session', ahead: false, files: [] },
      ],
      approvedBefore: {
        merge: 'mr-0',
        head: 'd'.repeat(40),
        at: NOON - 3_600_000,
        by: 'operator',
        reason: 'The request was bounced: red.',
        words: '2 new commits since you approved',
      },
    });
    const game = open(view);
    expect(modeOf(game.state)).toBe('DECIDE');
    const text = shown(game, size);
    for (const part of [
      'Hash the passwords',
      'gt-3 by web/nux · 2 files +4 -1 · $0.42 · aaaaaaa…bbbbbbb to main',
      '◌ approve?',
      '✗ test fail',
      '○ lint not run',
      '! Guards found 1 thing: changes CI',
      'x will conflict with mr-4 (ahead) in src/auth.ts; and 1 more',
      '2 new commits since you approved; d shows just that',
      'protected asks you: changes CI (test/auth.test.ts:1)',
      'y approve: it lands · n send it back with a note',
    ])
      expect(text).toContain(part);
    // On a small screen the rest is a few pages below; its lines are broken there.
    const pages = [text];
    for (let page = 0; page < 6; page++) pages.push(shown(game.press('ctrl-d'), size));
    const whole = pages.join('\n').replaceAll(/ *│\n│ /g, ' ');
    for (const part of [
      'operator approved mr-0 at ddddddddd, 1h 00m ago. The request was bounced: red.',
      'Old passwords still work.',
      'Hash them.',
      'test: failed in 4s on tree ccccccccc 2m ago',
      'login.test.ts: expected 200, got 500',
      'lint: not run yet',
      'bbbbbbbbb  Hash the password',
      '+2 -1',
      'src/auth.ts',
    ])
      expect(whole).toContain(part);
  });

  test('shows the lines of files with their numbers and signs, and remarks under theirs', () => {
    const view = waiting({
      comments: [
        {
          path: 'src/auth.ts',
          line: 11,
          side: 'new',
          text: 'Which digest?',
          by: 'operator',
          at: '2026-11-23T11:00:00.000Z',
        },
        {
          path: 'src/auth.ts',
          line: 11,
          side: 'old',
          text: 'This was clear.',
          by: 'operator',
          at: '2026-11-23T11:00:00.000Z',
        },
        {
          path: 'src/auth.ts',
          line: 99,
          side: 'new',
          text: 'Far below.',
          by: 'operator',
          at: '2026-11-23T11:00:00.000Z',
        },
      ],
    });
    const rows = shown(open(view).press('J'), size)
      .split('\n')
      .map(row => row.replace(/^│ | *│$/g, ''));
    const find = (text: string) => rows.findIndex(row => row.includes(text));
    expect(find('+const hash = digest(plain);') + 1).toBe(find('" operator: Which digest?'));
    expect(find('-check(plain);') + 1).toBe(find('" operator: This was clear.'));
    expect(find('line 99: operator: Far below.')).toBeLessThan(find('@@ line 10'));
    expect(rows[find('+check(hash);')]).toMatch(size.columns > 100 ? / 12 \+check\(hash\);/ : /^ +12 \+check/);
    expect(rows[find('@@ line 10')]).toContain('export const login');
  });

  test('has exact rows, none too wide, none that does more than stand there, whatever the work says', () => {
    const foreign = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 40 }));
    const property = fc.property(fc.array(foreign, { minLength: 1, maxLength: 8 }), fc.nat(60), (texts, down) => {
      const at = (index: number): string => texts[index % texts.length]!;
      const view = waiting({
        title: at(0),
        why: at(1),
        findings: [{ guard: 'x', kind: 'ask', summary: at(2) || 'x', path: at(3) || 'y' }],
        comments: [{ path: at(4), line: 1, side: 'new', text: at(5) || 'z', by: 'operator', at: '' }],
      });
      const file = {
        path: at(4),
        status: 'modified' as const,
        hunks: [{ title: at(6), oldStart: 1, newStart: 1, lines: texts.flatMap(text => [`+${text}`, `-${text}`]) }],
      };
      const game = open(view, {
        files: [file, file],
        commits: [{ sha: HEAD, subject: at(7) }],
        gates: [{ name: 'g', outcome: 'fail', output: [...texts] }],
      });
      for (let moved = 0; moved < down; moved++) game.press('j');
      const lines = draw(game, size, COLOUR);
      expect(lines).toHaveLength(size.rows - 3);
      expect(lines.map(line => faultOf(line, size.columns)).filter(Boolean)).toEqual([]);
    });
    fc.assert(property, { numRuns: 40 });
  });
});

test('at 200 columns the files stand beside the lines, with their counts and marks', () => {
  const view = waiting({ findings: [{ guard: 'x', kind: 'ask', summary: 's', path: 'test/auth.test.ts' }] });
  const text = shown(open(view).press('J', 'J'), SIZES[1]);
  expect(text).toMatch(/^│ {5}src\/auth\.ts +\+2 -1 /m);
  expect(text).toMatch(/^│ ▸ ! test\/auth\.test\.ts +\+2 -0 /m);
});

test('colours are beside the signs, never instead of them', () => {
  expect(colourCodes(draw(open().press('J'), SIZES[0], COLOUR))).toEqual(expect.arrayContaining(['31', '32']));
  expect(colourCodes(draw(open().press('J')))).toEqual([]);
});

test('a large change is drawn as fast as a small one, line by line', () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `+line ${index}`);
  const hunks = [{ title: '', oldStart: 0, newStart: 1, lines }];
  const game = open(waiting(), { files: [{ path: 'big.txt', status: 'added', added: 20_000, removed: 0, hunks }] });
  expect(shown(game.press('G'))).toContain('+line 19999');
  const begun = performance.now();
  for (let moved = 0; moved < 200; moved++) draw(game.press('k'));
  expect(performance.now() - begun).toBeLessThan(4_000);
});

describe('moving about', () => {
  test('J K Tab go from file to file, ] [ from place to place', () => {
    const game = open();
    expect(cursor(game.press('J'))).toBe('▾ src/auth.ts');
    expect(cursor(game.press('tab'))).toBe('▾ test/auth.test.ts');
    expect(cursor(game.press('J'))).toBe('▾ test/auth.test.ts');
    expect(cursor(game.press(']'))).toBe('@@ line 1');
    expect(cursor(game.press(']'))).toBe('@@ line 22');
    expect(game.press(']').flash).toBe('Nothing below has changed.');
    expect(cursor(game.press('[', '['))).toMatch(/^@@ line 10/);
    expect(cursor(game.press('K'))).toBe('▾ src/auth.ts');
    expect(game.press('K').dialog).toMatchObject({ at: { section: 0, line: 0 } });
    expect(cursor(game.press('G', 'k'))).toBe('    22 +two();');
  });

  test('what comes in above does not move the cursor off its line', () => {
    const game = open().press('J', 'j', 'j', 'j');
    const before = cursor(game);
    game.look(waiting({ why: 'x', cause: { kind: 'red', summary: 'It came back once.', at: '' } }));
    expect(cursor(game)).toBe(before);
  });

  test('d changes between the whole and what is new since it was approved', () => {
    const game = open().press('d');
    expect(game.dialog).toMatchObject({ scope: 'since' });
    expect(shown(game)).toContain('-const hash = md5(plain);');
    expect(shown(game)).not.toContain('test/auth.test.ts');
    expect(shown(game.press('g'))).toContain('2 commits on top of what you approved.');
    expect(game.press('d').dialog).toMatchObject({ scope: 'whole', at: { section: 0 } });
    const { since: _, ...first } = exampleReview();
    const fresh = play(waiting()).at('refinery', 'mr-1').press('d');
    fresh.send({ type: 'reviewed', serial: fresh.dialog!.serial, result: first });
    expect(fresh.press('d').flash).toBe('You approved nothing of it before: this is the whole.');
  });

  test('work that was done again says so, and that the approved no longer fits', () => {
    const since = { ...exampleReview().since!, rewritten: true, conflicts: true };
    const text = shown(open(waiting(), { since }).press('d', 'g'));
    expect(text).toContain('It was done again, in 2 commits of its own');
    expect(text).toContain('no longer fits onto the target');
  });
});

describe('deciding', () => {
  test('y approves the very head that is shown, once, and goes on to the next that waits', () => {
    const game = open().press('y', 'y');
    expect(game.intents()).toEqual([{ type: 'attention.answer', payload: { key: KEY, answer: 'yes' } }]);
    const { serial } = game.dialog!;
    game.look(waiting({ needsApproval: false, approved: true }, [ask('mr-2')]));
    game.send({ type: 'outcome', ok: true, message: 'mr-1 is approved.', dialog: serial });
    expect(game.dialog).toMatchObject({ kind: 'review', merge: 'mr-2' });
    expect(game.flash).toBe('mr-1 is approved.');
    expect(game.effects.at(-1)).toMatchObject({ type: 'review', merge: 'mr-2', serial: game.dialog!.serial });
    expect(game.state.dialogs).toHaveLength(1);
  });

  test('y held down or typed ahead never decides on the next: not before it is there, nor in its first 300 ms', () => {
    const game = open().press('y');
    game.send({ type: 'outcome', ok: true, message: 'ok', dialog: game.dialog!.serial }).press('y');
    expect(game.flash).toMatch(/not here yet/);
    game.wait(5_000).send({ type: 'reviewed', serial: game.dialog!.serial, result: exampleReview({ merge: 'mr-2' }) });
    expect(game.press('y', 'n').flash).toMatch(/before this could be read/);
    expect(game.wait(299).press('y').intents()).toHaveLength(1);
    expect(game.wait(1).press('y').intents()).toHaveLength(2);
  });

  test('a paste decides nothing', () => {
    const game = open().send({ type: 'paste', text: 'y' });
    expect(game.intents()).toEqual([]);
    expect(game.flash).toMatch(/paste is ignored/);
  });

  test('opened from a question, both close once it is decided, and with nothing left the board is back', () => {
    const game = play(waiting({}, [ask('mr-1')])).press('space', 'enter');
    game.send({ type: 'reviewed', serial: game.dialog!.serial, result: exampleReview() }).wait(300).press('y');
    expect(game.state.dialogs.map(dialog => dialog.kind)).toEqual(['decide', 'review']);
    game.look(waiting({ approved: true, needsApproval: false }, []));
    game.send({ type: 'outcome', ok: true, message: 'ok', dialog: game.dialog!.serial });
    expect(game.state.dialogs).toEqual([]);
  });

  test('a refused decision leaves the review for another one', () => {
    const game = open().press('y');
    game.send({ type: 'outcome', ok: false, message: 'no disk', dialog: game.dialog!.serial });
    expect(game.dialog).toMatchObject({ kind: 'review', merge: 'mr-1', sent: false });
    expect(game.press('y').intents()).toHaveLength(2);
  });

  test('n sends it back with a note, and goes on', () => {
    const game = open().press('n').type('use argon2').press('enter');
    expect(game.intents()).toEqual([
      { type: 'attention.answer', payload: { key: KEY, answer: 'no', note: 'use argon2' } },
    ]);
    const { dialog, draft } = game.effects.find(effect => effect.type === 'dispatch')!;
    game.look(waiting({}, [ask('mr-2')]));
    game.send({ type: 'outcome', ok: true, message: 'sent back', dialog: dialog!, draft: draft! });
    expect(game.dialog).toMatchObject({ kind: 'review', merge: 'mr-2' });
  });

  test('work that waits for nobody can be sent back too, but not approved', () => {
    const game = open(waiting({ needsApproval: false, why: 'tested with 2 others' }, []));
    expect(game.press('y').flash).toBe('It needs no approval: tested with 2 others.');
    game.wait(300).press('n').type('wait').press('enter');
    expect(game.intents()).toEqual([{ type: 'merge.reject', payload: { id: 'mr-1', reason: 'wait', rework: true } }]);
  });

  test.each<[string, Partial<MergeRow>, RegExp]>([
    ['a moved head', { head: 'e'.repeat(40) }, /head has moved/],
    ['an ended request', { state: 'landed', position: undefined } as unknown as Partial<MergeRow>, /is landed/],
  ])('%s takes no decision and no comment', (_, change, reason) => {
    const game = open().press('J', 'j', 'j').look(waiting(change));
    for (const key of ['y', 'n', 'c']) expect(game.press(key).flash).toMatch(reason);
    expect(game.intents()).toEqual([]);
    expect(hintsOf(game.state, game.context()).map(hint => hint.keys)).not.toContain('y');
  });

  test('a screen that only looks shows it and decides nothing', () => {
    const game = open(waiting(), {}, { readOnly: 'only looks' }).press('J', 'j', 'j');
    for (const key of ['y', 'n', 'c']) expect(game.press(key).flash).toBe('only looks');
    expect(game.intents()).toEqual([]);
    expect(shown(game)).toContain('only looks');
  });

  test('what cannot be shown says why', () => {
    const game = play(waiting()).at('refinery', 'mr-1').press('d');
    game.send({
      type: 'reviewed',
      serial: game.dialog!.serial,
      result: { ok: false, message: 'The commits are gone.' },
    });
    expect(shown(game)).toContain('The commits are gone.');
    expect(game.wait(400).press('y').intents()).toEqual([]);
  });
});

describe('what is protected', () => {
  const guarded = () => open(waiting({ confirmWord: 'infra' })).press('y');

  test('takes its word, typed: a wrong one says so, and nothing is sent without it', () => {
    const game = guarded();
    expect(game.dialog).toMatchObject({ kind: 'form', purpose: { form: 'word', key: KEY, word: 'infra' } });
    expect(game.intents()).toEqual([]);
    game.wait(300).type('infar').press('enter');
    expect(game.flash).toBe('That is not the word: it takes infra, letter by letter.');
    game.press('ctrl-u').type('infra').press('enter');
    expect(game.intents()).toEqual([{ type: 'attention.answer', payload: { key: KEY, answer: 'yes', word: 'infra' } }]);
    expect(game.dialog).toMatchObject({ kind: 'review' });
  });

  test('does not take it pasted, nor typed ahead', () => {
    const pasted = guarded().wait(400).send({ type: 'paste', text: 'infra' });
    expect(pasted.flash).toMatch(/typed by hand/);
    expect(pasted.press('enter').intents()).toEqual([]);
    expect(guarded().type('infra').press('enter').intents()).toEqual([]);
  });

  test('forgets a word that was begun', () => {
    const game = guarded().wait(400).type('inf').press('esc').press('y');
    expect(game.dialog).toMatchObject({ kind: 'form', fields: [{ editor: { text: '' } }] });
  });

  test('asks for it from the question too', () => {
    const game = play(waiting({ confirmWord: 'infra' }))
      .press('space')
      .wait(400)
      .press('y');
    expect(game.dialog).toMatchObject({ kind: 'form', purpose: { form: 'word' } });
    game.wait(400).type('infra').press('enter');
    expect(game.intents()).toMatchObject([{ payload: { word: 'infra' } }]);
  });
});

describe('comments', () => {
  const on = (down: number) => open().press('J', ...Array.from({ length: down }, () => 'j'));

  test.each([
    ['a new line', 4, { path: 'src/auth.ts', line: 11, side: 'new' }, '+const hash'],
    ['a line that went', 3, { path: 'src/auth.ts', line: 11, side: 'old' }, '-check(plain)'],
    ['a line that stays', 2, { path: 'src/auth.ts', line: 10, side: 'new' }, ' const user'],
  ] as const)('on %s name it as it is', (_, down, line, text) => {
    const game = on(down);
    expect(cursor(game)).toContain(text);
    game.press('c').type('Why?').press('enter').type('Say it.').press('ctrl-d');
    expect(game.intents()).toEqual([
      { type: 'merge.comment', payload: { id: 'mr-1', head: HEAD, ...line, text: 'Why?\nSay it.' } },
    ]);
    expect(game.effects.at(-1)).not.toHaveProperty('dialog');
    expect(game.dialog?.kind).toBe('review');
  });

  test('may be pasted, are kept when closed, and are not empty', () => {
    const game = on(4).press('c').send({ type: 'paste', text: 'as said before' }).press('esc', 'c');
    expect(game.dialog).toMatchObject({ fields: [{ editor: { text: 'as said before' } }] });
    expect(on(4).press('c', 'ctrl-d').flash).toBe('Write the comment first.');
  });

  test('are on the line under the cursor or the next that there is, in files only', () => {
    expect(open().press('c').flash).toMatch(/Move to a line of a file first/);
    expect(open().press('J', 'c').dialog).toMatchObject({ purpose: { line: { line: 10, side: 'new' } } });
    expect(open().press('J', 'J', 'K', 'K', 'G', 'c').dialog).toMatchObject({
      purpose: { line: { path: 'test/auth.test.ts', line: 22 } },
    });
  });

  test('beside earlier work are on what is still there', () => {
    expect(open().press('d', 'j', 'j', 'c').dialog).toMatchObject({
      purpose: { form: 'comment', line: { path: 'src/auth.ts', line: 11, side: 'new' } },
    });
  });

  test('that are typed where none can be made do not decide by their letters', () => {
    const game = open().press('c').wait(150).press('w').wait(150).press('h').wait(150).press('y');
    expect([game.intents(), game.dialog?.kind]).toEqual([[], 'review']);
    expect(game.wait(300).press('y').intents()).toHaveLength(1);
  });
});

test('i shows why, Space the next question, q and Esc go back', () => {
  expect(open().press('i').dialog).toMatchObject({ kind: 'viewer', subject: 'mr-1' });
  const next = open().press('space');
  expect(next.state.dialogs).toMatchObject([{ kind: 'decide', key: `approval:mr-2:${HEAD}` }]);
  expect(open().press('q').dialog).toBeUndefined();
  expect(open().press('esc').dialog).toBeUndefined();
  expect(play(waiting()).at('refinery', 'mr-1').press('enter').dialog).toMatchObject({ kind: 'review', merge: 'mr-1' });
});
