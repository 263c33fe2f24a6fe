import { describe, expect, test } from 'vitest';
import type { Gate } from '../../source/ledger/schema.ts';
import { BrokenTown, type Life, leftovers, lifeOf, live } from './life.ts';
import { createPerson } from './person.ts';
import { SEEDS } from './seeds.ts';
import { linesOf } from './state.ts';
import { openTown, type SimulatedTown } from './town.ts';

/** `SIMULATED_TOWNS=5000` for a night. */
const TOWNS = Number(process.env.SIMULATED_TOWNS ?? 120);
/** What comes about rarely is seen in large towns only. */
const LARGE_EACH = 5;
/** Towns a test case: failures name their seed, and the cases run while others do. */
const TOWNS_A_CASE = 20;
const gate = (name: string): Gate => ({ name, command: name, timeoutMs: 1_000 });

const simulate = (seed: number) =>
  liveOrTell(lifeOf(seed, { mischief: seed % 2 === 1, large: seed % LARGE_EACH === 0 }));

const liveOrTell = (life: Life) => {
  try {
    return live(life);
  } catch (error) {
    if (!(error instanceof BrokenTown)) throw error;
    const { town } = error;
    throw new Error(
      `town ${life.seed}: ${error.message}\n${linesOf(town.state).slice(-60).join('\n')}\n${leftovers(town)}`,
      {
        cause: error,
      },
    );
  }
};

/** What roles asked for in all towns so far: `refinery merge.bounce`, `witness session.finish`. */
const seen = new Set<string>();
const remember = ({ state }: SimulatedTown) => {
  for (const line of linesOf(state)) {
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
    expect([...seen].filter(what => what.endsWith(' refused') && !/^(town|polecat|operator|disk) /.test(what))).toEqual(
      [],
    );
  });
});

test.each(SEEDS)('a life that once went wrong goes well: $found', ({ life }) => {
  liveOrTell(life);
});

test('a town without trouble lands every bead', () => {
  const budgets = { bead: 0, convoy: 0, day: 0, town: 0 };
  const calmTown = {
    agent: 'shell' as const,
    talks: false,
    budgets,
    brokenTarget: false,
    trouble: 0,
    flakes: 0,
    kinds: [''],
  };
  const town = openTown({ seed: 1, beads: 10, gates: [gate('test')], ...calmTown });
  const person = createPerson(town);
  for (let ticks = 0; ticks < 2_000; ticks++) {
    town.tick(500);
    person();
  }
  const reasons = [...town.state.ledger.data.beads.values()].map(bead => bead.close_reason ?? bead.status);
  expect(reasons).toEqual(Array.from({ length: 10 }, () => expect.stringMatching(/^Landed on main as /)));
});
