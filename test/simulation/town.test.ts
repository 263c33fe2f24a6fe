import { describe, expect, test } from 'vitest';
import { isOpen } from '../../roles/refinery/order.ts';
import type { Gate } from '../../source/ledger/schema.ts';
import { calm, createPerson, disturb, meddle } from './person.ts';
import { seeded } from './random.ts';
import { OPERATOR } from './state.ts';
import { openTown, type SimulatedTown } from './town.ts';

/** `SIMULATED_TOWNS=5000` for a night. */
const TOWNS = Number(process.env.SIMULATED_TOWNS ?? 280);
/** Towns a test case: failures name their seed, and the cases run while others do. */
const TOWNS_A_CASE = 20;
/** Virtual time after which a town that is not idle is stuck. */
const HORIZON_MS = 6 * 3_600_000;
/** Virtual time in which faults happen; after it the world is kind, so that the town must come to an end. */
const FAULTS_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;

const gate = (name: string): Gate => ({ name, command: name, timeoutMs: 1_000 });

const townOf = (seed: number): SimulatedTown => {
  const random = seeded(seed * 7_919);
  return openTown({
    seed,
    beads: Math.floor(random.between(2, 13)),
    gates: random.pick([[gate('test')], [gate('test')], [gate('lint'), gate('test')], []]),
    agent: random.pick(['shell', 'claude'] as const),
    brokenTarget: random.chance(0.15),
    trouble: random.pick([0, 0.2, 0.5]),
    flakes: random.pick([0, 0.05, 0.15]),
  });
};

/** Runs a town until it has been idle for a while; throws when it never is. */
const runUntilIdle = (town: SimulatedTown) => {
  const person = createPerson(town);
  const start = town.state.now;
  let idle = 0;
  let isCalm = false;
  while (idle < 20) {
    if (town.state.now - start > HORIZON_MS) throw new Error('the town never comes to rest');
    if (town.state.now - start < FAULTS_MS) {
      disturb(town);
      meddle(town);
    } else if (!isCalm) {
      calm(town);
      isCalm = true;
    }
    const actions = town.tick(idle > 5 ? 10_000 : town.state.random.between(100, 2_500));
    const acted = person();
    idle = actions.length === 0 && town.isStill && !acted && isCalm ? idle + 1 : 0;
  }
};

/** Every bead landed, needed nothing, was given up with a reason, or waits behind one that was; nothing hangs in between. */
const expectSettled = ({ state: { ledger, repository } }: SimulatedTown) => {
  const { data } = ledger;
  const landed = repository.changesOf(repository.treeOf(repository.tip));
  for (const bead of data.beads.values()) {
    if (bead.town.landed_sha) expect([...landed].some(change => change.startsWith(`${bead.id}#`))).toBe(true);
    const isOver = bead.status === 'closed' || bead.town.parked !== undefined;
    const waitsFor = (bead.dependencies ?? []).map(edge => data.beads.get(edge.depends_on_id)!.status);
    const wasRejected = bead.town.cause?.kind === 'rejected' && !bead.town.dispatch;
    const isReport = bead.labels?.includes('target-red') ?? false;
    expect([bead.id, isOver || wasRejected || isReport || waitsFor.some(status => status !== 'closed')]).toEqual([
      bead.id,
      true,
    ]);
  }
  expect([...data.polecats.values()].filter(polecat => polecat.hook)).toEqual([]);
  expect([...data.merges.values()].filter(isOpen)).toEqual([]);
  expect([...data.sessions.values()].filter(session => session.status !== 'ended')).toEqual([]);
};

/**
 * With everything answered, nothing is asked for any more. Five hours: a flaky gate on a target somebody pushed to is
 * settled by a few main-tests, half an hour apart.
 */
const expectQuiet = (town: SimulatedTown) => {
  const { ledger } = town.state;
  for (const { id } of [...ledger.data.escalations.values()]) ledger.execute(OPERATOR, 'escalation.close', { id });
  const late: string[] = [];
  for (const until = town.state.now + 5 * HOUR_MS; town.state.now < until; ) {
    const actions = town.tick(2 * 60_000);
    if (until - town.state.now < HOUR_MS) late.push(...actions.map(action => action.because));
  }
  expect(late).toEqual([]);
};

/** What is not over, for the message of a failure. */
const leftovers = ({
  state: {
    ledger: { data },
  },
}: SimulatedTown): string =>
  JSON.stringify({
    polecats: [...data.polecats.values()].filter(polecat => polecat.hook),
    sessions: [...data.sessions.values()].filter(session => session.status !== 'ended'),
    merges: [...data.merges.values()].filter(isOpen),
    beads: [...data.beads.values()].filter(bead => bead.status !== 'closed'),
  });

const simulate = (seed: number) => {
  const town = townOf(seed);
  try {
    runUntilIdle(town);
    expectSettled(town);
    expectQuiet(town);
  } catch (error) {
    throw new Error(
      `town ${seed}: ${(error as Error).message}\n${town.state.log.slice(-60).join('\n')}\n${leftovers(town)}`,
      { cause: error },
    );
  }
  return town;
};

/** What roles asked for in all towns so far: `refinery merge.bounce`, `witness session.finish`. */
const seen = new Set<string>();
const remember = ({ state: { log } }: SimulatedTown) => {
  for (const line of log) {
    const [, actor = '', word = ''] = line.split(' ');
    seen.add(`${actor} ${/^\{"type":"([^"]+)"/.exec(word)?.[1] ?? word}`);
  }
};

/** Every kind of decision that ten minutes of trouble can bring about. */
const EXPECTED = `mayor hook.set
polecat session.launch, polecat session.collect, polecat session.finish
refinery rig.refresh, refinery merge.group, refinery merge.sift, refinery chain.build, refinery gates.run, refinery gates.stop, refinery merge.landing, refinery land
refinery merge.bounce, refinery merge.hold, refinery merge.release, refinery bead.park, refinery escalation.open
witness session.ladder, witness session.interrupt, witness session.nudge, witness session.finish, witness polecat.state
witness bead.park, witness hook.release, witness escalation.open
deacon town.dispatch, dogs dog.run, dog bead.create`.split(/, |\n/);

describe('a simulated town keeps its promises and comes to rest, with faults', () => {
  const cases = Array.from({ length: TOWNS / TOWNS_A_CASE }, (_, index) => index * TOWNS_A_CASE);
  test.each(cases)('for seeds from %i', first => {
    for (let seed = first; seed < first + TOWNS_A_CASE; seed++) remember(simulate(seed));
  });

  test('and between them the towns saw every decision, and no role asked for what the ledger refuses', () => {
    expect(EXPECTED.filter(what => !seen.has(what))).toEqual([]);
    expect([...seen].filter(what => what.endsWith(' refused') && !/^(town|polecat|operator) /.test(what))).toEqual([]);
  });
});

test('a town without trouble lands every bead', () => {
  const calmTown = { agent: 'shell' as const, brokenTarget: false, trouble: 0, flakes: 0, kinds: [''] };
  const town = openTown({ seed: 1, beads: 10, gates: [gate('test')], ...calmTown });
  const person = createPerson(town);
  for (let ticks = 0; ticks < 2_000; ticks++) {
    town.tick(500);
    person();
  }
  const reasons = [...town.state.ledger.data.beads.values()].map(bead => bead.close_reason ?? bead.status);
  expect(reasons).toEqual(Array.from({ length: 10 }, () => expect.stringMatching(/^Landed on main as /)));
});
