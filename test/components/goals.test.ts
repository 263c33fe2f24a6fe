import { describe, expect, test } from 'vitest';
import { decideLines } from '../../components/dialogs/decide-rows.ts';
import { planTree } from '../../components/rows/plan-tree.ts';
import type { ConvoyRow } from '../../source/town/view.ts';
import { play } from './play.ts';
import { attentionRow, beadRow, smallView } from './small-view.ts';

const PROPOSED: ConvoyRow = {
  id: 'cv-9',
  title: 'A faster shop',
  status: 'proposed',
  rig: 'web',
  beads: ['gt-a', 'gt-b', 'gt-c'],
  closed: 0,
  goal: 'Make it fast.',
};
const BEADS = [
  beadRow('gt-a', { title: 'Measure', touches: ['bench/'], agent: 'claude' }),
  beadRow('gt-c', { title: 'Report', needs: ['gt-a', 'gt-b'] }),
  beadRow('gt-b', { title: 'Cache', needs: ['gt-a', 'gt-9'], acceptance: 'pages come in 50 ms\ntwice in a row' }),
];
const QUESTION = attentionRow('plan:cv-9:r1', { kind: 'plan', subject: 'cv-9', detail: 'Make it fast.' });
const proposed = smallView({
  convoys: [PROPOSED],
  beads: new Map(BEADS.map(bead => [bead.id, bead])),
  attention: [QUESTION],
});

describe('a goal', () => {
  const asking = () => play().press('N').type('make it fast');

  test('asks the Mayor for a plan, for the repository that is meant', () => {
    const game = asking().press('ctrl-d');
    expect(game.intents()).toEqual([{ type: 'mayor.plan', payload: { goal: 'make it fast', rig: 'web' } }]);
    expect(game.dialog).toBeUndefined();
  });

  test('names who plans, where the person says so', () => {
    const game = asking().press('tab', 'tab').type('codex').press('enter');
    expect(game.intents()).toMatchObject([{ type: 'mayor.plan', payload: { agent: 'codex' } }]);
  });

  test('of no words, or for no repository that there is, is refused and kept', () => {
    expect(play().press('N', 'ctrl-d').flash).toContain('Write a goal');
    const game = asking().press('tab', 'ctrl-u').type('shop').press('ctrl-d');
    expect(game.flash).toContain('There is no rig “shop”');
    expect(game.intents()).toEqual([]);
  });

  test('that is a plan in Markdown is read as one', () => {
    const game = play().press('N').send({ type: 'paste', text: '\n# Faster\n\n## One' }).press('ctrl-d');
    expect(game.effects).toMatchObject([{ type: 'plan', rig: 'web' }]);
  });

  test('goes to the Mayor also from a screen that cannot read plans, which only refuses Markdown', () => {
    const game = () => play(smallView(), { readsPlans: false }).press('N');
    expect(game().type('faster').press('ctrl-d').intents()).toHaveLength(1);
    expect(game().send({ type: 'paste', text: '# Faster' }).press('ctrl-d').flash).toContain('gastown plan import');
  });
});

describe('a proposed plan', () => {
  test('is read as a tree: each bead under what it waits for longest, with all that was planned for it', () => {
    expect(planTree(proposed, PROPOSED)).toEqual([
      '- Measure  (gt-a, P2, by claude)',
      '    touches: bench/',
      "   - Cache  (gt-b, P2, by the repository's agent)",
      '       needs: gt-a, gt-9',
      '       done when: pages come in 50 ms',
      '       twice in a row',
      "      - Report  (gt-c, P2, by the repository's agent)",
      '          needs: gt-a, gt-b',
    ]);
  });

  test('shows it in the question, behind its goal', () => {
    expect(decideLines(proposed, QUESTION.key).slice(0, 3)).toEqual([
      'Make it fast.',
      '',
      '- Measure  (gt-a, P2, by claude)',
    ]);
  });

  test('is edited by e, in the question and in the plan', () => {
    const game = play(proposed).press('space', 'e');
    expect(game.effects).toEqual([{ type: 'editPlan', convoy: 'cv-9' }]);
    expect(game.dialog).toBeUndefined();
    game.setIds('plan', ['cv-9', 'gt-a']).press('g', 'e');
    expect(game.effects).toHaveLength(2);
  });

  test('that was approved is not edited as a whole', () => {
    const game = play(smallView()).press('e');
    expect(game.flash).toContain('Only a proposed plan');
    expect(game.effects).toEqual([]);
  });

  test('is approved by y and given up by n, with a reason', () => {
    expect(play(proposed).press('space').wait(400).press('y').intents()).toEqual([
      { type: 'attention.answer', payload: { key: QUESTION.key, answer: 'yes' } },
    ]);
    const game = play(proposed).press('space').wait(400).press('n').type('too much').press('enter');
    expect(game.intents()).toEqual([
      { type: 'attention.answer', payload: { key: QUESTION.key, answer: 'no', note: 'too much' } },
    ]);
  });
});
