import { deepStrictEqual } from 'node:assert';
import { isOpen } from '../../roles/refinery/order.ts';
import { UNATTENDED_DISPATCH, UNATTENDED_LAND } from '../../roles/settings.ts';
import type { BudgetLimits } from '../../source/ledger/budgets.ts';
import type { Gate } from '../../source/ledger/schema.ts';
import { createMischief, MISCHIEF, type Mischief } from './mischief.ts';
import { calm, createPerson, disturb, meddle } from './person.ts';
import { seeded } from './random.ts';
import { OPERATOR, type TownOptions } from './state.ts';
import { openTown, type SimulatedTown } from './town.ts';

/** A town's whole life, as data: what a failing seed is shrunk by. */
export interface Life extends TownOptions {
  /** Virtual time in which faults happen; after it the world is kind, so that the town must come to an end. */
  readonly faultsMs: number;
  readonly mischief: readonly Mischief[];
  /** Crashes, silence, full disks, stops and pushes from outside. */
  readonly disturbed: boolean;
  /** An operator who changes their mind. */
  readonly meddled: boolean;
}

/** Virtual time after which a town that is not idle is stuck. */
const HORIZON_MS = 2 * 3_600_000;
const HOUR_MS = 3_600_000;

/** Most towns are small, so that many are lived through; one in twenty-five is as large and troubled for as long as a day's work. */
const SIZES: readonly { upTo: number; beads: [number, number]; faultsMs: [number, number] }[] = [
  { upTo: 0.8, beads: [1, 4], faultsMs: [20_000, 90_000] },
  { upTo: 0.96, beads: [3, 9], faultsMs: [60_000, 240_000] },
  { upTo: 1, beads: [8, 24], faultsMs: [300_000, 900_000] },
];

/** A town that stands still for hours, or whose deaths are long ago at once, sees little else. */
const SLOWING: ReadonlySet<Mischief> = new Set(['leave', 'clock']);

const NO_BUDGETS: BudgetLimits = { bead: 0, convoy: 0, day: 0, town: 0 };

const gate = (name: string): Gate => ({ name, command: name, timeoutMs: 1_000 });

export const lifeOf = (seed: number, options: { mischief: boolean; large?: boolean }): Life => {
  const random = seeded(seed * 7_919);
  const which = random.next();
  const size = options.large ? SIZES.at(-1)! : SIZES.find(({ upTo }) => which < upTo)!;
  const agent = random.pick(['shell', 'claude'] as const);
  const budgets = random.pick([NO_BUDGETS, { ...NO_BUDGETS, town: 3 }, { ...NO_BUDGETS, bead: 1, convoy: 4, day: 5 }]);
  return {
    seed,
    beads: Math.floor(random.between(...size.beads)),
    gates: random.pick([[gate('test')], [gate('test')], [gate('lint'), gate('test')], []]),
    agent,
    talks: agent === 'claude' && random.chance(0.5),
    // A script costs nothing.
    budgets: agent === 'shell' ? NO_BUDGETS : budgets,
    brokenTarget: random.chance(0.15),
    trouble: random.pick([0, 0.2, 0.5]),
    flakes: random.pick([0, 0.05, 0.15]),
    faultsMs: Math.floor(random.between(...size.faultsMs)),
    mischief: options.mischief ? MISCHIEF.filter(kind => random.chance(SLOWING.has(kind) ? 0.25 : 0.6)) : [],
    disturbed: true,
    meddled: true,
    unattended: {
      dispatch: random.pick(UNATTENDED_DISPATCH),
      land: random.pick(UNATTENDED_LAND),
      budgetShare: random.pick([0, 0.25, 1]),
    },
  };
};

/** A town that broke a promise: what it said, and what it was doing. */
export class BrokenTown extends Error {
  readonly town: SimulatedTown;

  constructor(town: SimulatedTown, cause: unknown) {
    super((cause as Error).message, { cause });
    this.town = town;
  }
}

/** Lives it to its end. Throws `BrokenTown` at the first promise that is broken. */
export const live = (life: Life): SimulatedTown => {
  const town = openTown(life);
  try {
    runUntilIdle(town, life);
    expectSettled(town);
    expectQuiet(town);
  } catch (error) {
    throw new BrokenTown(town, error);
  }
  return town;
};

/** Ticks in a row in which nothing happens; from half of them on they are ten seconds apart. */
const IDLE_TICKS = 14;

/** Runs a town until it has been idle for a while; throws when it never is. */
const runUntilIdle = (town: SimulatedTown, life: Life) => {
  const person = createPerson(town);
  const mischief = createMischief(town, life.mischief);
  const start = town.state.now;
  const elapsedMs = () => town.state.now - town.state.movedMs - start;
  let idle = 0;
  let isCalm = false;
  while (idle < IDLE_TICKS) {
    if (elapsedMs() > HORIZON_MS) throw new Error('the town never comes to rest');
    if (elapsedMs() < life.faultsMs) {
      if (life.disturbed) disturb(town);
      if (life.meddled) meddle(town);
      mischief.act();
    } else if (!isCalm) {
      mischief.end();
      calm(town);
      isCalm = true;
    }
    const actions = town.tick(idle > IDLE_TICKS / 2 ? 10_000 : town.state.random.between(100, 2_500));
    const acted = !town.state.absence && person();
    // What only waits for its agents to have rested goes on by itself.
    const isPaused = town.state.ledger.data.town.get('town')?.dispatchPaused !== undefined;
    idle = actions.length === 0 && town.isStill && !acted && isCalm && !isPaused ? idle + 1 : 0;
  }
};

/** Every bead landed, needed nothing, was given up with a reason, or waits behind one that was; nothing hangs in between. */
const expectSettled = ({ state: { ledger, repository } }: SimulatedTown) => {
  const { data } = ledger;
  const landed = [...repository.changesOf(repository.treeOf(repository.tip))];
  for (const bead of data.beads.values()) {
    if (bead.town.landed_sha && !landed.some(change => change.startsWith(`${bead.id}#`)))
      throw new Error(`${bead.id} counts as landed and is not on the target`);
    const isOver = bead.status === 'closed' || bead.town.parked !== undefined;
    const waitsFor = (bead.dependencies ?? []).map(edge => data.beads.get(edge.depends_on_id)!.status);
    const wasRejected = bead.town.cause?.kind === 'rejected' && !bead.town.dispatch;
    const isReport = bead.labels?.includes('target-red') ?? false;
    if (!(isOver || wasRejected || isReport || waitsFor.some(status => status !== 'closed')))
      throw new Error(`${bead.id} is neither landed nor given up`);
  }
  deepStrictEqual(
    [...data.polecats.values()].filter(polecat => polecat.hook),
    [],
    'a polecat still has a hook',
  );
  deepStrictEqual([...data.merges.values()].filter(isOpen), [], 'a request is still open');
  deepStrictEqual(
    [...data.sessions.values()].filter(session => session.status !== 'ended'),
    [],
    'a session has not ended',
  );
};

/** Between two looks at a town in which all is over: twice as long after each that found nothing to do. */
const NAP_MS = { shortest: 5_000, longest: 10 * 60_000 };

/**
 * With everything answered, nothing is asked for any more. Five hours: a flaky gate on a target somebody pushed to is
 * settled by a few main-tests, half an hour apart.
 */
const expectQuiet = (town: SimulatedTown) => {
  const { ledger } = town.state;
  for (const { id } of [...ledger.data.escalations.values()]) ledger.execute(OPERATOR, 'escalation.close', { id });
  const late: string[] = [];
  let sleepMs = NAP_MS.shortest;
  for (const until = town.state.now + 5 * HOUR_MS; town.state.now < until; ) {
    const actions = town.tick(sleepMs);
    sleepMs = actions.length > 0 ? NAP_MS.shortest : Math.min(NAP_MS.longest, sleepMs * 2);
    // Where the clock was set forward, it is the day after on which unused checkouts are cleared away.
    const asked = actions.filter(({ key }) => key !== 'dog:pruner');
    if (until - town.state.now < HOUR_MS) late.push(...asked.map(action => action.because));
  }
  deepStrictEqual(late, [], 'it does not fall quiet');
};

/** What is not over, for the message of a failure. */
export const leftovers = ({
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
