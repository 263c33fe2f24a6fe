import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { sumCosts } from '../../../source/ledger/costs.ts';
import type { TownContext } from '../../../source/town/context.ts';
import { createTranscripts } from '../../../source/town/meter/transcripts.ts';
import { temporary } from '../../agents/support.ts';
import { TOWN } from '../../ledger/helpers.ts';
import { town as ledgerTown } from '../../ledger/world.ts';

const row = (id: string, at: number) =>
  `${JSON.stringify({
    type: 'assistant',
    requestId: id,
    timestamp: new Date(at).toISOString(),
    message: {
      id,
      model: 'claude-sonnet-4-5',
      usage: { input_tokens: 1200, cache_creation_input_tokens: 100, cache_read_input_tokens: 900, output_tokens: 50 },
    },
  })}\n`;

const desk = (more: { mode?: 'wired' | 'terminal'; metered?: boolean } = {}) => {
  const world = ledgerTown();
  const id = world.working(world.slung());
  world.data.sessions.set(id, { ...world.session(id), agent: 'claude', mode: more.mode ?? 'terminal' });
  const started = Date.parse(world.session(id).startedAt);
  const dir = temporary();
  const file = path.join(dir, '.claude/projects/-repo/a.jsonl');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const clock = { now: started + 60_000 };
  const context = {
    ledger: { data: world.data },
    config: { prices: {}, agents: {} },
    paths: { home: () => dir },
    now: () => clock.now,
    log: { warn: () => {} },
    execute: async (_: unknown, body: { type: 'usage.set'; payload: never }) => world.do(body.type, body.payload, TOWN),
  } as unknown as TownContext;
  /** The ledger's clock is not the machine's: the file is as old as the ledger would have it. */
  const write = (...rows: string[]): void => {
    fs.appendFileSync(file, rows.join(''));
    fs.utimesSync(file, clock.now / 1_000, clock.now / 1_000);
  };
  const make = () => createTranscripts(context, () => more.metered === true);
  return { world, id, started, write, clock, make, sum: () => sumCosts(world.data.costs.values()) };
};

describe('a session in a terminal on a login', () => {
  it('is metered by its transcript while it runs and once more when it ended, each call once', async () => {
    const made = desk();
    made.write(row('before', made.started - 1), row('m1', made.started + 1_000));
    const transcripts = made.make();
    await transcripts.follow();
    expect(made.sum()).toMatchObject({ calls: 1, nanos: 4_995_000 });
    made.write(row('m2', made.started + 2_000));
    await transcripts.follow();
    expect(made.sum().calls).toBe(1);
    made.clock.now += 30_000;
    await transcripts.follow();
    expect(made.sum()).toMatchObject({ calls: 2, nanos: 2 * 4_995_000 });
    const endedAt = new Date(made.clock.now).toISOString();
    made.write(row('m3', made.clock.now), row('after', made.clock.now + 60_000));
    made.world.data.sessions.set(made.id, { ...made.world.session(made.id), status: 'ended', endedAt });
    made.clock.now += 5_000;
    await transcripts.follow();
    expect([...made.world.data.costs.values()]).toMatchObject([{ source: 'transcript', calls: 3 }]);
    await made.make().follow();
    expect(made.sum().calls).toBe(3);
  });

  it('is left to the meter or to its protocol where there is one', async () => {
    for (const made of [desk({ metered: true }), desk({ mode: 'wired' })]) {
      made.write(row('m1', made.started + 1_000));
      await made.make().follow();
      expect(made.sum().calls).toBe(0);
    }
  });
});
