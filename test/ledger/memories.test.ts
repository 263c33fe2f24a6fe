import { expect, test } from 'vitest';
import { recall, remembered } from '../../source/ledger/memories.ts';
import type { Memory } from '../../source/ledger/schema.ts';

const memory = (id: string, text: string, fields: Partial<Memory> = {}): Memory => ({
  id,
  rev: 1,
  text,
  by: 'operator',
  at: '2026-11-23T10:00:00.000Z',
  ...fields,
});
const ids = (memories: readonly Memory[]) => memories.map(({ id }) => id);

const MEMORIES = [
  memory('parser', 'The parser needs two passes', { at: '2026-11-23T10:00:03.000Z', type: 'reference' }),
  memory('style', 'Tabs, and no passes over twice', { rig: 'web' }),
  memory('gone', '', { forgottenAt: '2026-11-23T10:00:00.000Z' }),
  memory('ports', 'Port 8080 belongs to the PARSER tests', { at: '2026-11-23T10:00:01.000Z' }),
];
const data = { memories: new Map(MEMORIES.map(one => [one.id, one])) };

test.each([
  ['everything, newest first', {}, ['parser', 'ports', 'style']],
  ['for one rig: its own and the town’s', { rig: 'api' }, ['parser', 'ports']],
  ['of one type', { type: 'reference' as const }, ['parser']],
  ['of the type that is meant when nobody says', { type: 'project' as const }, ['ports', 'style']],
])('what is remembered: %s', (_, of, expected) => expect(ids(remembered(data, of))).toEqual(expected));

test.each([
  ['what holds most of the words comes first, then the newest', 'passes parser', ['parser', 'ports', 'style']],
  ['case and parts of words count', 'parse', ['parser', 'ports']],
  ['the key counts like the text', 'STYLE', ['style']],
  ['nothing is found for other words, and for none', 'database', []],
  ['nothing is found for none', '  ', []],
])('recall: %s', (_, query, expected) => expect(ids(recall(remembered(data), query))).toEqual(expected));
