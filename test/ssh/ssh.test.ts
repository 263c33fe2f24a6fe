import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openLedger } from '../../source/ledger/store.ts';
import { readConfig, writeConfig } from '../../source/town/config.ts';
import { townPaths } from '../../source/town/paths.ts';
import { seeded } from '../simulation/random.ts';
import { CLI, cleanEnv } from '../support/process.ts';
import {
  eventually,
  gitIn,
  isAlive,
  type Journey,
  journey,
  LANDING_MS,
  NODE,
  pause,
  type Screen,
} from '../terminal/journeys/journey.ts';
import { isInstalled, type SshServer, startSshServer } from './server.ts';

/**
 * A town behind Debian's own sshd, whose line is cut while its agents work and its queue lands. `npm run test:ssh` cuts
 * the line a dozen times over thirty agents.
 */
const CUTS = Number(process.env.GASTOWN_SSH_CUTS ?? 1);
const AGENTS = Number(process.env.GASTOWN_SSH_AGENTS ?? 3);
const SEED = Number(process.env.GASTOWN_SEED ?? Date.now() % 1_000_000);
/** Within this after a cut the town runs headless, and may be taken over. */
const HEADLESS_MS = 1_000;
/** From the cut of a frozen line until sshd gives the client up, at a busy time. */
const GIVEN_UP_MS = 60_000;
/** Between two cuts. */
const LINE_MS = { shortest: 200, longest: 2_500 };
const DONE_MS = 60_000 + AGENTS * 8_000;

type Cut = 'killed client' | 'closed socket' | 'frozen network';
const WAYS: readonly Cut[] = ['killed client', 'closed socket', 'frozen network'];

let person: Journey;
let server: SshServer | undefined;
afterEach(async () => {
  await server?.close();
  await person?.cleanUp();
});

const PLAN = (agents: number): string =>
  [
    '# Stock the shop',
    ...Array.from({ length: agents }, (_, n) =>
      [
        `## Shelf ${n}`,
        'agent: shell',
        '```sh',
        `for step in 1 2 3 4; do echo "shelf ${n} step $step"; sleep 0.$(( (${n} * 7) % 10 )); done`,
        `echo ${n} > shelf-${n}.txt`,
        '```',
      ].join('\n'),
    ),
  ].join('\n\n');

/** A shop, a plan with as many beads as agents, and room for all of them at once. */
const openShop = async (agents: number): Promise<string> => {
  const shop = person.repository();
  await person.townOf(shop, '--gate', 'counted=sleep 0.5; test -f README.md');
  const { config } = townPaths(person.town);
  const known = await readConfig(config);
  rmSync(config);
  await writeConfig(config, {
    ...known,
    settings: {
      ...known.settings,
      mayor: { ...known.settings.mayor, maxPolecats: agents, maxStarting: agents },
      deacon: { ...known.settings.deacon, minFreeMemoryBytes: 0, loopLagWarnMs: 60_000, massDeaths: 1_000 },
    },
  });
  return shop;
};

const connect = (shop: string): Screen => {
  const env = Object.entries(cleanEnv(person.home)).map(([name, value]) => `${name}='${value}'`);
  const command = `cd '${shop}' && exec env -i ${env.join(' ')} '${NODE}' '${CLI}'`;
  return person.program('ssh', server!.session(command), { columns: 120, rows: 40 });
};

/** Cuts the line in one of three ways and leaves no half of it behind. */
const cut = async (screen: Screen, how: Cut): Promise<void> => {
  const [connection, ...more] = server!.connections();
  expect(more).toEqual([]);
  if (how === 'closed socket') process.kill(connection!, 'SIGKILL');
  else screen.signal(how === 'frozen network' ? 'SIGSTOP' : 'SIGKILL');
  await eventually('sshd has given the line up', () => server!.connections().length === 0, GIVEN_UP_MS);
  screen.kill();
};

const testing = async (): Promise<boolean> =>
  (await person.records('merges')).some(merge => ['testing', 'landing'].includes(merge.state as string));

const isDone = async (): Promise<boolean> => {
  const [status] = await person.records('status');
  const counts = status!.counts as Record<string, number>;
  return counts.working === 0 && counts.ready === 0 && !(await person.records('merges')).some(isUnderWay);
};
const isUnderWay = (merge: Record<string, unknown>): boolean =>
  ['queued', 'testing', 'landing'].includes(merge.state as string) && !merge.held;

describe.skipIf(!isInstalled)('a town behind a real SSH server', () => {
  test(
    `is cut off ${CUTS} times with ${AGENTS} agents at work and lands everything or says what it gave up (seed ${SEED})`,
    async () => {
      const random = seeded(SEED);
      person = journey('ssh');
      server = await startSshServer(path.join(person.home, 'ssh'));
      const shop = await openShop(AGENTS);
      const plan = path.join(person.home, 'plan.md');
      writeFileSync(plan, PLAN(AGENTS));

      let screen = connect(shop);
      await screen.until('Nothing is planned yet', LANDING_MS);
      expect((await person.command('plan', 'import', plan, '--rig', 'shop', '--sling')).stderr).toBe('');
      const took: number[] = [];
      for (let n = 0; n < CUTS; n++) {
        // The first falls into a merge; the rest anywhere.
        if (n === 0) await eventually('a request is tested', testing, LANDING_MS);
        else await pause(random.between(LINE_MS.shortest, LINE_MS.longest));
        const before = person.holder()!;
        const how = n < WAYS.length ? WAYS[(n + SEED) % WAYS.length]! : random.pick(WAYS);
        await cut(screen, how);
        await pause(HEADLESS_MS);
        expect(isAlive(before.pid), `the town outlives a ${how}`).toBe(true);
        expect(person.holder()).toMatchObject({ pid: before.pid });

        const from = performance.now();
        screen = connect(shop);
        await screen.until(/Shelf \d/, LANDING_MS);
        took.push(performance.now() - from);
        expect(person.holder()!.pid).not.toBe(before.pid);
        await eventually('who had the town before has ended', () => !isAlive(before.pid));
      }
      await eventually('all is landed or parked', isDone, DONE_MS);
      const last = person.holder()!.pid;
      process.kill(last, 'SIGTERM');
      await eventually('the town ends', () => !isAlive(last));
      const { landed, parked } = await expectSettled(shop);
      console.log(
        `${CUTS} cuts, ${AGENTS} agents: ${landed} landed, ${parked} parked; back on the screen in ${took.map(ms => `${Math.round(ms)} ms`).join(', ')}`,
      );
    },
    DONE_MS + CUTS * 40_000 + 60_000,
  );
});

/** Each bead has landed once, or is parked with a reason; no agent was lost with a line. */
const expectSettled = async (shop: string): Promise<{ landed: number; parked: number }> => {
  const ledger = await openLedger({ dir: person.town });
  try {
    const beads = [...ledger.data.beads.values()];
    expect(beads).toHaveLength(AGENTS);
    const files = gitIn(shop, ['ls-tree', '--name-only', 'main']).split('\n');
    let landed = 0;
    for (const bead of beads) {
      if (bead.status !== 'closed') {
        expect(bead.town.parked, bead.title).toBeDefined();
        continue;
      }
      landed++;
      const own = [...ledger.data.merges.values()].filter(merge => merge.bead === bead.id && merge.state === 'landed');
      expect(own, `${bead.title} landed once`).toHaveLength(1);
      expect(files).toContain(`shelf-${bead.title.split(' ')[1]}.txt`);
    }
    for (const session of ledger.data.sessions.values())
      expect([session.id, session.outcome]).not.toEqual([session.id, expect.stringMatching(/lost|died|stalled/)]);
    return { landed, parked: beads.length - landed };
  } finally {
    await ledger.close();
  }
};
