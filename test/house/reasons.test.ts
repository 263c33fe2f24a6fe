import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { EFFECT_WORDS } from '../../roles/effect-words.ts';
import type { Effect } from '../../roles/role.ts';
import { COMMAND_TYPES, type CommandType } from '../../source/ledger/commands.ts';
import { isExplained } from '../../source/ledger/reduce.ts';
import { emptyData } from '../../source/ledger/schema.ts';
import { effectWords } from '../../source/town/action-words.ts';
import { historyLines } from '../../source/town/history.ts';
import { explain } from '../../source/town/why.ts';
import { rememberRecent, type World } from '../../source/town/world.ts';
import { ROOT } from '../support/process.ts';

/**
 * Whatever a role may do is explained in one line by `gastown why`. That each action has a reason is its type's business
 * (`About`), and that it is one line is checked in every simulated town; here, that no reason is lost on its way.
 */
const text = readdirSync(path.join(ROOT, 'roles'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts') && file !== 'role.ts')
  .map(file => readFileSync(path.join(ROOT, 'roles', file), 'utf8'))
  .join('\n');
const asked = [...new Set([...text.matchAll(/(?:\.|\b)command\(\s*'([a-z.]+)'/g)].map(([, type]) => type!))].sort();

describe('what roles may command', () => {
  test('is found in their text', () => {
    expect(asked).toContain('hook.set');
    expect(asked.length).toBeGreaterThan(15);
    // None is given in another way: then it would be missing here.
    expect(text.match(/\.command\(/g)!.length).toBe([...text.matchAll(/\.command\(\s*'[a-z.]+'/g)].length);
  });

  test.each(asked)('%s is explained in the ledger', type => {
    expect(COMMAND_TYPES).toContain(type);
    expect(isExplained(type as CommandType)).toBe(true);
  });
});

test('every effect that roles ask for is one of these', () => {
  const effects = [...text.matchAll(/effect\(\s*\{\s*type: '([a-z.]+)'/g)].map(([, type]) => type!);
  expect(effects.length).toBeGreaterThan(10);
  expect(effects.filter(type => !Object.hasOwn(EFFECT_WORDS, type))).toEqual([]);
});

test.each(Object.keys(EFFECT_WORDS))('%s is explained by gastown why while the town runs', type => {
  const world: Pick<World, 'recent'> = { recent: [] };
  const effect = { type, dog: 'reaper' } as Effect;
  rememberRecent(world, { at: 0, role: 'deacon', subject: 'gt-a1', effect, because: 'so that\nit is known' });
  expect(explain(emptyData(), 'gt-a1', world)).toEqual([
    expect.stringMatching(new RegExp(`deacon {2}${effectWords(effect)}: so that.it is known$`)),
  ]);
});

test('a reason that says only who did it is not said beside who did it, and a verb keeps its own preposition', () => {
  const data = emptyData();
  const at = '2026-01-01T10:00:00.000Z';
  const entries = [
    { at, by: 'operator', action: 'bead.create', because: 'The operator asked for bead.create.' },
    { at, by: 'town', action: 'session.start', because: 'The town does this as part of its routine.' },
    { at, by: 'town', action: 'work.done', because: 'It ended well.' },
  ];
  data.decisions.set('gt-a1', { id: 'gt-a1', rev: 1, entries });
  expect(explain(data, 'gt-a1')).toEqual([
    `${at}  operator  created`,
    `${at}  town  started`,
    `${at}  town  handed in: It ended well.`,
  ]);
  const [made] = historyLines([
    {
      rev: 1,
      commit: 'c',
      at,
      by: 'operator',
      command: 'plan.import',
      because: 'The operator asked for plan.import.',
      changes: [],
    },
  ]);
  expect(made).toBe(`${at}  operator  imported`);
});

test('of a Dog it is said which one ran, and of others whom it was done to', () => {
  expect(effectWords({ type: 'dog.run', dog: 'reaper' }, 'reaper')).toBe('ran reaper');
  expect(effectWords({ type: 'dog.run', dog: 'main-test', rig: 'app' }, 'app')).toBe('ran main-test in app');
  expect(effectWords({ type: 'rig.refresh', rig: 'app' }, 'app')).toBe('looks at the target of app');
  expect(effectWords({ type: 'rig.refresh', rig: 'app' })).toBe('looks at the target');
});
