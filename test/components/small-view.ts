import type { AttentionRow, BeadRow, ConvoyRow, MergeRow, PolecatRow, TownView } from '../../source/town/view.ts';

/** Noon of the day the tests take place, ms. */
export const NOON = Date.UTC(2026, 10, 23, 12);

export const beadRow = (id: string, overrides: Partial<BeadRow> = {}): BeadRow => ({
  id,
  title: `Title of ${id}`,
  status: 'open',
  phase: 'ready',
  priority: 2,
  type: 'task',
  rig: 'web',
  blockedBy: [],
  attempts: 0,
  reworks: 0,
  createdAt: '2026-11-23T10:00:00.000Z',
  updatedAt: '2026-11-23T10:00:00.000Z',
  ...overrides,
});

export const polecatRow = (id: string, overrides: Partial<PolecatRow> = {}): PolecatRow => ({
  id,
  name: id.split('/').at(-1)!,
  rig: 'web',
  state: 'working',
  since: NOON - 60_000,
  live: true,
  session: `session-${id.split('/').at(-1)}`,
  lastSession: `session-${id.split('/').at(-1)}`,
  agent: 'shell',
  evidence: 'process, 2s ago',
  attempt: 1,
  landed: 0,
  bounced: 0,
  failed: 0,
  ...overrides,
});

export const mergeRow = (id: string, overrides: Partial<MergeRow> = {}): MergeRow => ({
  id,
  rig: 'web',
  bead: 'gt-3',
  title: `Merge of ${id}`,
  polecat: 'web/nux',
  state: 'queued',
  since: NOON - 120_000,
  priority: 2,
  base: 'a'.repeat(40),
  head: 'b'.repeat(40),
  target: 'main',
  position: 1,
  why: 'next',
  needsApproval: false,
  approved: false,
  held: false,
  gates: [],
  ...overrides,
});

export const attentionRow = (key: string, overrides: Partial<AttentionRow> = {}): AttentionRow => ({
  key,
  kind: 'approval',
  subject: 'mr-1',
  title: `Question ${key}`,
  yes: 'land it',
  no: 'send it back',
  severity: 'medium',
  since: NOON - 30_000,
  behind: 2,
  detail: 'first line of the evidence\nsecond line',
  ...overrides,
});

const convoy: ConvoyRow = {
  id: 'cv-1',
  title: 'Faster login',
  status: 'approved',
  rig: 'web',
  beads: ['gt-1', 'gt-2'],
  closed: 0,
};

/** A town of one convoy with two beads, a loose bead with a merge request, two polecats, three requests and two questions. */
export const smallView = (overrides: Partial<TownView> = {}): TownView => ({
  version: 1,
  at: NOON,
  town: { name: 'testville', path: '/town', estop: false },
  counts: {
    ready: 1,
    blocked: 1,
    working: 1,
    waiting: 0,
    stalled: 0,
    idle: 1,
    queue: 3,
    attention: 2,
    landed: 4,
    parked: 0,
    costTodayUsd: 0,
    costPerHourUsd: 0,
  },
  convoys: [convoy],
  beads: new Map(
    [
      beadRow('gt-1', { convoy: 'cv-1' }),
      beadRow('gt-2', { convoy: 'cv-1', phase: 'blocked', blockedBy: ['gt-1'] }),
      beadRow('gt-3', { phase: 'merging', status: 'in_progress', merge: 'mr-1' }),
      beadRow('gt-4', { phase: 'working', status: 'in_progress', assignee: 'web/nux', description: 'Do it well.' }),
      beadRow('gt-5', { phase: 'parked', status: 'blocked', parked: 'failed three times' }),
    ].map(bead => [bead.id, bead]),
  ),
  loose: ['gt-3', 'gt-4', 'gt-5'],
  polecats: [
    polecatRow('web/nux', { bead: 'gt-4', beadTitle: 'Title of gt-4' }),
    {
      ...polecatRow('web/slit', { state: 'idle', live: false }),
      session: undefined,
      lastSession: undefined,
    } as unknown as PolecatRow,
  ],
  merges: [
    mergeRow('mr-1'),
    mergeRow('mr-2', { bead: 'gt-9', position: 2 }),
    (({ position: _, ...row }) => row)(mergeRow('mr-3', { bead: 'gt-8', state: 'bounced', why: 'red gate' })),
  ],
  rigs: [{ id: 'web', origin: '/src/web', branch: 'main', gates: ['test'], policy: 'guarded', paused: false }],
  health: {
    roles: [{ name: 'mayor', plain: 'dispatch', ok: true }],
    dogs: [{ name: 'reaper', plain: 'cleans up', ok: true, note: 'nothing to do', intervalMs: 300_000 }],
    host: { reachable: true, sessions: 1 },
    ledger: { seq: 10, committedSeq: 10 },
  },
  attention: [
    attentionRow('approve mr-1'),
    attentionRow('parked gt-5', { kind: 'parked', subject: 'gt-5', yes: 'try again' }),
  ],
  feed: [],
  ...overrides,
});
