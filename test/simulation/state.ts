import type {
  Chain,
  DogName,
  DogObservation,
  Observation,
  RadarObservation,
  RigObservation,
  RoleName,
  ServiceLimit,
} from '../../roles/role.ts';
import { DEFAULT_SETTINGS, type Settings, type UnattendedPolicy } from '../../roles/settings.ts';
import type { Absence, BudgetLimits } from '../../source/ledger/budgets.ts';
import type { Actor } from '../../source/ledger/commands.ts';
import type { Gate } from '../../source/ledger/schema.ts';
import { type Checkouts, createCheckouts } from './checkouts.ts';
import type { HostSession } from './host.ts';
import { createLedger, type SimulatedLedger } from './ledger.ts';
import { createMoney, type Money, TODAY } from './money.ts';
import { type Random, seeded } from './random.ts';
import { createRepository, type Repository } from './repository.ts';

export const RIG = 'app';
export const ENVIRONMENT = 'env';
export const SECOND = 1_000;
export const OPERATOR: Actor = { role: 'operator', name: 'operator' };
export const TOWN: Actor = { role: 'town', name: 'town' };
const START = Date.parse('2026-11-23T10:00:00.000Z');
/** Any step may happen twice: results come late and doubled. */
export const DOUBLED = 0.02;
/** More than any limit asks for. */
export const PLENTY_BYTES = 1e12;

/** Small numbers, so that a stall costs seconds of virtual time. */
export const SETTINGS: Settings = {
  ...DEFAULT_SETTINGS,
  mayor: { ...DEFAULT_SETTINGS.mayor, maxPolecats: 4, maxStarting: 2 },
  witness: {
    ...DEFAULT_SETTINGS.witness,
    startupSilenceMs: 20_000,
    stallAfterMs: 40_000,
    ladderStepMs: 10_000,
    lostAfterMs: 8_000,
    maxRestarts: 4,
    restartWindowMs: 300_000,
  },
};

export interface TownOptions {
  readonly seed: number;
  readonly beads: number;
  readonly gates: readonly Gate[];
  readonly agent: 'shell' | 'claude';
  readonly brokenTarget: boolean;
  /** Chance that a session does not simply do its work. */
  readonly trouble: number;
  readonly flakes: number;
  /** What may happen while the person is away; whatever it would with them there, where it is not said. */
  readonly unattended?: UnattendedPolicy;
  /** In USD, 0 is no limit. */
  readonly budgets: BudgetLimits;
  /** Agents say by a protocol what they do: turns, and limits of their service. */
  readonly talks: boolean;
}

/** Everything there is in a simulated town; the parts beside this file change it. */
export interface State {
  readonly options: TownOptions;
  readonly random: Random;
  readonly repository: Repository;
  readonly ledger: SimulatedLedger;
  readonly settings: Settings;
  /** What the terminal host runs. */
  readonly host: Map<string, HostSession>;
  readonly checkouts: Checkouts;
  readonly money: Money;
  /** What happened, put into words only when somebody reads it. */
  readonly log: { readonly at: number; readonly line: () => string }[];
  /** What the machine's clock shows. */
  now: number;
  /** By how much that clock was moved in all. */
  movedMs: number;
  /** Nobody is at the screen. */
  absence: Absence | undefined;
  hostReachable: boolean;
  /** The ledger takes no writes. */
  isFull: boolean;
  /** Decisions of roles, each with every invariant checked after it. */
  steps: number;
  freeDiskBytes: number;
  /** Somebody works in the checkout that the target belongs to: it must not be moved below them. */
  isTargetDirty: boolean;
  /** Until when a tip on which a landing was turned down counts as blocked. */
  refused: { tip: string; until: number } | undefined;
  /** Agents that their service turns away. */
  readonly limits: Map<string, ServiceLimit>;
  /** What the running town has observed: gone after a crash. */
  rigs: Map<string, RigObservation>;
  chains: Map<string, readonly Chain[]>;
  radar: Map<string, RadarObservation>;
  heartbeats: Map<RoleName, number>;
  readonly dogs: Map<DogName, DogObservation>;
  startedAt: number;
  mintId(prefix: string): string;
  /** Ends the run of gates with that key, wherever it stands. */
  stopGates(key: string): void;
}

export const createState = (options: TownOptions): State => {
  let ids = 0;
  const state = {
    options,
    settings: { ...SETTINGS, budgets: options.budgets, ...(options.unattended && { unattended: options.unattended }) },
    checkouts: createCheckouts(),
    money: createMoney(),
    isTargetDirty: false,
    refused: undefined,
    limits: new Map(),
    random: seeded(options.seed),
    repository: createRepository([{ id: 'first', files: [], kind: options.brokenTarget ? 'broken-target' : 'good' }]),
    host: new Map(),
    log: [],
    now: START,
    movedMs: 0,
    absence: undefined,
    hostReachable: true,
    isFull: false,
    steps: 0,
    freeDiskBytes: PLENTY_BYTES,
    rigs: new Map(),
    chains: new Map(),
    radar: new Map(),
    heartbeats: new Map(),
    dogs: new Map(),
    startedAt: START,
    mintId: (prefix: string) => `${prefix}-${++ids}`,
  } as unknown as State & { ledger: SimulatedLedger };
  state.ledger = createLedger(state);
  return state;
};

export const note = (state: State, line: () => string): void => {
  state.log.push({ at: state.now, line });
};

export const linesOf = ({ log }: State): string[] =>
  log.map(({ at, line }) => `${((at - START) / SECOND).toFixed(1)}s ${line()}`);

export const isoNow = (state: State): string => new Date(state.now).toISOString();

export const observe = (state: State): Observation => ({
  host: { reachable: state.hostReachable },
  sessions: new Map(
    [...state.host].map(([id, { alive, startedAt, bytesOut, lastProgressAt, exitCode, signal, talk }]) => [
      id,
      {
        alive,
        startedAt,
        bytesOut,
        lastProgressAt,
        ...(exitCode !== undefined && { exitCode }),
        ...(signal !== undefined && { signal }),
        ...(talk && { agent: { ...talk, source: 'protocol', evidence: 'it says so', asks: 0 } as const }),
      },
    ]),
  ),
  rigs: state.rigs,
  chains: state.chains,
  radar: state.radar,
  machine: {
    freeDiskBytes: state.freeDiskBytes,
    freeMemoryBytes: PLENTY_BYTES,
    totalMemoryBytes: PLENTY_BYTES,
    loopLagMs: 0,
    load1: 0,
    cores: 4,
  },
  money: { today: TODAY, limits: state.limits },
  ...(state.absence && { absence: state.absence }),
  heartbeats: state.heartbeats,
  dogs: state.dogs,
  ledgerSeq: state.ledger.seq,
  failing: new Map(),
  startedAt: state.startedAt,
});
