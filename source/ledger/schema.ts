import { z } from 'zod';
import { Table } from '../common/table.ts';
import { KINDS, type Kind } from './kinds.ts';

/** Version of the ledger's record shapes, kept in `meta.json`. A town of a newer version is refused, never guessed at. */
export const SCHEMA_VERSION = 1;

/** Limits on what a record may hold: a record is one small file in Git, and a title is one row of a screen. */
export const LIMITS = {
  /** Characters in a title, as in Beads. */
  titleChars: 500,
  /** Characters in one long text (description, design, notes, mail body): past this it belongs in a file. */
  textChars: 256_000,
  /** Characters in one note: every later session of the bead reads it. */
  noteChars: 20_000,
  /** Characters of agent or gate output kept as evidence: enough for a failing test's trace. */
  evidenceChars: 8_000,
  /** Reasons kept on one decisions record; older ones stay in Git history. */
  decisionEntries: 20,
  /** Runs kept on one verdict. */
  verdictRuns: 10,
  /** Ids of failed tests kept of one run: beyond, it is no flake. */
  failedTests: 50,
  /** Characters in a test's id. */
  testIdChars: 300,
  /** Tests in quarantine at once: beyond, the suite is to be repaired. */
  quarantined: 100,
  /** Restart times kept on a polecat (the Witness looks at 5 in 15 minutes). */
  restartTimes: 10,
  /** Answers that a question offers: each is one key. */
  choices: 9,
  /** Remarks on lines of one request: past this a person says it in words, or takes it over. */
  lineComments: 200,
  /** Characters in a status, an issue type or a dependency type, as in Beads. */
  wordChars: 50,
} as const;

const id = z.string().min(1).max(200);
/** UTC, milliseconds, `2026-11-23T10:00:00.000Z`. */
const time = z.iso.datetime({ precision: 3 });
const sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);
const title = z.string().min(1).max(LIMITS.titleChars);
const longText = z.string().max(LIMITS.textChars);
const evidence = z.string().max(LIMITS.evidenceChars);

/** What every record carries. Unknown fields survive: every record schema is a loose object. */
const base = { id, rev: z.number().int().min(1) };

// ---------------------------------------------------------------------------------------------------------------- beads

/** The statuses that code compares with. Others are a town's own (`status.custom`) or came with an import; they are kept. */
export const BEAD_STATUSES = [
  'open',
  'in_progress',
  'blocked',
  'hooked',
  'closed',
  'deferred',
  'pinned',
  'tombstone',
] as const;
export type BuiltInStatus = (typeof BEAD_STATUSES)[number];
/** Any status, with the built-in ones known to the compiler. */
export type BeadStatus = BuiltInStatus | (string & {});
const status = z.string().min(1).max(LIMITS.wordChars);

/** Types whose dependency keeps a bead from being ready (field/gas-town.md §2.2). Any other string is stored and does not block. */
export const BLOCKING_DEPENDENCIES = ['blocks', 'parent-child', 'conditional-blocks', 'waits-for'] as const;

/** How a value was written where it came from, by field, as JSON text: given back on export while the value is the same. */
const asWritten = z.record(z.string(), z.string()).optional();

export const dependencySchema = z.looseObject({
  issue_id: id,
  depends_on_id: id,
  type: z.string().min(1).max(LIMITS.wordChars),
  created_at: time.optional(),
  created_by: z.string().optional(),
  /** JSON text or any JSON: `{"gate":"any-children"}` on a `waits-for`. */
  metadata: z.unknown().optional(),
  thread_id: z.string().optional(),
  as_written: asWritten,
});
export type Dependency = z.infer<typeof dependencySchema>;

export const commentSchema = z.looseObject({
  id: z.union([z.string(), z.number()]),
  author: z.string(),
  text: longText,
  created_at: time,
  as_written: asWritten,
});
export type Comment = z.infer<typeof commentSchema>;

/** A person's remark on one line of a request's change. `quote` is that line as it was: a fresh checkout no longer has it. */
export const lineCommentSchema = z.looseObject({
  path: z.string().min(1).max(4_096),
  line: z.number().int().min(1),
  /** The line as the request has it, or as it was before. */
  side: z.enum(['new', 'old']),
  text: z.string().min(1).max(4_000),
  quote: z.string().max(500).optional(),
  by: z.string(),
  at: time,
});
export type LineComment = z.infer<typeof lineCommentSchema>;

/** Why work came back, with what the worker needs to do better. */
export const causeSchema = z.looseObject({
  kind: z.enum([
    'conflict',
    'red',
    'guard',
    'could_not_run',
    'rejected',
    'died',
    'failed',
    'stalled',
    'no_change',
    'target_red',
  ]),
  /** One line for people. */
  summary: z.string().max(500),
  /** Conflicting or offending paths. */
  files: z.array(z.string()).max(200).optional(),
  gate: z.string().optional(),
  /** Tree the gate ran on. */
  tree: sha.optional(),
  /** Tail of the output, already cut and cleaned. */
  output: evidence.optional(),
  /** What a person said of single lines of the work that came back. */
  comments: z.array(lineCommentSchema).max(LIMITS.lineComments).optional(),
  at: time,
});
export type Cause = z.infer<typeof causeSchema>;

/** What the town knows of a bead beyond Beads. Exported under `metadata.gastown`. */
export const beadTownSchema = z.looseObject({
  rig: id.optional(),
  convoy: id.optional(),
  /** Preset of the agent that should do it; the rig's default otherwise. */
  agent: z.string().optional(),
  /** Paths the work is expected to change (`touches:` in a plan). */
  touches: z.array(z.string()).optional(),
  /** Whoever works on it plans, as the Mayor: what comes of it is a proposed convoy, never a commit. Absent is a worker. */
  role: z.enum(['mayor']).optional(),
  /** What the plan that proposed it calls it: a newer version of that plan means the same bead by it. */
  key: z.string().max(100).optional(),
  /** Wanted on a hook since; set by sling, cleared when a polecat takes it. `polecat` is a wish, `prefer` a hint. */
  dispatch: z.looseObject({ at: time, by: z.string(), polecat: id.optional(), prefer: id.optional() }).optional(),
  /** Sessions started for it, ever: `GASTOWN_ATTEMPT` of the next one is this + 1. */
  attempts: z.number().int().min(0).default(0),
  /** Sessions that died, failed or stalled since the last acknowledged progress (Witness cap: 3). */
  respawns: z.number().int().min(0).default(0),
  /** Merge requests that bounced (Refinery cap: 3). */
  reworks: z.number().int().min(0).default(0),
  /** Open merge request. */
  merge: id.optional(),
  /** Why it last came back; given to the next session through `gt prime`. */
  cause: causeSchema.optional(),
  /** Set when the town gave up on it until a person decides: status is `blocked`. */
  parked: z.looseObject({ at: time, reason: z.string() }).optional(),
  /** SHA on the target that holds the work. */
  landed_sha: sha.optional(),
  /** Revision that holds the texts which were folded into a digest. */
  folded_rev: z.number().int().optional(),
  as_written: asWritten,
});
export type BeadTown = z.infer<typeof beadTownSchema>;

/** One work item, field for field as in Beads (snake_case, so that interchange needs no mapping), plus `rev` and `town`. */
export const beadSchema = z.looseObject({
  ...base,
  title,
  description: longText.optional(),
  design: longText.optional(),
  acceptance_criteria: longText.optional(),
  notes: longText.optional(),
  spec_id: z.string().optional(),
  status,
  /** 0 is the highest. Absent is not 0. */
  priority: z.number().int().min(0).max(4),
  issue_type: z.string().min(1).max(LIMITS.wordChars),
  assignee: z.string().optional(),
  /** The person it is done for; `assignee` does it. */
  owner: z.string().optional(),
  estimated_minutes: z.number().int().min(0).optional(),
  created_at: time,
  created_by: z.string().optional(),
  updated_at: time,
  started_at: time.optional(),
  /** Set if and only if the status is `closed`. */
  closed_at: time.optional(),
  close_reason: z.string().optional(),
  closed_by_session: z.string().optional(),
  due_at: time.optional(),
  /** Not ready before. */
  defer_until: time.optional(),
  /** `gh-9`, `jira-ABC`: the same work in another system. */
  external_ref: z.string().optional(),
  source_system: z.string().optional(),
  /** Any JSON. */
  metadata: z.unknown().optional(),
  pinned: z.boolean().optional(),
  ephemeral: z.boolean().optional(),
  no_history: z.boolean().optional(),
  is_template: z.boolean().optional(),
  sender: z.string().optional(),
  /** What a gate waits for: `timer`, `bead`, `human`, `mail`, `gh:run`, `gh:pr`. */
  await_type: z.string().optional(),
  await_id: z.string().optional(),
  /** Nanoseconds. */
  timeout: z.number().min(0).optional(),
  /** Told when the gate opens. */
  waiters: z.array(z.string()).optional(),
  labels: z.array(z.string()).optional(),
  dependencies: z.array(dependencySchema).optional(),
  comments: z.array(commentSchema).optional(),
  /** Set with `original_size` (characters) and `compacted_at` when the texts were folded into a digest. */
  compaction_level: z.number().int().optional(),
  compacted_at: time.optional(),
  original_size: z.number().optional(),
  deleted_at: time.optional(),
  deleted_by: z.string().optional(),
  delete_reason: z.string().optional(),
  town: beadTownSchema,
});
export type Bead = z.infer<typeof beadSchema>;

// -------------------------------------------------------------------------------------------------------------- convoys

/** A batch of beads of one goal: the Mayor's plan. `proposed` waits for a person; `landed` when every bead is closed. */
export const convoySchema = z.looseObject({
  ...base,
  title,
  status: z.enum(['proposed', 'approved', 'landed', 'cancelled']),
  rig: id,
  /** In the plan's order. */
  beads: z.array(id),
  /** A person put its beads in this order: it goes before their priorities. */
  ordered: z.looseObject({ at: time, by: z.string() }).optional(),
  goal: longText.optional(),
  /** How it is to be done; replaced only by somebody who has seen it. */
  design: longText.optional(),
  /** What was learned on the way, each with author and time, the newest last. */
  notes: longText.optional(),
  /** Plan file it came from. */
  source: z.string().optional(),
  /** The bead whose session proposed it, and what it was then (`planVersion`): whoever changed it since is not written over. */
  proposal: z.looseObject({ bead: id, version: z.string(), at: time }).optional(),
  createdAt: time,
  createdBy: z.string(),
  approvedAt: time.optional(),
  endedAt: time.optional(),
});
export type Convoy = z.infer<typeof convoySchema>;

// ------------------------------------------------------------------------------------------------------------- polecats

export const POLECAT_STATES = [
  'idle',
  'slung',
  'starting',
  'working',
  'waiting',
  'done',
  'stalled',
  'failed',
  'quarantined',
] as const;
export type PolecatState = (typeof POLECAT_STATES)[number];

/** `wired`: the town talks to the agent by its protocol. `terminal`: its own screen, as a person sees it. */
export const SESSION_MODES = ['wired', 'terminal'] as const;
export type SessionMode = (typeof SESSION_MODES)[number];

/** A worker: lasting name and history, one bead at a time. Id is `<rig>/<name>`. */
export const polecatSchema = z.looseObject({
  ...base,
  rig: id,
  name: z.string().min(1).max(40),
  state: z.enum(POLECAT_STATES),
  since: time,
  /** The bead on its hook. */
  hook: id.optional(),
  /** The session that runs, or ran last, for the hook. */
  session: id.optional(),
  /** How its next session for the hook is to be started; gone with that start. */
  next: z.looseObject({ mode: z.enum(SESSION_MODES), resume: z.string().max(200).optional() }).optional(),
  /** Recent session restarts, oldest first. */
  restarts: z.array(time).default([]),
  landed: z.number().int().min(0).default(0),
  bounced: z.number().int().min(0).default(0),
  failed: z.number().int().min(0).default(0),
});
export type Polecat = z.infer<typeof polecatSchema>;

// ------------------------------------------------------------------------------------------------------- rigs and gates

export const POLICIES = ['auto', 'guarded', 'all'] as const;
export type Policy = (typeof POLICIES)[number];

export const gateSchema = z.looseObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/),
  /** Run by `sh -eu` in the root of the merged tree. */
  command: z.string().min(1).max(4_000),
  timeoutMs: z
    .number()
    .int()
    .min(100)
    .max(6 * 3_600_000)
    .default(600_000),
});
export type Gate = z.infer<typeof gateSchema>;

/** A test known to fail and pass on the same work. `test` is its id in the gate's reports. */
export const quarantineSchema = z.looseObject({
  gate: z.string(),
  test: z.string().min(1).max(LIMITS.testIdChars),
  at: time,
  until: time,
  by: z.string(),
  reason: z.string().max(500).optional(),
});
export type Quarantined = z.infer<typeof quarantineSchema>;

/** What a gate has of the network while it runs; a setup has the machine's own. */
export const GATE_NETWORKS = ['none', 'open'] as const;
export type GateNetwork = (typeof GATE_NETWORKS)[number];

/** One Git repository under the town's care. Id is its name. */
/** `auto`: where the machine can; `required`: no agent runs without; `off`: never. */
export const SANDBOX_WISHES = ['auto', 'required', 'off'] as const;
/** `metered`: an agent whose model calls go through the town's meter has no other network. `open`: the machine's own. */
export const SANDBOX_NETWORKS = ['metered', 'open'] as const;
export type SandboxWish = (typeof SANDBOX_WISHES)[number];
export type SandboxNetwork = (typeof SANDBOX_NETWORKS)[number];

/** `push`: the target is moved by a push with lease. `pr`: through a pull request, by the person's own `gh`. */
export const LAND_WAYS = ['push', 'pr'] as const;
export type LandWay = (typeof LAND_WAYS)[number];
/** What a person wants of the guards on one rig, beside what they always look for. */
export const guardSettingsSchema = z.looseObject({
  /** Lines in the syntax of CODEOWNERS, the last that matches decides: with an owner protected, without one not, whatever else says so. */
  protect: z.array(z.string().trim().min(1).max(500)).max(200).optional(),
  /** Patterns of files whose secrets are made up (fixtures of tests): there a person is asked, elsewhere it is sent back. */
  fixtures: z.array(z.string().trim().min(1).max(500)).max(200).optional(),
  /** Larger files are asked about. Absent: `DEFAULT_GUARD_LIMITS` in source/gates/guards/limits.ts. */
  maxFileBytes: z.number().int().min(1).optional(),
  maxBinaryBytes: z.number().int().min(1).optional(),
});
export type GuardSettings = z.infer<typeof guardSettingsSchema>;

export const rigSchema = z.looseObject({
  ...base,
  /** Absolute path or URL that work is fetched from and landed to. */
  origin: z.string().min(1),
  /** Target branch, without `refs/heads/`. */
  branch: z.string().min(1),
  /** Prefix of its beads' ids. */
  prefix: z.string().regex(/^[a-z][a-z0-9]{0,11}$/),
  gates: z.array(gateSchema),
  /** Run once per lockfile state before an agent or a gate starts. */
  setup: z.string().max(4_000).optional(),
  /** Where its gates leave JUnit reports, as patterns below the checkout. Absent: the usual places. */
  reports: z.array(z.string().min(1).max(200)).max(20).optional(),
  /** Tests that run and do not count, until a time. A person's decision. */
  quarantine: z.array(quarantineSchema).max(LIMITS.quarantined).optional(),
  policy: z.enum(POLICIES).default('guarded'),
  /** Default agent preset. */
  agent: z.string().default('shell'),
  /** Absent: `auto`. */
  sandbox: z.enum(SANDBOX_WISHES).optional(),
  /** What its agents' sandboxes have of the network. Absent: `metered`. */
  network: z.enum(SANDBOX_NETWORKS).optional(),
  /** How work reaches the target. Absent: `push`. */
  land: z.enum(LAND_WAYS).optional(),
  /** Absent: `none`, where a sandbox can be without. */
  gateNetwork: z.enum(GATE_NETWORKS).optional(),
  guards: guardSettingsSchema.optional(),
  /** Fingerprint of the CODEOWNERS on the target's tip, as last read; absent where it has none. */
  owners: z.string().max(100).optional(),
  /** Set where the target is an integration branch: the rig that it was made from and goes back to, and the epic that it is for. */
  of: id.optional(),
  epic: id.optional(),
  createdAt: time,
  removedAt: time.optional(),
});
export type Rig = z.infer<typeof rigSchema>;

/** What running one gate once ended in. `could_not_run`: exit 126/127, killed from outside, timeout, no disk; it is never a pass and never blames the work. */
export const gateRunSchema = z.looseObject({
  outcome: z.enum(['pass', 'fail', 'could_not_run']),
  at: time,
  durationMs: z.number().min(0),
  exitCode: z.number().int().optional(),
  reason: z.string().max(500).optional(),
  /** What failed, then the output's failing lines and tail, cleaned. */
  output: evidence.optional(),
  /** What the test runner's own report says: ids of failed tests, the first ones. */
  tests: z
    .looseObject({
      from: z.enum(['junit', 'tap']),
      total: z.number().int().min(0),
      failed: z.array(z.string().max(LIMITS.testIdChars)).max(LIMITS.failedTests),
      /** More failed than are named, or something that is no test. */
      isPartial: z.boolean().optional(),
      /** Of those that failed, the quarantined ones; when these are all, the run passes. */
      excused: z.array(z.string().max(LIMITS.testIdChars)).max(LIMITS.failedTests).optional(),
    })
    .optional(),
  /** Exit 0 in far less time than is usual for the gate. */
  isShort: z.boolean().optional(),
  /** `closed`: in a sandbox without a network; `open`: in one with the machine's; `none`: without. */
  sandbox: z.enum(['closed', 'open', 'none']).optional(),
});
export type GateRun = z.infer<typeof gateRunSchema>;

/** All runs of one gate on one tree. Green ones make a second run needless: the id is a hash of (rig, tree, gate definition, environment). */
export const verdictSchema = z.looseObject({
  ...base,
  rig: id,
  tree: sha,
  gate: z.string(),
  /** Fingerprint of the gate's definition and environment. */
  environment: z.string(),
  runs: z.array(gateRunSchema).max(LIMITS.verdictRuns),
});
export type Verdict = z.infer<typeof verdictSchema>;

// --------------------------------------------------------------------------------------------------------------- merges

export const MERGE_STATES = ['queued', 'testing', 'landing', 'landed', 'bounced', 'rejected', 'superseded'] as const;
export type MergeState = (typeof MERGE_STATES)[number];

/**
 * What a guard saw in a request's changes. `block` sends it back to whoever did the work; `ask` wants a person's eyes
 * and decision. Texts are for people and masked: never a secret itself.
 */
export const guardFindingSchema = z.looseObject({
  guard: z.string().min(1).max(40),
  kind: z.enum(['block', 'ask']),
  summary: z.string().min(1).max(500),
  path: z.string().max(4_096).optional(),
  line: z.number().int().min(1).optional(),
});
export type GuardFinding = z.infer<typeof guardFindingSchema>;

/** A finished branch that asks to land. Whether it waits for an approval follows from policy and approvals; it is not a state. */
export const mergeSchema = z.looseObject({
  ...base,
  rig: id,
  bead: id,
  /** Polecat that did the work. */
  polecat: id,
  session: id.optional(),
  title,
  priority: z.number().int().min(0).max(4),
  state: z.enum(MERGE_STATES),
  since: time,
  createdAt: time,
  target: z.string(),
  /** Ref in the rig's landing repository that keeps the work, `refs/gastown/merges/<id>`. */
  ref: z.string(),
  /** Where the work began. */
  base: sha,
  head: sha,
  files: z.number().int().min(0).optional(),
  /** What it changes, whatever it was built on (`patchIdOf`): requests with the same one land once. */
  patch: sha.optional(),
  summary: longText.optional(),
  /** Set while it is tested, by `merge.group`; what the Refinery calls it. */
  group: z.string().optional(),
  /**
   * A stack with it was red. Requests with one `run` are suspected together: one of them seems bad; one that is alone in
   * its run is accused, and `reds` counts how often it failed by itself up to `redAt`. `passed`: rounds in which later
   * arrivals were tested and it was not. Absent: nothing speaks against it.
   */
  suspicion: z
    .looseObject({
      run: z.string().max(40),
      since: time,
      reds: z.number().int().min(0),
      redAt: time.optional(),
      passed: z.number().int().min(0),
    })
    .optional(),
  /** What the guards saw at that head, on that base, under that policy (a hash); absent until they looked. */
  guards: z
    .looseObject({ head: sha, base: sha, policy: z.string(), at: time, findings: z.array(guardFindingSchema).max(200) })
    .optional(),
  /** What a person said of its lines, oldest first; they go back with it as rework. */
  comments: z.array(lineCommentSchema).max(LIMITS.lineComments).optional(),
  /** Order by hand: lower first, before priority. */
  order: z.number().optional(),
  /** Held by a person: not tested, not landed. */
  held: z.looseObject({ at: time, by: z.string(), reason: z.string().optional() }).optional(),
  /** Intent, journaled before the target moves; settled from Git after a crash. `new` is the commit to be the target's tip. */
  landing: z.looseObject({ old: sha, new: sha, tree: sha, at: time }).optional(),
  /** The pull request that it was last put into, at that head; `closed`: by a person, without merging, so it is never taken up again. */
  pr: z
    .looseObject({
      number: z.number().int().min(1),
      url: z.string().max(2_000),
      /** Of the remote, without `refs/heads/`. */
      branch: z.string().max(300),
      head: sha,
      at: time,
      closed: z.boolean().optional(),
    })
    .optional(),
  /** Most requests that it may be tested and landed with: lowered where only the remote's own checks were red for several. */
  batchMax: z.number().int().min(1).optional(),
  /** Commit on the target's first-parent line that holds it. */
  landedSha: sha.optional(),
  cause: causeSchema.optional(),
  /** The request with the very same patch with which it landed: its state is `superseded`, `landedSha` that one's. */
  twin: id.optional(),
  /** The landed request that it takes back; that one may itself have taken another back. */
  reverts: id.optional(),
  /** The rig whose integration branch it brings onto the target; its bead is the epic. */
  integrates: id.optional(),
  /** The request that took it back, while that stands. */
  revertedBy: id.optional(),
});
export type Merge = z.infer<typeof mergeSchema>;

/** A person's decision to land, pinned to what they saw and chained to the one before. Id is `<merge>.<n>`. */
export const approvalSchema = z.looseObject({
  ...base,
  merge: id,
  head: sha,
  base: sha,
  policy: z.enum(POLICIES),
  /** Gate name and outcome at the time, in order; empty where the rig has none. */
  gates: z.array(z.looseObject({ name: z.string(), outcome: z.string() })),
  /** `findingsHash` of what the guards had seen; absent where that was nothing. */
  findings: z.string().length(64).optional(),
  by: z.string(),
  at: time,
  /** `approvalHash` of the previous approval of this town, or 64 zeros: see approvals.ts. */
  previous: z.string().length(64),
  voidedAt: time.optional(),
  voidReason: z.string().optional(),
});
export type Approval = z.infer<typeof approvalSchema>;

// ------------------------------------------------------------------------------------------------------------- sessions

/** Tokens in one normal form, whatever a service calls them. */
export const usageSchema = z.looseObject({
  /** Input that the cache neither gave nor took. */
  uncachedIn: z.number().min(0),
  cacheRead: z.number().min(0),
  cacheWrite: z.number().min(0),
  /** All output, reasoning included. */
  out: z.number().min(0),
  /** Of `out`. */
  reasoning: z.number().min(0),
  /** Of `cacheWrite`: what is kept for an hour and costs more. */
  cacheWrite1h: z.number().min(0).optional(),
});
export type Usage = z.infer<typeof usageSchema>;

/** How a session was kept apart from the machine, or why it was not. */
export const sessionSandboxSchema = z.looseObject({
  on: z.boolean(),
  network: z.enum(SANDBOX_NETWORKS).optional(),
  why: z.string().max(500).optional(),
});
export type SessionSandbox = z.infer<typeof sessionSandboxSchema>;

/** One run of an agent for one bead on one hook. `reported` is the agent's own claim; the town checks it. */
export const sessionSchema = z.looseObject({
  ...base,
  rig: id,
  polecat: id,
  bead: id,
  agent: z.string(),
  status: z.enum(['starting', 'running', 'ended']),
  attempt: z.number().int().min(1),
  /** Commit its checkout started from. */
  base: sha,
  checkout: z.string(),
  /** SHA-256 of the token that its `gt` shows. */
  tokenHash: z.string().length(64),
  pid: z.number().int().optional(),
  startedAt: time,
  endedAt: time.optional(),
  exitCode: z.number().int().optional(),
  signal: z.number().int().optional(),
  /** How it ended: set with `ended`. */
  outcome: z.enum(['done', 'failed', 'died', 'stalled', 'handoff', 'stopped', 'lost']).optional(),
  reported: z
    .looseObject({
      kind: z.enum(['done', 'failed', 'handoff', 'escalated']),
      at: time,
      summary: longText.optional(),
      /** Explicit: the bead needs no change. */
      noChange: z.boolean().optional(),
    })
    .optional(),
  /** Ladder step last taken by the Witness: 0 none, 1 interrupted, 2 nudged. */
  ladder: z.looseObject({ step: z.number().int(), at: time }).optional(),
  /** Absent: `terminal`. */
  mode: z.enum(SESSION_MODES).optional(),
  sandbox: sessionSandboxSchema.optional(),
  /** The agent's own id of the conversation: by it a later session goes on where this one was. */
  conversation: z.string().max(200).optional(),
  /** How often it was told to report, after ending its turn without. */
  reminded: z.number().int().min(0).optional(),
  /** When it was told last. */
  remindedAt: time.optional(),
  /** Why it ended as it did. */
  cause: causeSchema.optional(),
  /** What it leaves to the next session of the bead. */
  note: longText.optional(),
  usage: usageSchema.optional(),
  costUsd: z.number().min(0).optional(),
});
export type Session = z.infer<typeof sessionSchema>;

// ---------------------------------------------------------------------------------------------------------------- money

/** Where usage is known from, the best first: the town's meter, the CLI's own word, its transcript. */
export const COST_SOURCES = ['meter', 'cli', 'transcript'] as const;
export type CostSource = (typeof COST_SOURCES)[number];

/** What one session used of one model on one day, from one source. Sums of money are sums of these. */
export const costSchema = z.looseObject({
  ...base,
  session: id,
  bead: id,
  convoy: id.optional(),
  polecat: id,
  rig: id,
  agent: z.string(),
  /** As the service names it; `unknown` where nobody said. */
  model: z.string().min(1).max(200),
  /** `2026-11-23`, where the town is. */
  day: z.iso.date(),
  source: z.enum(COST_SOURCES),
  calls: z.number().int().min(0),
  usage: usageSchema,
  /** Billionths of a USD, of the calls whose price is known. */
  nanos: z.number().int().min(0),
  /** Calls whose price nobody knows: what they cost is in no sum. */
  unpriced: z.number().int().min(0),
  /** Everything before this place of that log is in it. */
  upto: z.looseObject({ log: z.string(), offset: z.number().int().min(0) }).optional(),
  at: time,
});
export type Cost = z.infer<typeof costSchema>;

// ------------------------------------------------------------------------------------- mail, escalations, memories, town

export const MAIL_TYPES = ['notification', 'task', 'reply', 'escalation', 'scavenge', 'protocol'] as const;
export type MailType = (typeof MAIL_TYPES)[number];
/** The most urgent last. */
export const MAIL_PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;
export type MailPriority = (typeof MAIL_PRIORITIES)[number];

/** A lasting message. Pending until it was shown (`deliveredAt`), then until its reader has acknowledged it (`readAt`). */
export const mailSchema = z.looseObject({
  ...base,
  from: z.string(),
  /** `operator`, `mayor`, or a polecat's id. */
  to: z.string(),
  subject: title,
  body: longText.default(''),
  /** Absent is a notification. Whatever it is, mail is read and never dispatched as work. */
  type: z.enum(MAIL_TYPES).optional(),
  /** Absent is normal. */
  priority: z.enum(MAIL_PRIORITIES).optional(),
  /** Id of the message that began the exchange; absent on that one itself. */
  thread: id.optional(),
  replyTo: id.optional(),
  at: time,
  deliveredAt: time.optional(),
  readAt: time.optional(),
});
export type Mail = z.infer<typeof mailSchema>;

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** How bad each kind of cry for help is, where nobody says (field/gas-town.md §1.9). */
export const HELP_SEVERITIES = {
  lifecycle: 'low',
  help: 'medium',
  decision: 'medium',
  gate_timeout: 'medium',
  blocked: 'high',
  failed: 'high',
  emergency: 'critical',
} as const satisfies Record<string, Severity>;
export type HelpCategory = keyof typeof HELP_SEVERITIES;
export const HELP_CATEGORIES = Object.keys(HELP_SEVERITIES) as [HelpCategory, ...HelpCategory[]];

/** Something only a person can settle. Unacknowledged ones climb one level every 4 hours, at most twice. */
export const escalationSchema = z.looseObject({
  ...base,
  severity: z.enum(SEVERITIES),
  title,
  body: longText.default(''),
  by: z.string(),
  /** Record it is about. */
  subject: id.optional(),
  /** Names one occurrence: at most one escalation with it is open. */
  key: z.string().max(200).optional(),
  /** What kind of help is asked for. */
  category: z.enum(HELP_CATEGORIES).optional(),
  /** An agent's question, which waits for an answer (its `resolution`): who asked last, and what it offers to choose from. */
  question: z
    .looseObject({
      session: id,
      choices: z.array(z.string()).max(LIMITS.choices),
      /** When the answer reached the session. */
      toldAt: time.optional(),
    })
    .optional(),
  at: time,
  climbs: z.number().int().min(0).default(0),
  climbedAt: time.optional(),
  acknowledgedAt: time.optional(),
  acknowledgedBy: z.string().optional(),
  /** When it was last put before people again, because whoever acknowledged it did not close it. */
  remindedAt: time.optional(),
  closedAt: time.optional(),
  closedBy: z.string().optional(),
  /** What came of it. */
  resolution: longText.optional(),
});
export type Escalation = z.infer<typeof escalationSchema>;

export const MEMORY_TYPES = ['feedback', 'project', 'user', 'reference'] as const;
export type MemoryType = (typeof MEMORY_TYPES)[number];

/** Something worth knowing in every session from now on. */
export const memorySchema = z.looseObject({
  ...base,
  text: longText,
  /** Absent is `project`. */
  type: z.enum(MEMORY_TYPES).optional(),
  /** Only for work on this rig; absent is for the whole town. */
  rig: id.optional(),
  by: z.string(),
  at: time,
  /** Forgotten since: the text is gone from here (Git keeps it), the record stays, so that nothing brings it back. */
  forgottenAt: time.optional(),
  forgottenBy: z.string().optional(),
});
export type Memory = z.infer<typeof memorySchema>;

/** Why things happened to one record: the last few reasons, newest last. Id is the subject's id. */
export const decisionSchema = z.looseObject({
  ...base,
  entries: z
    .array(z.looseObject({ at: time, by: z.string(), action: z.string(), because: z.string() }))
    .max(LIMITS.decisionEntries),
});
export type Decision = z.infer<typeof decisionSchema>;

/** The town's own switches, which must hold through restarts. Its only record has id `town`. */
export const townSchema = z.looseObject({
  ...base,
  name: z.string().min(1).max(80),
  createdAt: time,
  /** Emergency stop: nothing is dispatched, at work, tested or landed until thawed. */
  estop: z.looseObject({ at: time, by: z.string(), reason: z.string() }).optional(),
  /** Rigs whose merge queue is paused, with who and when. */
  mergePaused: z.record(z.string(), z.looseObject({ at: time, by: z.string() })).default({}),
  /** Why dispatch pauses (pressure, mass death), set by the Deacon. */
  dispatchPaused: z.looseObject({ at: time, reason: z.string() }).optional(),
  /**
   * Budgets that a person set while the town ran, in USD: by `bead`, `convoy`, `day`, `town` (instead of the config's), or
   * for one bead, one convoy (its id) or one day (`day:2026-11-23`). `letStop`: it may run out, nobody need be asked.
   */
  budgets: z
    .record(
      z.string(),
      z.looseObject({ usd: z.number().min(0), at: time, by: z.string(), letStop: z.boolean().optional() }),
    )
    .optional(),
  /** Dogs that a person switched off: they run only when they are told to. */
  dogsOff: z.record(z.string(), z.looseObject({ at: time, by: z.string() })).optional(),
  /** Settings of `bd config`, by key: `status.custom`, `types.custom`, `issue_prefix`, and whatever else is kept there. */
  beadsConfig: z.record(z.string(), z.string()).optional(),
  /**
   * The one machine that works: dispatches, tests and lands. The others read, plan and file. A town without it was never
   * synced and works where it is. `replica` is the random id that a town's folder keeps for itself.
   */
  home: z.looseObject({ replica: z.string().min(1).max(100), host: z.string().max(300), at: time }).optional(),
});
export type Town = z.infer<typeof townSchema>;

// -------------------------------------------------------------------------------------------------------------- the map

/** Schema of each kind of record, and by its key the folder it lives in. */
export const SCHEMAS = {
  beads: beadSchema,
  convoys: convoySchema,
  polecats: polecatSchema,
  rigs: rigSchema,
  verdicts: verdictSchema,
  merges: mergeSchema,
  approvals: approvalSchema,
  sessions: sessionSchema,
  costs: costSchema,
  mail: mailSchema,
  escalations: escalationSchema,
  memories: memorySchema,
  decisions: decisionSchema,
  town: townSchema,
} as const satisfies Record<Kind, z.ZodType>;

export type { Kind };
export type RecordOf<K extends Kind> = z.infer<(typeof SCHEMAS)[K]>;
export type AnyRecord = RecordOf<Kind>;

/** The whole memory: by kind, by id. Handed out read-only; only the store changes it, by replacing whole records. */
export type LedgerData = { readonly [K in Kind]: ReadonlyMap<string, RecordOf<K>> };

export const emptyData = (): { [K in Kind]: Map<string, RecordOf<K>> } =>
  Object.fromEntries(KINDS.map(kind => [kind, new Table()])) as unknown as { [K in Kind]: Map<string, RecordOf<K>> };
