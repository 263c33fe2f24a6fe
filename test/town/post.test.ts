import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPost, NUDGE_TTL_MS, NUDGES_MAX, URGENT_NUDGE_TTL_MS } from '../../source/town/post.ts';

let dir: string;
let now: number;
const complaints: unknown[] = [];
const open = () =>
  createPost({
    file: path.join(dir, 'run', 'post.json'),
    now: () => now,
    onUnreadable: error => complaints.push(error),
  });
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'gastown-post-'));
  now = Date.parse('2026-11-23T10:00:00.000Z');
  complaints.length = 0;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const texts = (nudges: readonly { text: string }[]) => nudges.map(({ text }) => text);

test('what waits for a session is taken once, the urgent first, and survives a restart', async () => {
  const post = open();
  await post.nudge('s1', { text: 'one', from: 'operator' });
  await post.nudge('s1', { text: 'two', from: 'operator', urgent: true });
  await post.nudge('s2', { text: 'other', from: 'operator' });
  const again = open();
  expect(texts(await again.drain('s1'))).toEqual(['two', 'one']);
  expect(await again.drain('s1')).toEqual([]);
  expect(texts(await open().drain('s2'))).toEqual(['other']);
});

test('a nudge holds thirty minutes, an urgent one two hours', async () => {
  const post = open();
  await post.nudge('s1', { text: 'normal', from: 'operator' });
  await post.nudge('s1', { text: 'urgent', from: 'operator', urgent: true });
  now += NUDGE_TTL_MS - 1;
  expect(texts(post.waiting().get('s1')!)).toEqual(['normal', 'urgent']);
  now += 1;
  expect(texts(post.waiting().get('s1')!)).toEqual(['urgent']);
  now += URGENT_NUDGE_TTL_MS - NUDGE_TTL_MS;
  expect(await post.drain('s1')).toEqual([]);
});

test('one session holds fifty, and room comes back as they run out', async () => {
  const post = open();
  for (let count = 0; count < NUDGES_MAX; count++) await post.nudge('s1', { text: `${count}`, from: 'operator' });
  await expect(post.nudge('s1', { text: 'more', from: 'operator' })).rejects.toMatchObject({
    code: 'conflict',
    message: '50 nudges wait for this session already: it does not listen.',
  });
  await post.nudge('s2', { text: 'another session', from: 'operator' });
  now += NUDGE_TTL_MS;
  await post.nudge('s1', { text: 'later', from: 'operator' });
  expect(texts(await post.drain('s1'))).toEqual(['later']);
});

test('a text that is no line is refused', async () => {
  await expect(open().nudge('s1', { text: 'x'.repeat(2_001), from: 'operator' })).rejects.toMatchObject({
    code: 'invalid',
    hint: 'Send it as mail.',
  });
});

test('many at once are all kept, in far fewer writes', async () => {
  const post = open();
  await Promise.all(Array.from({ length: 40 }, (_, n) => post.nudge('s1', { text: `${n}`, from: 'operator' })));
  expect(await open().drain('s1')).toHaveLength(40);
});

test('counts of shown mail survive a restart, and are let go with the mail', async () => {
  const post = open();
  await post.countShown(['m1', 'm2'], () => true);
  await post.countShown(['m1'], () => true);
  expect(await open().timesShown()).toEqual(
    new Map([
      ['m1', 2],
      ['m2', 1],
    ]),
  );
  await open().countShown([], id => id === 'm2');
  expect(JSON.parse(readFileSync(path.join(dir, 'run', 'post.json'), 'utf8')).shown).toEqual({ m2: 1 });
});

test('a file that makes no sense is said so, and stops nothing', async () => {
  mkdirSync(path.join(dir, 'run'));
  writeFileSync(path.join(dir, 'run', 'post.json'), '{"nudges": 7');
  const post = open();
  await post.nudge('s1', { text: 'on', from: 'operator' });
  expect(complaints).toHaveLength(1);
  expect(texts(await open().drain('s1'))).toEqual(['on']);
});

test('reminders are counted by session through a restart, and forgotten with their sessions', async () => {
  const post = open();
  expect(await post.reminders('s1')).toBe(0);
  await post.countReminder('s1', () => true);
  expect(await post.countReminder('s1', () => true)).toBe(2);
  const again = open();
  expect(await again.reminders('s1')).toBe(2);
  await again.countReminder('s2', id => id === 's2');
  expect([await open().reminders('s1'), await open().reminders('s2')]).toEqual([0, 1]);
});
