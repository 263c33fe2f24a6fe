import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { dialogLines } from '../../components/dialogs/dialog-view.tsx';
import { themeFromEnvironment } from '../../components/theme.ts';
import type { AttentionRow } from '../../source/town/view.ts';
import { play } from './play.ts';
import { attentionRow, smallView } from './small-view.ts';

const asking = (more: Partial<AttentionRow> = {}): AttentionRow => {
  const { yes: _, no: __, ...row } = attentionRow('ask:s-1:r-1', { kind: 'permission', subject: 'web/nux', ...more });
  return row;
};
const PERMISSION = asking({
  title: 'Run: git push origin main',
  options: [
    { id: 'allow', label: 'Allow', kind: 'allow' },
    { id: 'always', label: 'Allow in this session: git push *', kind: 'allow_always' },
    { id: 'deny', label: 'Refuse', kind: 'deny' },
  ],
});
const QUESTION = asking({
  kind: 'question',
  title: 'Which library?',
  options: [
    ...Array.from({ length: 3 }, (_, index) => ({
      id: `choice-${index}`,
      label: `Library ${index}`,
      kind: 'choice' as const,
    })),
    { id: 'own', label: 'Answer in your own words', kind: 'answer' },
    { id: 'deny', label: 'Let it decide by itself', kind: 'deny' },
  ],
});

const decide = (row: AttentionRow) =>
  play(smallView({ attention: [row] }))
    .press('space')
    .wait(400);
const shown = (game: ReturnType<typeof decide>, columns = 80, rows = 24): string => {
  const dialog = game.dialog;
  if (!dialog || dialog.kind === 'line') throw new Error('no dialog');
  const theme = themeFromEnvironment({ NO_COLOR: '1' });
  const { lines } = dialogLines(dialog, { state: game.state, context: game.context(), columns, rows, theme });
  return stripVTControlCharacters(lines.join('\n'));
};

test('a question offers what can be done with it, and nothing else', () => {
  const parked = attentionRow('parked gt-1', { kind: 'parked', subject: 'gt-1', yes: 'try again', no: 'close it' });
  expect(shown(decide(parked))).toMatch(/-- e edit · i why · Esc close -/);
  expect(decide(parked).press('d').flash).toBe('There is no diff for this question.');
  expect(decide(parked).press('o').flash).toBe('No live polecat asked this: y or n answers it.');
  const two = play(smallView({ attention: [attentionRow('approval:mr-1:a'), parked] })).press('space');
  expect(shown(two)).toMatch(/- d review · e edit · .*i why · Space next · Esc close -/);
});

describe('what an agent asks', () => {
  test('stands whole, however long it is put, and leaves room to answer', () => {
    const title = `May I ${'move the tables and '.repeat(6)}drop the old column?`;
    expect(shown(decide(attentionRow('approve mr-1', { title })))).toMatch(/drop the old column\?[\s\S]* y {2}/);
    const endless = shown(decide(attentionRow('approve mr-1', { title: 'word '.repeat(2_000) })), 80, 20);
    expect(endless).toMatch(/word …[\s\S]* y {2}/);
    expect(endless.split('\n').length).toBeLessThan(18);
  });

  test.each<[string, AttentionRow, string]>([
    ['y', PERMISSION, 'allow'],
    ['n', PERMISSION, 'deny'],
    ['1', PERMISSION, 'always'],
    ['2', QUESTION, 'choice-1'],
    ['n', QUESTION, 'deny'],
  ])('%s gives its answer', (key, row, option) => {
    const game = decide(row).press(key);
    expect(game.intents()).toEqual([{ type: 'attention.choose', payload: { key: row.key, option } }]);
    expect(game.press(key).intents()).toHaveLength(1);
  });

  test('shows each answer with the one key that gives it, on the smallest screen too', () => {
    expect(shown(decide(PERMISSION))).toMatch(
      /y {2}Allow .*\n.*1 {2}Allow in this session: git push \* .*\n.*n {2}Refuse/,
    );
    expect(shown(decide(QUESTION))).toMatch(/1 {2}Library 0[\s\S]*3 {2}Library 2[\s\S]*4 {2}Answer in your own words/);
  });

  test('keeps its own text in sight beside many answers, and scrolls all of it', () => {
    const detail = Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n');
    const options = Array.from({ length: 30 }, (_, index) => ({
      id: `c-${index}`,
      label: `Choice ${index}`,
      kind: 'choice' as const,
    }));
    const game = decide(asking({ detail, options }));
    expect(shown(game)).toContain('line 0');
    expect(shown(game)).toContain('9  Choice 8');
    expect(shown(game.press('G'))).toContain('line 39');
  });

  test('a key that means nothing for it says so, and no question without options takes digits', () => {
    expect(decide(QUESTION).press('y').flash).toBe('y means nothing for this question.');
    expect(decide(PERMISSION).press('7').flash).toBe('7 means nothing for this question.');
    const plain = decide(attentionRow('approve mr-1')).press('1');
    expect(plain.flash).toContain('no numbered answers');
    expect(plain.intents()).toEqual([]);
  });

  test('a key typed before it could be read, or on a screen that only looks, answers nothing', () => {
    const early = play(smallView({ attention: [PERMISSION] })).press('space', '1');
    expect(early.flash).toContain('before this could be read');
    expect(early.intents()).toEqual([]);
    const looking = play(smallView({ attention: [PERMISSION] }), { readOnly: 'only looks' })
      .press('space')
      .wait(400);
    expect(looking.press('1').flash).toBe('only looks');
  });

  test('is not answered once it has gone or become another one', () => {
    const game = decide(PERMISSION).look(smallView({ attention: [{ ...PERMISSION, key: 'ask:s-1:r-2' }] }));
    expect(game.press('y').flash).toContain('settled or has changed');
    expect(game.intents()).toEqual([]);
  });

  test.each(['4', 'o'])('%s takes an answer in one line of words, which may not be empty', key => {
    const game = decide(QUESTION).press(key);
    expect(game.dialog).toMatchObject({ kind: 'form', title: 'Which library?' });
    expect(game.press('enter').flash).toBe('Write the answer first.');
    game.type('the second').press('enter');
    expect(game.intents()).toEqual([
      { type: 'attention.choose', payload: { key: QUESTION.key, option: 'own', text: 'the second' } },
    ]);
    expect(game.effects.at(-1)).toMatchObject({ dialog: game.dialog?.serial });
  });

  test('o refuses a wish with words', () => {
    const game = decide(PERMISSION).press('o').type('use a branch').press('enter');
    expect(game.intents()).toEqual([
      { type: 'attention.choose', payload: { key: PERMISSION.key, option: 'deny', text: 'use a branch' } },
    ]);
  });
});
