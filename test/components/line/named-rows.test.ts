import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { nameRows } from '../../../components/line/named-rows.ts';
import type { ScreenOutput } from '../../../components/line/output.ts';

const START = '\u001B[1G\u001B[K';

const open = () => {
  const written: string[] = [];
  const write = (data: string): boolean => written.push(data) > 0;
  const terminal = Object.assign(new EventEmitter(), { isTTY: true, columns: 80, rows: 24, write });
  const { stdout, named } = nameRows(terminal as unknown as ScreenOutput);
  return { stdout, named: (rows: readonly string[]) => named(rows).join('\n'), written, terminal };
};

test('a row keeps its name as long as it is shown, and has another one once it changes', () => {
  const { stdout, named } = open();
  const first = named(['one', 'two']);
  stdout.write(first);
  expect(named(['one', 'two'])).toBe(first);
  const second = named(['one', 'three']).split('\n');
  expect(second[0]).toBe(first.split('\n')[0]);
  expect(second[1]).not.toBe(first.split('\n')[1]);
});

test('names become rows on the way to the terminal: whole ones at first, then what differs', () => {
  const { stdout, named, written } = open();
  stdout.write(named(['one', 'two']));
  expect(written).toEqual(['one\ntwo']);
  const [, changed] = named(['one', 'twin']).split('\n');
  stdout.write(`${START}${changed}`);
  expect(written[1]).toBe('\u001B[3G\u001B[Kin');
});

test('a row that was replaced before it was drawn is never drawn, under whichever name', () => {
  const { stdout, named, written } = open();
  stdout.write(named(['shown']));
  const skipped = named(['skipped']);
  const newest = named(['newest']);
  expect(newest).toBe(skipped);
  stdout.write(newest);
  expect(written.at(-1)).toBe('newest');
  // Back to what is shown: Ink must see no change.
  named(['never drawn']);
  expect(named(['newest'])).toBe(newest);
});

test('rows are written whole where the terminal has another width than before', () => {
  const { stdout, named, written, terminal } = open();
  stdout.write(named(['one two']));
  terminal.columns = 100;
  stdout.write(`${START}${named(['one three'])}`);
  expect(written.at(-1)).toBe(`${START}one three`);
});

test('what is to be shown at once is written at once', () => {
  const { stdout, named, written } = open();
  for (const piece of ['\u001B[?2026h', named(['row']), '\u001B[?2026l']) stdout.write(piece);
  expect(written).toEqual(['\u001B[?2026hrow\u001B[?2026l']);
});

test('what stands in rows themselves is never taken for a name', () => {
  const { stdout, named, written } = open();
  const hostile = `title ${named(['a row'])} with what looks like one`;
  stdout.write(named([hostile]));
  expect(written).toEqual([hostile]);
});
