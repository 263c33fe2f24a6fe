import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LookMessage } from '../../source/town/grep/messages.ts';
import { type Search, startSearch } from '../../source/town/grep/search.ts';
import { saveLog } from '../../source/town/save-log.ts';
import { eventually } from '../terminal/journeys/journey.ts';

let dir: string;
let search: Search | undefined;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'gastown-grep-'));
});
afterEach(async () => {
  search?.close();
  await rm(dir, { recursive: true, force: true });
});

const file = (name: string, text: string): string => {
  const at = path.join(dir, name);
  writeFileSync(at, text);
  return at;
};
const logs = (...names: string[]): LookMessage => ({
  files: names.map(name => ({
    name,
    file: path.join(dir, name),
    form: name.endsWith('jsonl') ? ('transcript' as const) : ('terminal' as const),
  })),
  texts: [],
});
const start = (pattern: string, sources: () => LookMessage, stuckMs?: number): Search => {
  search = startSearch({ pattern, sources, onChange() {}, ...(stuckMs !== undefined && { stuckMs }) });
  return search;
};
const found = (wanted: readonly string[]): Promise<void> =>
  eventually(`${wanted} of ${search!.lines()}`, () => JSON.stringify(search!.lines()) === JSON.stringify(wanted));

test('finds lines in every log, as people read them, and names the log', async () => {
  file('nux', 'one\r\n\u001B[31mfailed\u001B[0m: two\n  10%\r failed at last\nwell\n');
  file('slit.jsonl', `${JSON.stringify({ kind: 'agent', text: 'It FAILED.\nAgain.' })}\n`);
  start('failed', () => ({
    ...logs('nux', 'slit.jsonl', 'missing'),
    texts: [{ name: 'events', lines: ['a', 'failed'] }],
  }));
  await found(['events │ failed', 'nux │ failed: two', 'nux │  failed at last', 'slit.jsonl │ It FAILED.']);
});

test('a capital letter in the pattern means itself', async () => {
  file('nux', 'failed\nFailed\n');
  start('Failed', () => logs('nux'));
  await found(['nux │ Failed']);
});

test('what is written later is found too, in a log that began anew as well', async () => {
  file('nux', 'first match\nmat');
  start('match', () => logs('nux'));
  await found(['nux │ first match']);
  appendFileSync(path.join(dir, 'nux'), 'ch in two parts\n');
  await found(['nux │ first match', 'nux │ match in two parts']);
  file('nux', 'match\n');
  await found(['nux │ first match', 'nux │ match in two parts', 'nux │ match']);
});

test('a pattern that hangs is given up, and says how to write it otherwise', async () => {
  file('nux', `match ${'a'.repeat(60)}!\n`);
  start('^match (a+)+$', () => logs('nux'), 500);
  await eventually('it is given up', () => /given up/.test(search!.lines().at(-1)!), 30_000);
});

test('of more matches than anybody reads the newest are kept', async () => {
  file('nux', Array.from({ length: 5_000 }, (_, index) => `match ${index}\n`).join(''));
  start('match', () => logs('nux'));
  await eventually('all are found', () => search!.lines().at(-1) === 'nux │ match 4999');
  expect(search!.lines()).toHaveLength(2_001);
  expect(search!.lines()[0]).toBe('… 3000 matches before these …');
});

test('no match is said, with how much was searched', async () => {
  file('nux', 'nothing\n');
  start('match', () => logs('nux', 'slit'));
  await found(['No match in 2 logs yet; what comes is searched too.']);
});

const save = (to: string) =>
  saveLog({ paths: { gateLog: () => path.join(dir, 'gates.log') } } as unknown as Parameters<typeof saveLog>[0], {
    source: { kind: 'gate', rig: 'web' },
    file: to,
    shown: async () => ['what is shown'],
  });

test('a log is saved whole and safe to print, with what was put aside', async () => {
  file('gates.log.1', 'older\n');
  file('gates.log', '\u001B]0;title\u0007red\n50%\r100%\n');
  const to = path.join(dir, 'saved.log');
  expect(await save(to)).toBe(3);
  expect(await import('node:fs').then(fs => fs.readFileSync(to, 'utf8'))).toBe('older\nred\n100%\n');
  await expect(save(to)).rejects.toThrow('is there already');
});

test('of a log that is in no file what is shown is saved', async () => {
  const to = path.join(dir, 'saved.log');
  expect(await save(to)).toBe(1);
});
