import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  COMMANDS,
  commandById,
  commandForKey,
  commandsIn,
  type KeyContext,
  keyLabel,
  keyRows,
} from '../../components/keymap.ts';
import { PANES } from '../../components/state.ts';

const contexts: readonly KeyContext[] = [
  ...new Set(COMMANDS.flatMap(command => command.contexts as readonly KeyContext[])),
];

test.each(contexts)('no key means two things in %s', context => {
  const keys = COMMANDS.filter(command => command.contexts.includes(context)).flatMap(command => command.keys);
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
});

test('no key that works everywhere is shadowed', () => {
  const always = COMMANDS.filter(command => command.contexts.includes('always')).flatMap(command => command.keys);
  const others = COMMANDS.filter(command => !command.contexts.includes('always')).flatMap(command => command.keys);
  expect(always.filter(key => others.includes(key))).toEqual([]);
});

test('ids are unique and every command says what it does in a sentence', () => {
  expect(new Set(COMMANDS.map(command => command.id)).size).toBe(COMMANDS.length);
  for (const command of COMMANDS) expect(command.label).toMatch(/^[A-Z].*\.$/);
});

test('a command without a key can still be reached by its name', () => {
  for (const command of COMMANDS.filter(each => each.keys.length === 0))
    expect(
      command.contexts.some(context => context === 'global' || (PANES as readonly string[]).includes(context)),
    ).toBe(true);
});

test.each([
  ['n', ['log', 'global', 'always'], 'next-match'],
  ['n', ['plan', 'global', 'always'], 'new-bead'],
  ['n', ['decide', 'always'], 'no'],
  ['l', ['polecats', 'global', 'always'], 'open-log'],
  ['l', ['plan', 'global', 'always'], 'next-pane'],
  ['r', ['health', 'global', 'always'], 'run-dog'],
  ['r', ['refinery', 'global', 'always'], 'retry'],
  ['ctrl-l', ['form', 'always'], 'redraw'],
  ['y', ['plan', 'global', 'always'], 'copy'],
  ['A', ['plan', 'global', 'always'], undefined],
] as const)('%s in %j is %s', (key, where, id) => {
  expect(commandForKey(key, where)?.id).toBe(id);
});

test('help of a pane lists its own keys first and leaves out those it shadows', () => {
  const ids = commandsIn(['log', 'global', 'always']).map(command => command.id);
  expect(ids.indexOf('next-match')).toBeLessThan(ids.indexOf('down'));
  expect(ids).not.toContain('new-bead');
  expect(ids).toContain('suspend');
});

test('keys of the design are bound', () => {
  const bound = new Set(COMMANDS.flatMap(command => command.keys as readonly string[]));
  const wanted =
    '1 2 3 4 5 0 tab shift-tab h l j k up down left right g G ctrl-d ctrl-u pgup pgdn enter esc + _ s S n N space y e d o a i x r J K m F w D : / ? @ z Z [ ] { } ctrl-r Y q ctrl-c ctrl-z ctrl-l';
  expect(wanted.split(' ').filter(key => !bound.has(key))).toEqual([]);
});

test('every key that the page of the screen names is in the table', () => {
  const page = readFileSync(new URL('../../docs/screen.md', import.meta.url), 'utf8');
  const section = /## Moving, deciding, taking back\n([\s\S]*?)\nQuitting/.exec(page)![1]!;
  const named = [...section.matchAll(/`([^`]+)`/g)].map(([, key]) => key!).filter(key => key !== 'gastown keys');
  const printed = new Set(keyRows(COMMANDS).flatMap(row => row.keys));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(key => !printed.has(key))).toEqual([]);
});

test('the printed table names keys as people do', () => {
  expect(keyLabel('ctrl-d')).toBe('Ctrl-d');
  expect(keyRows(COMMANDS).find(row => row.id === 'attention')).toMatchObject({
    keys: ['Space'],
    where: 'global decide review',
  });
  expect(commandById('no-such')).toBeUndefined();
});
