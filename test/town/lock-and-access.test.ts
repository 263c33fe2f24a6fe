import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { openAccess } from '../../source/town/access.ts';
import { callTown } from '../../source/town/client.ts';
import { townPaths } from '../../source/town/paths.ts';
import { runTown } from '../../source/town/service.ts';
import { hostPid } from '../support/process.ts';
import {
  type Bench,
  bench,
  cleanUpAll,
  cli,
  data,
  landed,
  merge,
  quiet,
  script,
  sessionsOf,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

const operatorToken = (town: Bench) => readFileSync(townPaths(town.town).operatorToken, 'utf8').trim();

describe('commands', () => {
  test('go through the socket of a running town and see and change it at once', async () => {
    const town = await bench('through-socket');
    const access = await openAccess({ dir: town.town, env: town.env });
    expect(access.running).toBe(true);
    await access.dispatch({ type: 'bead.create', payload: { title: 'From a command', rig: 'app' } });
    expect([...data(town).beads.values()].map(bead => bead.title)).toEqual(['From a command']);
    expect((await access.view()).beads.size).toBe(1);
    await access.close();

    const created = await cli(town, 'create', 'From another process', '--json');
    expect(created, created.stderr).toMatchObject({ code: 0 });
    expect(town.events.map(event => event.type)).toContain('bead.create');
    expect(data(town).beads.size).toBe(2);
  });

  test('go to the ledger of a stopped town, start nothing, and give it free again', async () => {
    const town = await bench('through-ledger', { started: false });
    const access = await openAccess({ dir: town.town, env: town.env });
    expect(access.running).toBe(false);
    await expect(openAccess({ dir: town.town, env: town.env })).rejects.toMatchObject({ code: 'town_locked' });
    await access.dispatch({ type: 'bead.create', payload: { title: 'At night', rig: 'app', dispatch: true } });
    await access.close();
    const listed = await cli(town, 'status', '--json');
    expect(listed, listed.stderr).toMatchObject({ code: 0 });
    expect(hostPid(town.town)).toBeUndefined();

    await town.start();
    const bead = [...data(town).beads.values()][0]!;
    expect(bead).toMatchObject({ title: 'At night', status: 'open' });
  });
});

describe('a town', () => {
  test('is run by one process at a time; a second one is told which', async () => {
    const town = await bench('second');
    await expect(runTown({ dir: town.town, env: town.env, purpose: 'screen' })).rejects.toMatchObject({
      code: 'town_locked',
      message: expect.stringMatching(new RegExp(`gastown run, pid ${process.pid}\\b`)),
    });
    const second = await cli(town, 'run', '--until', 'idle');
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`gastown run, pid ${process.pid}`);
    expect(second.stderr).not.toMatch(/\n\s+at /);

    // The refusal did no harm to the one that holds it.
    const id = await town.sling('Goes on', script('echo on > on.txt'));
    await landed(town, id);
  });

  test('is handed over only where that was allowed, and then to whoever asks as the operator', async () => {
    const town = await bench('yield');
    const { townSocket } = town.running.town.context;
    const ask = { token: operatorToken(town), verb: 'yield' };
    await expect(callTown(townSocket, ask)).rejects.toMatchObject({ code: 'town_locked' });
    let asked = 0;
    town.running.allowTakeover(() => asked++);
    await expect(callTown(townSocket, ask)).resolves.toEqual({ yielded: true });
    expect(asked).toBe(1);
  });

  test('takes no decision from an agent, whichever way it asks', async () => {
    const town = await bench('agents-cannot', { policy: 'all' });
    const id = await town.sling(
      'Curious',
      script(
        `printf '%s' "$GASTOWN_TOKEN" > '${town.notes}/token'`,
        `env > '${town.notes}/env'`,
        'echo work > work.txt',
        `touch '${town.notes}/ready'`,
        `while [ ! -e '${town.notes}/go' ]; do sleep 0.05; done`,
      ),
    );
    const other = await town.sling('Finished', script('echo other > other.txt'));
    const request = await merge(town, other);
    await until(town, 'the agent runs', () => town.hasNote('ready') && sessionsOf(town, id)[0]?.status === 'running');
    const { townSocket } = town.running.town.context;
    const token = town.note('token');
    const approve = { type: 'merge.approve', payload: { id: request.id, head: request.head, gates: [] } };
    expect(await callTown(townSocket, { token, verb: 'hook' })).toMatchObject({ record: { id } });
    for (const [verb, args] of [
      ['intent', approve],
      ['merge.approve', approve.payload],
      ['records', { kind: 'merges' }],
      ['yield', {}],
      ['constructor', {}],
      ['__proto__', {}],
    ] as const) {
      await expect(callTown(townSocket, { token, verb, args }), verb).rejects.toMatchObject({ code: 'usage' });
    }
    await expect(callTown(townSocket, { token: 'x', verb: 'intent', args: approve })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(town.note('env')).not.toContain(operatorToken(town));
    const { polecat } = sessionsOf(town, id)[0]!;
    await expect(
      town.running.town.context.execute({ role: 'polecat', name: polecat }, approve as never),
    ).rejects.toMatchObject({ code: 'forbidden' });
    expect(data(town).approvals.size).toBe(0);
    expect(data(town).merges.get(request.id)).toMatchObject({ state: 'queued' });
    town.leave('go');
    await merge(town, id);

    // The token of a session that ended opens nothing any more that could change its outcome.
    await expect(callTown(townSocket, { token, verb: 'failed', args: { summary: 'too late' } })).rejects.toMatchObject({
      code: expect.stringMatching(/conflict|forbidden/),
    });
  });
});

const IDLE_MS = 5_000;
/** The slow clock of an idle town is 10 s: one tick of it may fall into the time looked at, and the one that the test asks for. */
const IDLE_TICKS_MAX = 2;

describe('an idle town', () => {
  test('writes nothing, starts nothing, and hardly wakes', async () => {
    // The towns before it live in this process, too: what they start would count as its own.
    await cleanUpAll();
    const town = await bench('idle');
    const id = await town.sling('Work', script('echo work > work.txt'));
    await landed(town, id);
    await quiet(town);
    const { context } = town.running.town;
    await context.ledger.flush();
    await settled(town);

    const seq = context.ledger.seq;
    const { version } = town.running.handle.getView();
    let announced = 0;
    town.running.handle.subscribe(() => announced++);
    const started = watchChildren();
    let ticks = 0;
    let beat = context.world.heartbeats.get('dogs');
    const end = performance.now() + IDLE_MS;
    const before = process.cpuUsage();
    town.running.town.loop!.wake();
    while (performance.now() < end) {
      await sleep(5);
      started.look();
      const now = context.world.heartbeats.get('dogs');
      if (now !== beat) ticks++;
      beat = now;
    }
    const { user, system } = process.cpuUsage(before);
    expect(started.names(), 'no child process').toEqual([]);
    expect(context.ledger.seq).toBe(seq);
    expect(town.events.at(-1)!.type).toBe('merge.landed');
    expect(announced, 'no view changed').toBe(0);
    expect(town.running.handle.getView().version).toBe(version);
    expect(ticks).toBeGreaterThanOrEqual(1);
    expect(ticks).toBeLessThanOrEqual(IDLE_TICKS_MAX);
    // Looking at /proc every 5 ms costs most of this; a town that spins would cost a whole core.
    expect((user + system) / 1_000).toBeLessThan(IDLE_MS / 2);
  });
});

/** No tick is due from what just happened, and no view is about to be made. */
const settled = async (town: Bench): Promise<void> => {
  const { heartbeats } = town.running.town.context.world;
  let last = -1;
  await until(town, 'the loop goes to its slow pace', () => {
    const beat = heartbeats.get('dogs')!;
    if (beat !== last) {
      last = beat;
      return false;
    }
    return Date.now() - beat > 1_500;
  });
};

/** Children of this process that were not there before, by what the kernel lists. */
const watchChildren = () => {
  const children = () =>
    readdirSync('/proc/self/task').flatMap(task =>
      readFileSync(path.join('/proc/self/task', task, 'children'), 'utf8')
        .split(' ')
        .filter(Boolean),
    );
  const known = new Set(children());
  const names: string[] = [];
  return {
    look() {
      for (const pid of children()) {
        if (known.has(pid)) continue;
        known.add(pid);
        names.push(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
      }
    },
    names: () => names,
  };
};
