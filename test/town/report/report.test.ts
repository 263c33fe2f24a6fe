import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openLedger } from '../../../source/ledger/store.ts';
import { reportPage } from '../../../source/town/report/page.ts';
import { ticksTo } from '../../../source/town/report/plots.ts';
import { reportOf } from '../../../source/town/report/report.ts';
import { temporaryFolder } from '../../ledger/helpers.ts';
import { bead, merge, session } from '../../roles/world.ts';
import { FROM, HOSTILE, reportData, TO } from './data.ts';

const HOUR = 3_600_000;
const OPTIONS = { town: 'home', from: FROM, to: TO, scripts: new Set(['shell']) };
const report = reportOf(reportData(), OPTIONS);

test('changes are what landed in that time, without what took a landing back, the first one first', () => {
  expect(report.changes.map(({ bead: id }) => id)).toEqual(['least', 'known', 'unknown', 'script']);
  expect(report.takenBack).toBe(1);
});

test('lead time runs from the asking, work from the first session', () => {
  expect(report.changes.find(({ bead: id }) => id === 'unknown')).toMatchObject({ leadMs: 10 * HOUR, workMs: HOUR });
  expect(report.lead).toEqual({ p50: 4 * HOUR, p90: 10 * HOUR });
});

test('a cost is known, known in part, unknown, or none at all, and never 0 for what nobody knows', () => {
  expect(report.changes.map(({ bead: id, cost }) => [id, cost.known, cost.nanos / 1e9])).toEqual([
    ['least', 'partly', 0.4],
    ['known', 'whole', 1.5],
    ['unknown', 'unknown', 0],
    ['script', 'none', 0],
  ]);
  expect(report.landedCost).toEqual({ known: 'partly', nanos: 1_900_000_000 });
  expect(report.spent).toEqual({ known: 'partly', nanos: 2_000_000_000 });
});

test('every day is there, those without anything too', () => {
  expect(report.days.map(({ landed }) => landed)).toEqual([2, 0, 2, 0, 0, 0, 0]);
  expect(report.days.map(({ sentBack }) => sentBack)).toEqual([0, 0, 3, 0, 0, 0, 0]);
});

test('what was sent back is counted by cause, agents by what landed of theirs', () => {
  expect(report.bounces).toEqual([
    { cause: 'red', count: 2 },
    { cause: 'rejected', count: 1 },
  ]);
  expect(
    report.agents.map(({ agent, landed, sentBack, sessions, badEnds, cost }) => [
      agent,
      landed,
      sentBack,
      sessions,
      badEnds,
      cost.known,
    ]),
  ).toEqual([
    ['claude', 2, 1, 3, 0, 'partly'],
    ['own<b>agent', 1, 0, 1, 0, 'unknown'],
    ['shell', 1, 2, 3, 1, 'none'],
  ]);
});

test('work that was taken back and lands again is counted with the sessions since', () => {
  const data = {
    beads: new Map([['b', bead('b', { created_at: '2026-11-01T13:00:00.000Z' })]]),
    merges: new Map(
      ['2026-11-02T12:00:00.000Z', '2026-11-03T12:00:00.000Z'].map((since, at) => [
        `mr-${at}`,
        merge(`mr-${at}`, { bead: 'b', state: 'landed', since, createdAt: since }),
      ]),
    ),
    sessions: new Map(
      ['2026-11-01T14:00:00.000Z', '2026-11-03T11:00:00.000Z'].map((startedAt, at) => [
        `s-${at}`,
        session(`s-${at}`, { bead: 'b', startedAt, status: 'ended' }),
      ]),
    ),
    costs: new Map(),
  };
  expect(reportOf(data, OPTIONS).changes.map(({ leadMs }) => leadMs / HOUR)).toEqual([23, 1]);
});

test('the page has no script, nothing from elsewhere, and foreign text as text', () => {
  const page = reportPage(report);
  expect(page).not.toMatch(/<script|<img|<b>|<[^>]*\s(on[a-z]+|src|href)=|@import|url\((?!#)/);
  expect(page).not.toContain('\u001B');
  expect(page).toContain('&lt;script&gt;document.title=&#39;owned&#39;&lt;/script&gt;');
  expect(page).toContain('own&lt;b&gt;agent');
  expect(HOSTILE).toContain('<script>');
});

test('the page says in words what is unknown, and what a plot shows', () => {
  const page = reportPage(report);
  expect(page).toMatch(/own&lt;b&gt;agent<\/th>(<td class="number">[^<]*<\/td>){5}<td class="number">unknown</);
  expect(page).toMatch(/shell<\/th>(<td class="number">[^<]*<\/td>){5}<td class="number">no model asked</);
  expect(page).toContain('at least $0.95');
  expect(page).toContain('a check failed: 2, turned down by a person: 1.');
});

test.each(['demo', 'bounces', 'random'])('of the recorded town %s it counts what its ledger has', async name => {
  const dir = await temporaryFolder();
  mkdirSync(path.join(dir, 'journal'));
  const recorded = new URL(`../../ledger/histories/${name}/journal.wal.gz`, import.meta.url);
  writeFileSync(path.join(dir, 'journal', '1.wal'), gunzipSync(readFileSync(recorded)));
  const { data, close } = await openLedger({ dir, commitEveryMs: 60_000 });
  const merges = [...data.merges.values()];
  const times = merges.map(({ since }) => Date.parse(since));
  const whole = reportOf(data, { ...OPTIONS, from: Math.min(...times) - HOUR, to: Math.max(...times) + HOUR });
  const [landed, back] = [['landed'], ['bounced', 'rejected']].map(
    states => merges.filter(({ state, reverts }) => states.includes(state) && !reverts).length,
  );
  expect(whole.changes).toHaveLength(landed!);
  expect(sum(whole.days.map(day => day.landed))).toBe(landed);
  expect(sum(whole.agents.map(agent => agent.landed))).toBe(landed);
  expect(sum(whole.bounces.map(({ count }) => count))).toBe(back);
  expect(landed! + back!).toBeGreaterThan(0);
  expect(whole.changes.every(({ leadMs, workMs = 0 }) => leadMs >= workMs)).toBe(true);
  expect(reportPage(whole)).not.toMatch(/NaN|Infinity|undefined/);
  await close();
});

test('a town in which nothing has happened has a page too', () => {
  const empty = { beads: new Map(), merges: new Map(), sessions: new Map(), costs: new Map() };
  const page = reportPage(reportOf(empty, OPTIONS));
  expect(page).toContain('0 changes');
  expect(page).toContain('Nothing yet.');
  expect(page).not.toMatch(/NaN|Infinity|undefined/);
});

test.each([
  [0, [0, 1]],
  [1, [0, 0.25, 0.5, 0.75, 1]],
  [3, [0, 1, 2, 3]],
  [7, [0, 2, 4, 6, 8]],
  [0.013, [0, 0.005, 0.01, 0.015]],
])('a scale to %d has round numbers up to the first that nothing is above', (most, ticks) => {
  expect(ticksTo(most)).toEqual(ticks);
});

test('a scale of counts has whole numbers', () => {
  expect(ticksTo(2, 1)).toEqual([0, 1, 2]);
  expect(ticksTo(9, 1)).toEqual([0, 5, 10]);
});

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
