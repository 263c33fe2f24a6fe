import fs from 'node:fs/promises';
import os from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { gatesKey } from '../../roles/refinery/round.ts';
import type {
  Chain,
  DogName,
  DogObservation,
  Effect,
  FailingEffect,
  MachineObservation,
  MoneyObservation,
  Observation,
  RadarObservation,
  RigObservation,
  RoleName,
  SessionObservation,
  Share,
  WorldView,
} from '../../roles/role.ts';
import type { Conversation } from '../agents/wire/conversation.ts';
import type { Absence } from '../ledger/budgets.ts';
import type { TownContext } from './context.ts';
import type { Trend } from './meter/trend.ts';
import type { TerminalSeen } from './terminals.ts';

/**
 * What the running town has seen outside the ledger. Nothing here outlives the process but the Dogs' last runs: after a
 * restart all of it is observed anew, and until then it is unknown.
 */
export interface World {
  hostReachable: boolean;
  readonly sessions: Map<string, SessionObservation & { readonly lastLine: string; readonly pid: number }>;
  /** What structured agents say of themselves, by session. */
  readonly conversations: Map<string, Conversation>;
  /** What the screens of agents in terminals show, by session. */
  readonly terminals: Map<string, TerminalSeen>;
  readonly rigs: Map<string, RigObservation>;
  readonly chains: Map<string, readonly Chain[]>;
  readonly radar: Map<string, RadarObservation>;
  /** Landings that the origin (or the checkout in it) last turned down, by rig: not tried again before `until`. */
  readonly refusals: Map<string, { tip: string; reason: string; until: number; times: number }>;
  /** What each rig's open pull request waits for, and since when nothing changed in that. */
  readonly pullRequests: Map<string, { head: string; words: string; since: number }>;
  machine: MachineObservation | undefined;
  /** Undefined until it was first looked at. */
  money: WorldMoney | undefined;
  /** Undefined while somebody is at the screen. */
  absence: Absence | undefined;
  readonly heartbeats: Map<RoleName, number>;
  readonly dogs: Map<DogName, DogObservation>;
  /** Effects that failed the last time, by key, and when each may be tried again. */
  readonly failing: Map<string, FailingEffect & { readonly until: number }>;
  /** Last thing each role did, and each rig's Witness, for the health pane. */
  readonly lastActions: Map<RoleName | `witness ${string}`, LastAction>;
  /** Dogs under way in this process. */
  readonly dogsRunning: Set<DogName>;
  /** What roles did lately, oldest first: why things happened that are no facts of the ledger. */
  readonly recent: RecentAction[];
  /** Gates under way, by `gatesRunningKey`. */
  readonly gatesRunning: Map<string, RunningGate>;
  /** What came since a person's earlier approval of the same work, by request; without counts where Git could not say. */
  readonly sinceApproval: Map<string, { from: string; to: string; commits?: number; rewritten?: boolean }>;
  readonly startedAt: number;
}

/** The gates on one tree, and which of them runs at present. */
export interface RunningGate {
  readonly rig: string;
  readonly tree: string;
  gate: string;
  /** When that gate began. */
  startedAt: number;
  /** Ends the run; nothing of it is recorded. */
  stop(): void;
}

export const gatesRunningKey = ({ rig, tree }: { readonly rig: string; readonly tree: string }): string =>
  `${rig}:${tree}`;

export interface LastAction {
  readonly at: number;
  readonly action: string;
  readonly because: string;
}

export interface RecentAction {
  readonly at: number;
  readonly role: RoleName;
  readonly subject: string;
  readonly effect: Effect;
  readonly because: string;
}

/** A day of a busy fleet's interrupts, nudges and runs is some hundred. */
const RECENT_MAX = 500;

export const rememberRecent = ({ recent }: Pick<World, 'recent'>, action: RecentAction): void => {
  recent.push(action);
  if (recent.length > RECENT_MAX) recent.shift();
};

export interface WorldMoney extends MoneyObservation {
  readonly lastHourNanos: number;
  /** What was used over the last hours, span by span. */
  readonly trend: Trend['series'];
  /** What the turn of a session that is under way may still add: its largest one so far. */
  inFlight(session: string): number;
}

export const createWorld = (now: number): World => ({
  hostReachable: true,
  sessions: new Map(),
  conversations: new Map(),
  terminals: new Map(),
  rigs: new Map(),
  chains: new Map(),
  radar: new Map(),
  refusals: new Map(),
  pullRequests: new Map(),
  machine: undefined,
  money: undefined,
  absence: undefined,
  heartbeats: new Map(),
  dogs: new Map(),
  failing: new Map(),
  lastActions: new Map(),
  dogsRunning: new Set(),
  recent: [],
  gatesRunning: new Map(),
  sinceApproval: new Map(),
  startedAt: now,
});

/** What a role would decide on at this moment, gates that run included; other effects under way are the loop's to know. */
export const worldViewOf = (
  { ledger, world, config }: Pick<TownContext, 'ledger' | 'world' | 'config'>,
  now: number,
): WorldView => ({
  now,
  ledger: ledger.data,
  observed: observationOf(world, ledger),
  settings: config.settings,
  running: runningGates(world),
});

const runningGates = ({ gatesRunning }: World): ReadonlySet<string> =>
  new Set([...gatesRunning.values()].map(({ rig, tree }) => gatesKey(rig, tree)));

/** The world as roles see it. The maps are the live ones: a role reads them within its tick and keeps nothing. */
export const observationOf = (world: World, ledger: Pick<TownContext['ledger'], 'awayHost' | 'seq'>): Observation => ({
  host: { reachable: world.hostReachable },
  ...(ledger.awayHost !== undefined && { awayHost: ledger.awayHost }),
  ledgerSeq: ledger.seq,
  sessions: world.sessions,
  rigs: world.rigs,
  chains: world.chains,
  radar: world.radar,
  ...(world.machine && { machine: world.machine }),
  ...(world.money && { money: world.money }),
  ...(world.absence && { absence: world.absence }),
  heartbeats: world.heartbeats,
  dogs: world.dogs,
  failing: world.failing,
  startedAt: world.startedAt,
});

/** Samples the machine without starting a process. The lag is the worst of the event loop since the last sample. */
export const createMachineProbe = (
  dir: string,
): {
  /** With the terminal host's pid, where one is connected, its descriptors as well. */
  sample(host?: number): Promise<MachineObservation>;
  stop(): void;
} => {
  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  return {
    async sample(host) {
      const disk = await fs.statfs(dir);
      const loopLagMs = Number.isFinite(delay.max) ? Math.max(0, delay.max / 1e6 - LAG_RESOLUTION_MS) : 0;
      delay.reset();
      return {
        freeDiskBytes: disk.bavail * disk.bsize,
        freeMemoryBytes: await availableMemory(),
        totalMemoryBytes: os.totalmem(),
        loopLagMs: Math.round(loopLagMs),
        load1: os.loadavg()[0]!,
        cores: os.availableParallelism(),
        ...(await handles(host)),
      };
    },
    stop: () => delay.disable(),
  };
};

/** Coarse: a finer timer would itself wake an idle process more often than the loop does. */
const LAG_RESOLUTION_MS = 100;

/** Linux counts caches as used in `os.freemem`; MemAvailable is what a new process could get. */
const availableMemory = async (): Promise<number> => {
  if (process.platform !== 'linux') return os.freemem();
  const match = /^MemAvailable:\s+(\d+) kB/m.exec(await fs.readFile('/proc/meminfo', 'utf8'));
  return match ? Number(match[1]) * 1024 : os.freemem();
};

/** Terminals of the machine and file descriptors of this process and the host, where /proc tells. Unknown is absent, never zero. */
const handles = async (host: number | undefined): Promise<Pick<MachineObservation, 'ptys' | 'files' | 'hostFiles'>> => {
  if (process.platform !== 'linux') return {};
  const [used, max, files, hostFiles] = await Promise.all([
    readNumber('/proc/sys/kernel/pty/nr'),
    readNumber('/proc/sys/kernel/pty/max'),
    filesOf('self'),
    host === undefined ? undefined : filesOf(host),
  ]);
  return {
    ...(used !== undefined && max !== undefined && max > 0 && { ptys: { used, max } }),
    ...(files && { files }),
    ...(hostFiles && { hostFiles }),
  };
};

const filesOf = async (pid: number | 'self'): Promise<Share | undefined> => {
  const [open, limits] = await Promise.all([
    fs.readdir(`/proc/${pid}/fd`).catch(unreadable),
    fs.readFile(`/proc/${pid}/limits`, 'utf8').catch(unreadable),
  ]);
  const max = Number(/^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1]);
  return open && max > 0 ? { used: open.length, max } : undefined;
};

const readNumber = async (file: string): Promise<number | undefined> => {
  const text = await fs.readFile(file, 'utf8').catch(unreadable);
  const value = Number(text);
  return text === undefined || !Number.isFinite(value) ? undefined : value;
};

/** Hidden from this process (a container, a hardened kernel), or just ended: that is unknown, and pauses nothing. */
const unreadable = (error: NodeJS.ErrnoException): undefined => {
  if (!['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code ?? '')) throw error;
};
