import type { Action, Observation, RigObservation, SessionObservation, WorldView } from '../../roles/role.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../roles/settings.ts';
import { guardPolicy } from '../../source/ledger/guards.ts';
import {
  type Approval,
  type Bead,
  type Escalation,
  emptyData,
  type GateRun,
  type Kind,
  type LedgerData,
  type Merge,
  type Polecat,
  type RecordOf,
  type Rig,
  SCHEMAS,
  type Session,
  type Town,
  type Verdict,
} from '../../source/ledger/schema.ts';
import { verdictId } from '../../source/ledger/verdict.ts';

/** The wall clock of every table. */
export const NOW = Date.parse('2026-11-23T10:00:00.000Z');
export const SECOND = 1_000;
export const MINUTE = 60_000;
export const at = (ms: number): string => new Date(ms).toISOString();
export const ago = (ms: number): string => at(NOW - ms);
/** A commit or tree id that reads like its name in hexadecimal. */
export const sha = (name: string): string => Buffer.from(name).toString('hex').padEnd(40, '0').slice(0, 40);

const base = (id: string) => ({ id, rev: 1 });

export const town = (fields: Partial<Town> = {}): Town => ({
  ...base('town'),
  name: 'test',
  createdAt: ago(MINUTE),
  mergePaused: {},
  ...fields,
});

export const rig = (fields: Partial<Rig> = {}): Rig => ({
  ...base(fields.id ?? 'app'),
  origin: '/srv/app',
  branch: 'main',
  prefix: 'app',
  gates: [{ name: 'test', command: 'npm test', timeoutMs: 600_000 }],
  policy: 'guarded',
  agent: 'shell',
  createdAt: ago(MINUTE),
  ...fields,
});

export const bead = (
  id: string,
  fields: Partial<Omit<Bead, 'town'>> & { town?: Partial<Bead['town']> } = {},
): Bead => ({
  ...base(id),
  title: `Bead ${id}`,
  status: 'open',
  priority: 2,
  issue_type: 'task',
  created_at: ago(MINUTE),
  updated_at: ago(MINUTE),
  ...fields,
  town: { rig: 'app', attempts: 0, respawns: 0, reworks: 0, ...fields.town },
});

/** A bead that somebody slung a minute ago. */
export const wanted = (id: string, fields: Parameters<typeof bead>[1] = {}): Bead =>
  bead(id, { ...fields, town: { dispatch: { at: ago(MINUTE), by: 'operator' }, ...fields.town } });

export const polecat = (id: string, fields: Partial<Polecat> = {}): Polecat => ({
  ...base(id),
  rig: id.split('/')[0]!,
  name: id.split('/')[1]!,
  state: 'idle',
  since: ago(MINUTE),
  restarts: [],
  landed: 0,
  bounced: 0,
  failed: 0,
  ...fields,
});

export const session = (id: string, fields: Partial<Session> = {}): Session => ({
  ...base(id),
  rig: 'app',
  polecat: 'app/fern',
  bead: 'b1',
  agent: 'shell',
  status: 'running',
  attempt: 1,
  base: sha('base'),
  checkout: '/town/checkout',
  tokenHash: '0'.repeat(64),
  startedAt: ago(MINUTE),
  ...fields,
});

export const seen = (fields: Partial<SessionObservation> = {}): SessionObservation => ({
  alive: true,
  startedAt: NOW - MINUTE,
  bytesOut: 10,
  lastOutputAt: NOW - SECOND,
  lastProgressAt: NOW - SECOND,
  ...fields,
});

/** Guards have looked at it and have nothing against it, unless told. */
export const merge = (id: string, fields: Partial<Merge> = {}): Merge => {
  const made = plainMerge(id, fields);
  return 'guards' in fields ? made : { ...made, guards: seenBy(made, []) };
};

export const seenBy = (of: Merge, findings: NonNullable<Merge['guards']>['findings'], on: Partial<Rig> = {}) => ({
  head: of.head,
  base: of.base,
  policy: guardPolicy(on),
  at: ago(SECOND),
  findings,
});

const plainMerge = (id: string, fields: Partial<Merge>): Merge => ({
  ...base(id),
  rig: 'app',
  bead: `bead-${id}`,
  polecat: 'app/fern',
  title: `Merge ${id}`,
  priority: 2,
  state: 'queued',
  since: ago(MINUTE),
  createdAt: ago(MINUTE),
  target: 'main',
  ref: `refs/gastown/merges/${id}`,
  base: sha('base'),
  head: sha(`h-${id}`),
  ...fields,
});

export const approval = (of: Merge, fields: Partial<Approval> = {}): Approval => ({
  ...base(`${of.id}.1`),
  merge: of.id,
  head: of.head,
  base: of.base,
  policy: 'guarded',
  gates: [],
  by: 'operator',
  at: ago(SECOND),
  previous: '0'.repeat(64),
  ...fields,
});

export const escalation = (id: string, fields: Partial<Escalation> = {}): Escalation => ({
  ...base(id),
  severity: 'medium',
  title: 'Help',
  body: '',
  by: 'polecat app/fern',
  at: ago(MINUTE),
  climbs: 0,
  ...fields,
});

export const ENVIRONMENT = 'env1';
export const TIP = sha('tip');
export const TIP_TREE = sha('tip-tree');

export const rigSeen = (fields: Partial<RigObservation> = {}): RigObservation => ({
  tip: TIP,
  tipTree: TIP_TREE,
  at: NOW,
  environment: ENVIRONMENT,
  ...fields,
});

type Outcome = GateRun['outcome'];

/** All runs of one gate on one tree, oldest first, a second apart, the last one a minute ago unless told. */
export const verdict = (
  tree: string,
  outcomes: readonly Outcome[],
  fields: { gate?: string; rig?: string; lastAgoMs?: number } = {},
): Verdict => {
  const key = { rig: fields.rig ?? 'app', gate: fields.gate ?? 'test', environment: ENVIRONMENT, tree };
  const last = NOW - (fields.lastAgoMs ?? MINUTE);
  const runs = outcomes.map((outcome, index) => ({
    outcome,
    at: at(last - (outcomes.length - 1 - index) * SECOND),
    durationMs: 10,
    ...(outcome === 'fail' && { output: 'not ok 1 - adds' }),
    ...(outcome === 'could_not_run' && { reason: 'npm: not found' }),
  }));
  return { ...base(verdictId(key)), ...key, runs };
};

export interface WorldParts {
  readonly records?: { readonly [K in Kind]?: readonly RecordOf<K>[] };
  readonly observed?: Partial<Observation>;
  readonly settings?: { readonly [K in keyof Settings]?: Partial<Settings[K]> };
  readonly running?: Iterable<string>;
  readonly now?: number;
}

/** A view with a town and one rig `app`, its host reachable, and what is given. Every record is checked against its schema. */
export const world = (parts: WorldParts = {}): WorldView => ({
  now: parts.now ?? NOW,
  ledger: ledgerOf({ town: [town()], rigs: [rig()], ...parts.records }),
  observed: {
    host: { reachable: true },
    ledgerSeq: 9,
    sessions: new Map(),
    rigs: new Map(),
    chains: new Map(),
    heartbeats: new Map(),
    dogs: new Map(),
    failing: new Map(),
    startedAt: NOW - 60 * MINUTE,
    ...parts.observed,
  },
  settings: Object.fromEntries(
    Object.entries(DEFAULT_SETTINGS).map(([group, numbers]) => [
      group,
      { ...numbers, ...parts.settings?.[group as keyof Settings] },
    ]),
  ) as unknown as Settings,
  running: new Set(parts.running),
});

const ledgerOf = (records: NonNullable<WorldParts['records']>): LedgerData => {
  const data = emptyData();
  for (const [kind, list] of Object.entries(records)) {
    for (const record of list) {
      SCHEMAS[kind as Kind].parse(record);
      (data[kind as Kind] as Map<string, unknown>).set(record.id, record);
    }
  }
  return data;
};

/** An action in one short line: `hook.set bead=b1 polecat=app/fern`. Causes and texts are left out. */
export const line = (action: Action): string => {
  const body = 'command' in action.do ? action.do.command : undefined;
  const fields = body ? (body.payload as Record<string, unknown>) : 'effect' in action.do ? action.do.effect : {};
  const type = body ? body.type : 'effect' in action.do ? action.do.effect.type : '';
  const words = Object.entries(fields)
    .filter(([name, value]) => name !== 'type' && !LONG.has(name) && value !== undefined)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.map(wordOf).join('+') : String(value)}`);
  return [type, ...words].join(' ');
};

/** `m1:s1` for a change of suspicion, with its count of reds where there is one; a list is in brackets. */
const wordOf = (value: unknown): string => {
  if (Array.isArray(value)) return `(${value.join(' ')})`;
  if (typeof value !== 'object' || value === null) return String(value);
  const { id, run, reds, passed } = value as { id: string; run: string | null; reds?: number; passed?: number };
  return [id, run ?? 'free', ...(reds ? [`${reds} red`] : []), ...(passed ? [`${passed} passed`] : [])].join(':');
};

const LONG = new Set(['cause', 'body', 'text', 'description', 'title', 'reason', 'key', 'severity', 'labels', 'rests']);

export const lines = (actions: readonly Action[]): string[] => actions.map(line);

/** The payload of the first command, or the first effect, of a type. */
export const bodyOf = (actions: readonly Action[], type: string): Record<string, unknown> | undefined => {
  for (const action of actions) {
    if ('command' in action.do && action.do.command.type === type)
      return action.do.command.payload as Record<string, unknown>;
    if ('effect' in action.do && action.do.effect.type === type)
      return action.do.effect as unknown as Record<string, unknown>;
  }
  return undefined;
};
