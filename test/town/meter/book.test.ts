import fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLineLog } from '../../../source/agents/meter/log.ts';
import { meterFiles } from '../../../source/agents/meter/state.ts';
import { newConversation } from '../../../source/agents/wire/conversation.ts';
import { sumCosts } from '../../../source/ledger/costs.ts';
import type { TownContext } from '../../../source/town/context.ts';
import { type Book, createBook } from '../../../source/town/meter/book.ts';
import { createTurns } from '../../../source/town/meter/turns.ts';
import { temporary } from '../../agents/support.ts';
import { TOWN } from '../../ledger/helpers.ts';
import { town as ledgerTown, type World } from '../../ledger/world.ts';

const usage = { uncachedIn: 1200, cacheRead: 900, cacheWrite: 100, out: 50, reasoning: 0 };
const NANOS = 4_995_000;
const AT = Date.parse('2026-11-23T12:00:00Z');

/** The rules of the ledger without a disk, the logs on one; `crash` forgets what only memory knew. */
const desk = (dir: string) => {
  const world: World = ledgerTown();
  const session = world.working(world.slung());
  const files = meterFiles(dir);
  const state = { now: AT, fail: false };
  const context = {
    ledger: { data: world.data },
    config: { prices: {} },
    paths: { meter: dir },
    log: { warn: () => {} },
    now: () => state.now,
    async execute(_actor: unknown, body: { type: 'usage.add'; payload: never }) {
      if (state.fail) throw new Error('the disk is full');
      return world.do(body.type, body.payload, TOWN);
    },
  } as unknown as TownContext;
  const calls: unknown[] = [];
  let log = openLineLog(files.log);
  let book: Book = createBook(context, line => calls.push(line));
  let made = 0;
  return {
    world,
    session,
    state,
    calls,
    get book() {
      return book;
    },
    /** One line of the meter's log. */
    call(more: object = {}) {
      made += 1;
      const line = { at: state.now, call: `c${made}`, session, api: 'anthropic', model: 'claude-sonnet-4-5', usage };
      log.append({ ...line, status: 200, ms: 5, end: 'whole', ...more });
    },
    tear: () => fs.appendFileSync(files.log, '{"at":1,"call":"torn","sess'),
    restartMeter() {
      log.close();
      log = openLineLog(files.log);
    },
    crash() {
      book.close();
      book = createBook(context, line => calls.push(line));
    },
    sum: () => sumCosts(world.data.costs.values()),
    end: () => {
      log.close();
      book.close();
    },
  };
};

describe("the town's book-keeping", () => {
  it('counts each call once, whoever dies when', async () => {
    const dir = temporary();
    let run = 0;
    const step = fc.constantFrom('call', 'begun', 'report', 'follow', 'write', 'crash', 'tear', 'fail') as fc.Arbitrary<
      'call' | 'begun' | 'report' | 'follow' | 'write' | 'crash' | 'tear' | 'fail'
    >;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
        run += 1;
        const folder = `${dir}/${run}`;
        fs.mkdirSync(folder);
        const made = desk(folder);
        let [calls, reports] = [0, 0];
        for (const what of steps) {
          if (what === 'call') {
            made.call();
            calls += 1;
          } else if (what === 'begun') {
            const before = { ...usage, out: 1 };
            made.call({ usage: before, end: 'begun' });
            made.call({ before });
            calls += 1;
          } else if (what === 'report') {
            // The wire tells it again when the town died before it noted that it had.
            for (const _ of [1, 2]) made.book.report(made.session, [{ model: 'claude-sonnet-4-5', usage }], reports);
            reports += 1;
          } else if (what === 'follow') await made.book.follow(false);
          else if (what === 'write') await made.book.follow(true);
          else if (what === 'crash') made.crash();
          else if (what === 'tear') {
            made.tear();
            made.restartMeter();
          } else {
            made.state.fail = true;
            await made.book.follow(true).catch(() => {});
            made.state.fail = false;
          }
        }
        await made.book.follow(true);
        expect(made.sum()).toMatchObject({ calls: calls + reports, nanos: (calls + reports) * NANOS, unpriced: 0 });
        expect(made.book.spent(made.session)).toBe((calls + reports) * NANOS);
        made.end();
      }),
      { numRuns: 60 },
    );
  });

  it('goes on in the log that took the place of one that was read', async () => {
    const dir = temporary();
    const made = desk(dir);
    made.call();
    await made.book.follow(true);
    expect(made.book.isWritten).toBe(true);
    const before = made.book.place;
    fs.renameSync(meterFiles(dir).log, `${meterFiles(dir).log}.old`);
    made.restartMeter();
    made.call();
    made.call();
    await made.book.follow(true);
    expect(made.sum().calls).toBe(3);
    expect(made.book.place.log).not.toBe(before.log);
    made.crash();
    await made.book.follow(true);
    expect(made.sum().calls).toBe(3);
    made.end();
  });

  it('writes in groups, never a record a call', async () => {
    const made = desk(temporary());
    await made.book.follow(false);
    made.call();
    made.call();
    await made.book.follow(false);
    expect(made.sum().calls).toBe(0);
    expect(made.book.pending(made.session)).toBe(2 * NANOS);
    made.state.now += 10_000;
    await made.book.follow(false);
    expect(made.world.data.costs.size).toBe(1);
    expect(made.sum().calls).toBe(2);
    made.end();
  });

  it('says of calls without a price or without a word on usage that they are unpriced', async () => {
    const made = desk(temporary());
    made.call({ model: 'somebodys-own' });
    made.call({ usage: undefined, end: 'cut' });
    made.call({ usage: undefined, status: 500 });
    await made.book.follow(true);
    expect(made.sum()).toMatchObject({ calls: 2, nanos: 0, unpriced: 2 });
    made.end();
  });

  it('takes the price that a CLI says of several calls at once, but never a 0', async () => {
    const made = desk(temporary());
    made.book.report(made.session, [{ model: 'somebodys-own', usage, costUsd: 0.25 }], 0);
    made.book.report(made.session, [{ model: 'somebodys-own', usage, costUsd: 0 }], 1);
    await made.book.follow(true);
    expect(made.sum()).toMatchObject({ calls: 2, nanos: 250_000_000, unpriced: 1 });
    made.end();
  });

  it('knows the last hour and the limits again after a restart', async () => {
    const made = desk(temporary());
    made.call();
    made.call({ limit: { said: {} }, usage: undefined, status: 429 });
    await made.book.follow(true);
    made.crash();
    await made.book.follow(false);
    expect(made.book.lastHour()).toBe(NANOS);
    expect(made.calls.filter(line => (line as { limit?: object }).limit)).toHaveLength(2);
    made.state.now += 3_600_001;
    expect(made.book.lastHour()).toBe(0);
    expect(made.sum().calls).toBe(1);
    made.end();
  });
});

describe('turns', () => {
  it('tell what one that is under way may still add, from the largest so far', () => {
    const turns = createTurns();
    let spent = 0;
    const look = (count: number, state: 'working' | 'idle') => {
      const conversations = new Map([['s', { ...newConversation(AT), turns: count, state }]]);
      return turns.follow(conversations, () => spent);
    };
    expect(look(0, 'working')).toBe(false);
    spent = 7;
    expect(look(1, 'idle')).toBe(true);
    expect(turns.inFlight('s')).toBe(0);
    spent = 10;
    expect(look(1, 'working')).toBe(false);
    expect(turns.inFlight('s')).toBe(7);
    turns.follow(new Map(), () => 0);
    expect(turns.inFlight('s')).toBe(0);
  });
});
