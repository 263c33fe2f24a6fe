import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { readLineLog } from '../../source/agents/meter/log.ts';
import { type MeterState, meterFiles } from '../../source/agents/meter/state.ts';
import { isSameProcess } from '../../source/agents/process.ts';
import { sumCosts } from '../../source/ledger/costs.ts';
import { townPaths } from '../../source/town/paths.ts';
import { attention, type Bench, beadOf, bench, cleanUpAll, data, operator, sessionsOf, until } from './harness.ts';

afterEach(cleanUpAll);

const FAKE = fileURLToPath(new URL('./fixtures/fake-claude.mjs', import.meta.url));
/** What one of its turns costs by the list. */
const TURN_NANOS = 4_995_000;

const EVENTS = [
  {
    type: 'message_start',
    message: {
      model: 'claude-sonnet-4-5',
      usage: { input_tokens: 1200, cache_creation_input_tokens: 100, cache_read_input_tokens: 900, output_tokens: 1 },
    },
  },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 50 } },
  { type: 'message_stop' },
]
  .map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  .join('');

/** A model service that answers with one call of a known price, or turns calls away while `refuse` is set. */
const service = async () => {
  const seen = { keys: [] as unknown[], refuse: undefined as undefined | { status: number; after: string } };
  const server = http.createServer((request, response) => {
    request.resume();
    seen.keys.push(request.headers['x-api-key']);
    if (seen.refuse) {
      const head = { 'content-type': 'application/json', 'retry-after': seen.refuse.after };
      response.writeHead(seen.refuse.status, head).end('{"type":"error","error":{"message":"Too many."}}');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(EVENTS);
  });
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

/** A town whose claude is a program of the test's, which asks the service by a key, or says itself what it used. */
const townWith = async (
  options: { url?: string; keepGoing?: boolean; settings?: Parameters<typeof bench>[1]; agent?: string } = {},
): Promise<Bench> => {
  const settings = { witness: { idleAfterMs: 300 }, ...options.settings?.settings };
  const town = await bench('meter', { ...options.settings, settings, started: false });
  const folder = path.join(town.dir, 'fake');
  fs.mkdirSync(folder);
  const program = path.join(folder, 'fake-claude.mjs');
  fs.copyFileSync(FAKE, program);
  if (options.keepGoing) fs.writeFileSync(path.join(folder, 'keep-going'), '');
  fs.appendFileSync(
    townPaths(town.town).config,
    `\n[agents.claude]\ncommand = ${JSON.stringify(program)}\n${options.agent ?? ''}\n`,
  );
  if (options.url) Object.assign(town.env, { ANTHROPIC_API_KEY: 'real-key', ANTHROPIC_BASE_URL: options.url });
  onTestFinished(() => killMeter(town));
  await town.start();
  await operator(town, { type: 'rig.update', payload: { id: 'app', agent: 'claude' } });
  return town;
};

/** Kills the meter that a test's town started, by what it recorded. */
const killMeter = (town: Bench): void => {
  const file = meterFiles(townPaths(town.town).meter).port;
  if (!fs.existsSync(file)) return;
  const { pid, startTime } = JSON.parse(fs.readFileSync(file, 'utf8')) as { pid: number; startTime: number };
  if (isSameProcess(pid, startTime)) process.kill(pid, 'SIGKILL');
};

const costs = (town: Bench) => [...data(town).costs.values()];
const polecatRow = (town: Bench) => town.running.handle.getView().polecats[0];
const whole = (town: Bench) =>
  (readLineLog(meterFiles(townPaths(town.town).meter).log, { name: '', offset: 0 })?.lines ?? []).filter(
    ({ value }) => (value as { end?: string }).end === 'whole',
  ).length;

describe('the money of a town', () => {
  it('comes from the meter: the real key goes to the service, none to the agent, and the bead lands with its cost', async () => {
    const { seen, url } = await service();
    const town = await townWith({ url });
    const bead = await town.sling('Make it', 'Make made.txt.');
    await until(town, 'it landed', () => beadOf(town, bead).status === 'closed');
    await until(town, 'the cost is in the ledger', () => costs(town).length > 0);
    expect(seen.keys).toEqual(['real-key']);
    expect(costs(town)).toMatchObject([
      { bead, agent: 'claude', model: 'claude-sonnet-4-5', source: 'meter', calls: 1, nanos: TURN_NANOS, unpriced: 0 },
    ]);
    const home = townPaths(town.town).home(sessionsOf(town, bead)[0]!.polecat);
    for (const name of fs.readdirSync(home, { recursive: true, encoding: 'utf8' })) {
      const file = path.join(home, name);
      if (fs.lstatSync(file).isFile()) expect(fs.readFileSync(file, 'utf8')).not.toContain('real-key');
    }
  });

  it('is counted once when the town ends and the meter is killed while an agent works, and the agent goes on', async () => {
    const { seen, url } = await service();
    // Between two turns there is time to kill it: a call that is cut would be counted as far as it was seen.
    const settings = { settings: { witness: { idleAfterMs: 2_000 }, budgets: { town: 100 } } };
    const town = await townWith({ url, keepGoing: true, settings });
    const bead = await town.sling('Make it', 'Make made.txt.');
    await until(town, 'the first turn ended', () => costs(town)[0]?.calls === 1);
    // The last resort, where the town itself is gone: a fifth above the budget the meter refuses.
    const stops = () =>
      (JSON.parse(fs.readFileSync(meterFiles(townPaths(town.town).meter).state, 'utf8')) as MeterState).stops;
    await until(town, 'the meter knows the budget', () => stops().groups[0]?.leftNanos === 120e9 - TURN_NANOS);
    expect(stops().groups[0]).toMatchObject({ name: 'the town', sessions: [sessionsOf(town, bead)[0]!.id] });
    // A town that starts anew finds the meter, and has the keys for another one.
    await town.stop();
    await town.start();
    killMeter(town);
    // Told to report, it makes another turn, for which the town has started the meter again on the same port.
    await until(town, 'another turn is counted', () => sumCosts(costs(town)).calls > 1);
    await operator(town, { type: 'bead.park', payload: { id: bead, reason: 'It is enough.' } });
    const isCounted = () => sumCosts(costs(town)).calls === whole(town) && whole(town) === seen.keys.length;
    await until(town, 'all of them', isCounted);
    expect(sumCosts(costs(town)).nanos).toBe(whole(town) * TURN_NANOS);
  });

  it('comes from the CLI itself where the agent uses a login', async () => {
    const town = await townWith({ keepGoing: true, settings: { settings: { witness: { idleAfterMs: 60_000 } } } });
    const bead = await town.sling('Make it', 'Make made.txt.');
    await until(town, 'the cost is in the ledger', () => costs(town).length > 0);
    expect(costs(town)).toMatchObject([{ bead, source: 'cli', calls: 1, nanos: TURN_NANOS }]);
    expect(fs.existsSync(meterFiles(townPaths(town.town).meter).log)).toBe(false);
  });

  it('pauses an agent between two turns when its budget is spent, and lets it go on when that is raised', async () => {
    const { seen, url } = await service();
    const settings = { settings: { budgets: { bead: TURN_NANOS / 1e9 } } };
    const town = await townWith({ url, keepGoing: true, settings });
    const bead = await town.sling('Make it', 'Make made.txt.');
    const first = await until(
      town,
      'it is paused',
      () => sessionsOf(town, bead).find(({ outcome }) => outcome === 'stopped'),
      60_000,
    );
    expect(seen.keys).toHaveLength(1);
    const polecat = data(town).polecats.get(first.polecat)!;
    expect([polecat.hook, beadOf(town, bead).town.respawns]).toEqual([bead, 0]);
    await until(town, 'it waits', () => data(town).polecats.get(first.polecat)!.state === 'slung');
    const evidence = `waits: the budget of bead ${bead} is spent: $0.00 of $0.00`;
    await until(town, 'that is shown', () => polecatRow(town)?.evidence === evidence);
    expect(attention(town)).toMatchObject([{ kind: 'budget', subject: bead }]);
    await operator(town, { type: 'budget.set', payload: { scope: bead, usd: 1 } });
    await until(town, 'it goes on', () => seen.keys.length > 1);
    const [, second] = sessionsOf(town, bead);
    expect([second!.polecat, second!.conversation]).toEqual([first.polecat, first.conversation]);
  });

  it('is not asked for by a service that turns calls away, until its time is over', async () => {
    const { seen, url } = await service();
    seen.refuse = { status: 429, after: '2' };
    const town = await townWith({ url, keepGoing: true });
    await town.sling('Make it', 'Make made.txt.');
    await until(town, 'it was turned away', () => seen.keys.length > 0);
    const limit = await until(town, 'that is known', () => town.running.town.context.world.money?.limits.get('claude'));
    expect(limit.message).toBe('Too many.');
    const view = await until(town, 'that is shown', () => {
      const shown = town.running.handle.getView();
      return shown.town.limited && shown;
    });
    expect(view.town.limited).toMatch(/^claude, .*until \d\d:\d\d:\d\d$/);
    // Others that ask the same service with the same key are turned away as well.
    expect(view.health.limits![0]).toMatchObject({ agent: 'claude', until: limit.until });
    const other = await town.sling('Make another', 'Make made.txt.');
    expect(beadOf(town, other).assignee).toBeUndefined();
    await until(town, 'it is dispatched', () => beadOf(town, other).assignee);
    expect(Date.now()).toBeGreaterThanOrEqual(limit.until);
  });

  it('wants a key where the agent is to be billed by key', async () => {
    const town = await townWith({ agent: 'billing = "key"' });
    const bead = await town.sling('Make it', 'Make made.txt.');
    await until(town, 'it is parked', () => beadOf(town, bead).town.parked);
    expect(beadOf(town, bead).town.parked!.reason).toContain('ANTHROPIC_API_KEY');
  });
});
