import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  createLineMeter,
  isLite,
  type LineView,
  lineFacts,
  lineReport,
  lineWords,
} from '../../../components/line/pace.ts';
import { type Reply, takeReplies } from '../../../components/line/replies.ts';
import { measureRoundTrip } from '../../../components/line/round-trip.ts';
import { healthRows } from '../../../components/rows/health-rows.ts';
import { exampleView } from '../fixtures/view.ts';
import { KEYS, PLAIN, plainRow } from '../rows/look.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A terminal that answers when a test says so; keys are what Ink would read. */
const start = () => {
  const stdin = new PassThrough();
  stdin.setEncoding('utf8');
  let now = 0;
  const asked: number[] = [];
  const measured: number[] = [];
  const replies: Reply[] = [];
  takeReplies(stdin as never, replies);
  const trip = measureRoundTrip({
    replies,
    write: () => asked.push(now),
    onMeasured: ms => measured.push(ms),
    now: () => now,
  });
  return {
    trip,
    asked,
    measured,
    wait: (ms: number) => {
      now += ms;
      vi.advanceTimersByTime(ms);
    },
    /** What a reader gets of bytes that came together. */
    read: (bytes: string): string | null => {
      stdin.write(bytes);
      return stdin.read() as string | null;
    },
  };
};

const REPLY = '\u001B[0n';

test('an answer is measured and never reaches whoever reads the keys', () => {
  const { trip, measured, read, wait } = start();
  trip.ask();
  wait(42);
  expect(read(REPLY)).toBeNull();
  expect(measured).toEqual([42]);
});

test.each([
  [`j${REPLY}k`, 'jk'],
  [`${REPLY}\u001B[A`, '\u001B[A'],
  [`\u001B[200~text${REPLY}\u001B[201~`, '\u001B[200~text\u001B[201~'],
  [`q${REPLY}`, 'q'],
])('keys that come with it are all heard: %j', (bytes, keys) => {
  const { trip, read } = start();
  trip.ask();
  expect(read(bytes)).toBe(keys);
});

test('the same bytes are left alone when nothing was asked: an agent may ask its own terminal', () => {
  const { trip, read } = start();
  expect(read(REPLY)).toBe(REPLY);
  trip.ask();
  // The first is ours, the second answers somebody else.
  for (let asked = 0; asked < 2; asked++) read(REPLY);
  expect(read(`${REPLY}${REPLY}`)).toBe(REPLY);
});

test('three questions open it; then one follows what is typed, at most every ten seconds', () => {
  const { trip, asked, read, wait } = start();
  trip.ask();
  for (let answer = 0; answer < 3; answer++) read(REPLY);
  expect(asked).toHaveLength(3);
  trip.ask();
  wait(9_000);
  trip.ask();
  expect(asked).toHaveLength(3);
  wait(1_001);
  trip.ask();
  trip.ask();
  expect(asked).toHaveLength(4);
});

test('whoever wants the terminal waits until it owes no answer, but not for ever', async () => {
  const { trip, asked, read, wait } = start();
  await trip.settled();
  trip.ask();
  let isSettled = false;
  const settled = trip.settled().then(() => {
    isSettled = true;
  });
  await Promise.resolve();
  expect(isSettled).toBe(false);
  read(REPLY);
  await settled;
  // The rest of the first questions is left for later.
  expect(asked).toHaveLength(1);
  wait(11_000);
  trip.ask();
  const unanswered = trip.settled();
  wait(1_001);
  await unanswered;
});

test('a terminal that does not answer is asked twice and never again', () => {
  const { trip, asked, wait } = start();
  for (let turn = 0; turn < 5; turn++) {
    trip.ask();
    wait(20_000);
  }
  expect(asked).toHaveLength(2);
});

test('the middle of three measurements decides, and a line near the border does not change all the time', () => {
  let now = 0;
  const measure = createLineMeter(
    () => now * 2,
    () => now,
  );
  const at = (ms: number) => {
    now += 2_000;
    return measure(ms);
  };
  expect([at(300), at(300)].map(({ slow }) => slow)).toEqual([false, false]);
  expect(at(20)).toMatchObject({ slow: true, roundTripMs: 300, bytesPerSecond: 2_000 });
  expect([at(100), at(100), at(100), at(70), at(70)].map(({ slow }) => slow)).toEqual([true, true, true, true, false]);
  expect([at(140), at(140), at(160), at(160)].map(({ slow }) => slow)).toEqual([false, false, false, true]);
});

test('what is said of a line is what matters about it', () => {
  const line = { roundTripMs: 183.4, bytes: 1_234_567, bytesPerSecond: 2_060, slow: true };
  expect(lineWords(line)).toBe('line 180 ms');
  expect(lineWords({ ...line, roundTripMs: 12 })).toBe('');
  expect(lineReport('auto', line)).toBe(
    'Round trip 180 ms · 1.2 MB since the screen opened, 2.1 kB a second lately · lite is on by measurement.',
  );
  expect(lineReport('off', undefined)).toMatch(/^The line is not measured.* Lite is off\.$/);
  expect([isLite('off', line), isLite('on', undefined), isLite('auto', undefined)]).toEqual([false, true, false]);
});

test('the row of the line in health says its round trip and what is written to it a second', () => {
  let at = 0;
  let bytes = 0;
  const measure = createLineMeter(
    () => bytes,
    () => at,
  );
  at = 2_000;
  bytes = 9_000;
  const line = measure(42);
  expect(lineFacts(line)).toBe('round trip 42 ms, 4.5 kB a second written lately, 9.0 kB since the screen opened');
  // Nobody answers within tmux, and bytes are counted all the same.
  const unanswered = createLineMeter(() => 300)();
  expect(unanswered).toMatchObject({ bytes: 300, slow: false });
  expect(lineFacts(unanswered)).toMatch(/^not measured: tmux.*300 B since the screen opened$/);
  expect(lineFacts(undefined)).toBe('not measured: tmux, or a terminal that does not answer');
  const rows = (shown: LineView) =>
    healthRows({ view: exampleView(), width: 140, height: 30, focused: true, keys: KEYS, theme: PLAIN, line: shown });
  expect(rows(line).ids).toContain('line:');
  expect(rows(line).rows.map(plainRow).join('\n')).toMatch(
    /✓ ok +line to you \(SSH\) +round trip 42 ms, 4\.5 kB a second/,
  );
  expect(
    rows({ ...line, roundTripMs: 900, slow: true })
      .rows.map(plainRow)
      .join('\n'),
  ).toMatch(/slow +line to you .* 900 ms/);
});
