import { z } from 'zod';
import { KINDS } from './kinds.ts';
import {
  causeSchema,
  commentSchema,
  dependencySchema,
  GATE_NETWORKS,
  gateRunSchema,
  gateSchema,
  guardFindingSchema,
  guardSettingsSchema,
  HELP_CATEGORIES,
  LAND_WAYS,
  LIMITS,
  MAIL_PRIORITIES,
  MAIL_TYPES,
  MEMORY_TYPES,
  POLECAT_STATES,
  POLICIES,
  SANDBOX_NETWORKS,
  SANDBOX_WISHES,
  SESSION_MODES,
  SEVERITIES,
  sessionSandboxSchema,
  usageSchema,
} from './schema.ts';

/**
 * Every change to the ledger is one of these commands: one atomic transition each, so that no protocol step depends on
 * an agent doing as told. The reducer (`reduce.ts`) turns a command into new whole records or refuses it.
 */
const id = z.string().min(1).max(200);
const sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);
const title = z.string().min(1).max(LIMITS.titleChars);
const text = z.string().max(LIMITS.textChars);
const reason = z.string().min(1).max(2_000);
const note = z.string().trim().min(1).max(LIMITS.noteChars);

/** A moment in any offset; kept in UTC milliseconds. */
const moment = z.iso.datetime({ offset: true }).transform(text => new Date(text).toISOString());
/** Below the checkout: neither absolute nor up and out of it. */
const reportGlobs = z
  .array(
    z
      .string()
      .min(1)
      .max(200)
      .regex(/^(?!\/)(?!(.*\/)?\.\.(\/|$))/),
  )
  .max(20);
const word = z.string().min(1).max(LIMITS.wordChars);
const line = z.string().max(2_000);
const lines = z.array(line).max(1_000);

/** Fields of a bead as Beads has them, which may be given at its making and changed later. */
const beadFields = {
  description: text,
  design: text,
  acceptance_criteria: text,
  notes: text,
  spec_id: line,
  assignee: line,
  owner: line,
  estimated_minutes: z.number().int().min(0),
  due_at: moment,
  defer_until: moment,
  external_ref: line,
  source_system: line,
  metadata: z.json(),
  pinned: z.boolean(),
  ephemeral: z.boolean(),
  no_history: z.boolean(),
  is_template: z.boolean(),
  sender: line,
  wisp_type: line,
  mol_type: line,
  work_type: line,
  await_type: line,
  await_id: line,
  timeout: z.number().min(0),
  waiters: lines,
  source_formula: line,
  source_location: line,
  event_kind: line,
  actor: line,
  target: line,
  payload: text,
  closed_by_session: line,
} as const;
const fields = z.object(beadFields);

const beadDraft = fields.partial().extend({
  /** Minted by the writer when absent. */
  id: id.optional(),
  title,
  priority: z.number().int().min(0).max(4).optional(),
  issue_type: word.optional(),
  labels: z.array(z.string()).optional(),
  rig: id.optional(),
  agent: z.string().optional(),
  touches: z.array(z.string()).optional(),
});

/** Any other field in its nullable form: `null` removes it. */
const nullable = <T extends z.ZodRawShape>(shape: T) =>
  Object.fromEntries(
    Object.entries(shape).map(([field, schema]) => [field, (schema as z.ZodType).nullable().optional()]),
  ) as unknown as { [K in keyof T]: z.ZodOptional<z.ZodNullable<T[K]>> };

const edge = z.object({
  depends_on_id: id,
  type: word.default('blocks'),
  metadata: z.json().optional(),
  thread_id: line.optional(),
});

/** A plan's bead: `key` names it inside the plan, `needs` names others of the same plan by key, or any bead by its id. */
const planBead = beadDraft.extend({ key: z.string().min(1).max(100), needs: z.array(z.string()).default([]) });

const usageEntry = z.object({
  session: id,
  model: z.string().min(1).max(200),
  day: z.iso.date(),
  calls: z.number().int().min(0),
  usage: usageSchema,
  nanos: z.number().int().min(0),
  unpriced: z.number().int().min(0),
});

/** What a person may choose for a rig when it is added, and later. */
const rigChoices = () => ({
  setup: z.string().optional(),
  policy: z.enum(POLICIES).optional(),
  agent: z.string().optional(),
  sandbox: z.enum(SANDBOX_WISHES).optional(),
  network: z.enum(SANDBOX_NETWORKS).optional(),
  land: z.enum(LAND_WAYS).optional(),
  gateNetwork: z.enum(GATE_NETWORKS).optional(),
  /** None: the usual places; in an update, these again. */
  reports: reportGlobs.optional(),
  guards: guardSettingsSchema.optional(),
});

/** Each is made when it is first asked for: all of them take 25 ms of a core, and most processes ask for few. */
const schemas = {
  // --- town
  /** Creates the `town` record. Refused when there is one. */
  'town.create': () => z.object({ name: z.string().min(1).max(80) }),
  'town.estop': () => z.object({ reason }),
  'town.thaw': () => z.object({}),
  'town.dispatch': () => z.object({ paused: reason.optional() }),
  /** A Dog runs by its interval, or only when it is told to. */
  'town.dog': () => z.object({ dog: z.string().regex(/^[a-z][a-z-]{0,39}$/), off: z.boolean() }),
  /** The machine that works, where none is named yet: by a town's first sync. */
  'town.home': () => z.object({ replica: id, host: z.string().min(1).max(300) }),
  /**
   * This machine becomes the one that works. What the other one had under way has ended there: sessions `lost`, beads off
   * their hooks and wanted again, and so the beads of the open requests in `missing`, whose commits are not here.
   */
  'town.takeOver': () => z.object({ replica: id, host: z.string().min(1).max(300), missing: z.array(id).default([]) }),
  /**
   * What merging with another machine's ledger came to: whole records, each written only while ours is at `rev` (0: there
   * is none). With `head` it completes the merge: that commit becomes a second parent.
   */
  'sync.apply': () =>
    z.object({
      remote: z.string().max(4_000),
      head: sha.optional(),
      records: z
        .array(
          z.object({
            kind: z.enum(KINDS),
            id,
            rev: z.number().int().min(0),
            record: z.record(z.string(), z.unknown()),
          }),
        )
        .max(5_000),
    }),
  'merge.pause': () => z.object({ rig: id }),
  'merge.resume': () => z.object({ rig: id }),

  // --- rigs
  'rig.add': () =>
    z.object({
      id,
      origin: z.string().min(1),
      branch: z.string().min(1),
      prefix: z.string(),
      gates: z.array(gateSchema),
      ...rigChoices(),
    }),
  'rig.update': () =>
    z.object({
      id,
      gates: z.array(gateSchema).optional(),
      ...rigChoices(),
      branch: z.string().min(1).optional(),
      /** Where it lies on the machine that works. */
      origin: z.string().min(1).optional(),
    }),
  /** Who owns what changed on the target: `owners` is the new CODEOWNERS' fingerprint, null for none. */
  'rig.owners': () => z.object({ id, owners: z.string().min(1).max(100).nullable() }),
  /** Marks the rig removed. Refused while a bead of it is on a hook or a merge request is open. */
  'rig.remove': () => z.object({ id }),

  /** A test that runs and does not count until `until`, at most `QUARANTINE_MAX_MS` from now. Anew: a new end. */
  'quarantine.add': () =>
    z.object({
      rig: id,
      gate: z.string().min(1).max(40),
      test: z.string().min(1).max(LIMITS.testIdChars),
      until: moment,
      reason: z.string().max(500).optional(),
    }),
  'quarantine.remove': () =>
    z.object({
      rig: id,
      gate: z.string().min(1).max(40),
      test: z.string().min(1).max(LIMITS.testIdChars),
    }),

  // --- plans and beads
  /** One convoy and all its beads with their dependencies (type `blocks`), in one transaction. `approve` slings it at once. */
  'plan.import': () =>
    z.object({
      title,
      rig: id,
      goal: text.optional(),
      design: text.optional(),
      source: z.string().optional(),
      beads: z.array(planBead).min(1).max(1_000),
      approve: z.boolean().optional(),
    }),
  /** A bead of type `plan` for a session in the Mayor's role: its title and text are the goal, and it is wanted on a hook. */
  'plan.request': () => z.object({ rig: id, goal: text.trim().min(1), agent: z.string().optional() }),
  /**
   * What such a session proposes for its bead: one convoy that waits for a person. A later one of the same bead takes the
   * place of the earlier while that is not approved; `base` is the `planVersion` it was written on, where somebody else
   * changed the plan since it was proposed.
   */
  'plan.propose': () =>
    z.object({
      bead: id,
      title,
      goal: text.optional(),
      design: text.optional(),
      beads: z.array(planBead).min(1).max(1_000),
      base: word.optional(),
    }),
  /**
   * A proposed convoy as it is to be: a bead whose key is the id of one of its beads is that bead, other keys are new beads,
   * and beads that are not named any more are deleted. Compare-and-swap: `base` is the `planVersion` that its writer saw.
   */
  'plan.edit': () =>
    z.object({
      id,
      base: word,
      title,
      goal: text.optional(),
      design: text.optional(),
      beads: z.array(planBead).min(1).max(1_000),
    }),
  /** Proposed → approved; every bead of it that is open gets `dispatch`. */
  'convoy.approve': () => z.object({ id }),
  /** The same beads in another order, by which they are dispatched from then on, whatever their priorities. */
  'convoy.order': () => z.object({ id, beads: z.array(id).min(1).max(1_000) }),
  /** Approved → landed, once every bead is closed. */
  'convoy.land': () => z.object({ id }),
  'convoy.cancel': () => z.object({ id, reason: reason.optional() }),
  /** `dependencies` are what it depends on, `dependents` what depends on it; all of it is made in one step. */
  'bead.create': () =>
    beadDraft.extend({
      parent: id.optional(),
      convoy: id.optional(),
      dispatch: z.boolean().optional(),
      dependencies: z.array(edge).max(1_000).optional(),
      dependents: z
        .array(z.object({ issue_id: id, type: word.default('blocks') }))
        .max(1_000)
        .optional(),
    }),
  /**
   * Field by field; `baseRev` makes it a compare-and-swap. `null` removes a field. Status `closed` closes as `bead.close`
   * does and any other one reopens a closed bead. `parent` replaces its parents; null makes it a bead of its own.
   */
  'bead.update': () =>
    z.object({
      id,
      baseRev: z.number().int().optional(),
      set: z.object({
        ...nullable(beadFields),
        title: title.optional(),
        priority: z.number().int().min(0).max(4).optional(),
        issue_type: word.optional(),
        status: word.optional(),
        agent: z.string().nullable().optional(),
        parent: id.nullable().optional(),
        /** The whole set. */
        labels: z.array(z.string()).optional(),
        addLabels: z.array(z.string()).optional(),
        removeLabels: z.array(z.string()).optional(),
        /** Single keys of metadata that is an object. */
        setMetadata: z.record(z.string(), z.json()).optional(),
        unsetMetadata: z.array(z.string()).optional(),
        appendNotes: text.optional(),
      }),
    }),
  /** `author` is for the operator, who may write down what somebody else said. */
  'bead.comment': () => z.object({ id, text: text.min(1), author: line.optional() }),
  /** Compare-and-swap on the assignee; idempotent for the same actor; `conflict` otherwise. */
  'bead.claim': () => z.object({ id, assignee: z.string().min(1) }),
  /** Closing a bead on a hook or with an open merge request is refused; so is one with open `blocks` dependents' sources unless `force`. */
  'bead.close': () =>
    z.object({
      id,
      reason: z.string().max(500).optional(),
      force: z.boolean().optional(),
      /** The agent session that closes it. */
      session: line.optional(),
    }),
  /** Closes it as a duplicate of another, with a `duplicates` dependency, in one step. */
  'bead.duplicate': () => z.object({ id, of: id }),
  /** Closes it as replaced by another, with a `supersedes` dependency, in one step. */
  'bead.supersede': () => z.object({ id, by: id }),
  'bead.reopen': () => z.object({ id, reason: z.string().max(500).optional() }),
  /** Becomes a tombstone with a rev. Refused on a hook or with an open merge request. */
  'bead.delete': () => z.object({ id, reason: z.string().max(500).optional() }),
  /** Self and circular dependencies are refused. One that is there already takes the new metadata; another type is refused. `more` is added in the same step. */
  'dep.add': () => z.object({ dependency: dependencySchema, more: z.array(dependencySchema).max(10_000).optional() }),
  'dep.remove': () => z.object({ issue_id: id, depends_on_id: id }),
  /** Two dependencies of the same kind, one each way, in one step. `remove` takes both away. */
  'dep.relate': () =>
    z.object({ ids: z.tuple([id, id]), type: word.default('relates-to'), remove: z.boolean().optional() }),
  /** Settings of `bd config`; null removes one. `status.custom` is checked. */
  'beads.config': () => z.object({ set: z.record(z.string().min(1).max(200), z.string().max(20_000).nullable()) }),
  /**
   * Issues of Beads, as `interchange/` reads them, in one step. New ones are added; of a known one the newer `updated_at`
   * wins, labels, dependencies and comments are united, and nothing is removed for not being there. What was deleted here
   * stays deleted. What is on a hook or in the merge queue keeps its status and its worker.
   */
  'beads.import': () =>
    z.object({
      beads: z.array(z.looseObject({ id, title })).max(200_000),
      memories: z.array(z.object({ id, text: text.min(1) })).default([]),
      /** Take also what is older than what is here. */
      stale: z.boolean().optional(),
      /** Rig of the beads that are new and whose ids do not say it. */
      rig: id.optional(),
    }),

  // --- dispatch and work
  /** Wanted on a hook: sets `town.dispatch`; also un-parks (status back to open, counters to 0). `agent` overrides. */
  'bead.sling': () => z.object({ id, polecat: id.optional(), agent: z.string().optional() }),
  /** Takes the wish back. On a hook: ends in `hook.release` by the Polecat role; refused here. */
  'bead.unsling': () => z.object({ id }),
  /**
   * Compare-and-swap, the only way onto a hook: bead must be ready-to-dispatch (open, `town.dispatch` set, no assignee),
   * polecat idle. Creates the polecat when it is new. Bead → hooked, assignee = polecat; polecat → slung.
   */
  'hook.set': () => z.object({ bead: id, polecat: id }),
  /** Off the hook without an end to the work: bead → open (dispatch kept when `requeue`), polecat → idle. */
  'hook.release': () => z.object({ polecat: id, requeue: z.boolean(), prefer: z.boolean().optional() }),
  'polecat.state': () => z.object({ id, state: z.enum(POLECAT_STATES) }),
  /** A session is being started for the hook: session record `starting`, polecat → starting, bead attempts + 1, bead → in_progress. */
  'session.start': () =>
    z.object({
      id,
      polecat: id,
      bead: id,
      agent: z.string(),
      base: sha,
      checkout: z.string(),
      tokenHash: z.string().length(64),
      mode: z.enum(SESSION_MODES).optional(),
      sandbox: sessionSandboxSchema.optional(),
      /** The agent's own id of an earlier conversation that it goes on with. */
      conversation: z.string().max(200).optional(),
    }),
  /** How the polecat's next session is to be started: by its protocol or in a terminal, going on with which conversation. */
  'polecat.next': () => z.object({ id, mode: z.enum(SESSION_MODES), resume: z.string().max(200).optional() }),
  /** The agent's own id of its conversation. */
  'session.conversation': () => z.object({ id, conversation: z.string().min(1).max(200) }),
  /** It ended its turn without a report and was told so, for the `count`th time. */
  'session.reminded': () => z.object({ id, count: z.number().int().min(1).max(9) }),
  /** Its process runs. Polecat → working. */
  'session.running': () => z.object({ id, pid: z.number().int() }),
  /** The agent's own claim over `gt` or MCP. Only the session's own polecat may. Last one wins until the session ended. */
  'session.report': () =>
    z.object({
      id,
      kind: z.enum(['done', 'failed', 'handoff', 'escalated']),
      summary: text.optional(),
      noChange: z.boolean().optional(),
    }),
  'session.ladder': () => z.object({ id, step: z.number().int().min(0).max(9) }),
  /**
   * The session's process is gone or was ended. Outcome `done` is reached only through `work.done`.
   * `handoff`, `died`, `stalled`, `lost` leave the bead on the hook (polecat → slung) and count a respawn except `handoff`;
   * `failed` the same; `stopped` leaves polecat → slung without counting. `cause` goes to the bead for the next session.
   */
  'session.end': () =>
    z.object({
      id,
      outcome: z.enum(['failed', 'died', 'stalled', 'handoff', 'stopped', 'lost']),
      exitCode: z.number().int().optional(),
      signal: z.number().int().optional(),
      cause: causeSchema.optional(),
      note: text.optional(),
    }),
  /**
   * Work accepted: commit exists in the landing repository under `ref`. One transaction: merge request queued
   * (older open ones of the bead superseded), session ended `done`, bead off the hook (status in_progress, `town.merge`), polecat → idle.
   */
  'work.done': () =>
    z.object({
      session: id,
      merge: id,
      ref: z.string(),
      base: sha,
      head: sha,
      files: z.number().int().optional(),
      patch: sha.optional(),
      summary: text.optional(),
    }),
  /**
   * Explicit no-change: bead closed with reason, session ended `done`, polecat → idle. A planning session ends in this way
   * too: `plan` is the convoy that it proposed for its bead.
   */
  'work.nothing': () => z.object({ session: id, summary: text.optional(), plan: id.optional() }),
  /** Given up until a person decides: bead → blocked + parked, off the hook if it was on one, polecat → idle; escalation opened. */
  'bead.park': () => z.object({ id, reason, cause: causeSchema.optional(), severity: z.enum(SEVERITIES).optional() }),

  // --- merge queue
  /** Puts queued requests into one batch (state testing) or, `group` absent, back to ungrouped `queued`. */
  'merge.group': () => z.object({ ids: z.array(id).min(1), group: z.string().optional() }),
  /** What the gates said of requests under test: suspected in that run, or, `run` null, no longer. */
  'merge.sift': () =>
    z.object({
      changes: z
        .array(
          z.object({
            id,
            run: z.string().max(40).nullable(),
            reds: z.number().int().min(0).default(0),
            redAt: z.iso.datetime().optional(),
            passed: z.number().int().min(0).default(0),
          }),
        )
        .min(1),
    }),
  /** What the guards saw in a request, at the head and base they looked at. Ignored when it has moved on since. */
  'merge.guard': () =>
    z.object({
      id,
      head: sha,
      base: sha,
      policy: z.string().min(1).max(100),
      findings: z.array(guardFindingSchema).max(200),
    }),
  /** Result of one gate run on one tree. Creates or appends the verdict record. */
  'gate.record': () => z.object({ rig: id, tree: sha, gate: z.string(), environment: z.string(), run: gateRunSchema }),
  /** Intent to land, journaled before the target moves. All of `ids` are in state testing and share `new`. */
  'merge.landing': () => z.object({ ids: z.array(id).min(1), old: sha, new: sha, tree: sha }),
  /** The pull request that asks for this landing: found or opened, and at its `head`. */
  'merge.pr': () =>
    z.object({
      ids: z.array(id).min(1),
      number: z.number().int().min(1),
      url: z.string().min(1).max(2_000),
      branch: z.string().min(1).max(300),
      head: sha,
    }),
  /** The target did not move to `new`: back to queued, intent cleared; with `batchMax` in smaller company from then on. */
  'merge.unland': () => z.object({ ids: z.array(id).min(1), reason, batchMax: z.number().int().min(1).optional() }),
  /**
   * Its pull request is not merged, in one step from landing: back to a polecat because checks were red (bounced) or a
   * person asked for changes (rejected, with rework), or out of the queue because a person closed it (rejected).
   */
  'merge.return': () =>
    z.object({
      ids: z.array(id).min(1),
      end: z.enum(['bounced', 'rejected']),
      rework: z.boolean(),
      cause: causeSchema,
    }),
  /**
   * Verified on the target. Closes each bead as landed (the only way), counts for the polecat, clears `town.merge`.
   * Refused unless the request is in state landing with this `sha` as `landing.new`. `as` is the commit of the target's
   * first-parent line that holds it, where the remote's own service made that one.
   */
  'merge.landed': () => z.object({ ids: z.array(id).min(1), sha, as: sha.optional() }),
  /** Back to a polecat with the evidence: bead → open, dispatch set (preferring the same polecat), reworks + 1. */
  /** Its very change has landed with another request: → superseded, and its bead closed as landed with that one. */
  'merge.duplicate': () => z.object({ id, of: id }),
  'merge.bounce': () => z.object({ id, cause: causeSchema }),
  'merge.reject': () => z.object({ id, reason, rework: z.boolean().optional() }),
  /** A bounced, rejected or held request once more, as it is: → queued. */
  'merge.retry': () => z.object({ id }),
  /** Asks to take a landed request back: `head`, a commit on the target at `base`, does so, and is queued like any other work. */
  'merge.revert': () =>
    z.object({
      of: id,
      id,
      ref: z.string(),
      base: sha,
      head: sha,
      files: z.number().int().optional(),
      reason: reason.optional(),
    }),
  /** Makes a rig of an epic's own from `of`, on a branch beside its target, and sends the epic's beads there that nobody has worked on. Again: only the latter. */
  'integration.start': () => z.object({ epic: id, id, of: id, branch: z.string().min(1).max(200), prefix: z.string() }),
  /** Asks to bring the branch of such a rig, at `head`, onto the target of the one that it was made from. */
  'integration.land': () =>
    z.object({
      rig: id,
      id,
      ref: z.string(),
      base: sha,
      head: sha,
      files: z.number().int().optional(),
    }),
  /** Ends such a rig without landing: its open beads go back to the other, its branch stays. */
  'integration.stop': () => z.object({ rig: id }),
  'merge.hold': () => z.object({ id, reason: z.string().optional() }),
  'merge.release': () => z.object({ id }),
  /** A place by hand; `others` get theirs in the same step, so that one wish is taken back as one. */
  'merge.order': () =>
    z.object({
      id,
      order: z.number().nullable(),
      others: z
        .array(z.object({ id, order: z.number().nullable() }))
        .max(1_000)
        .default([]),
    }),
  /** Operator only. `head` must be the request's current head, else `conflict`. */
  'merge.approve': () =>
    z.object({
      id,
      head: sha,
      gates: z.array(z.object({ name: z.string(), outcome: z.string() })).default([]),
      /** What a person typed, where what the request changes is protected. */
      word: z.string().max(100).optional(),
    }),
  /** Operator only: a remark on one line of what `head` changes. Refused when that is not the request's head. */
  'merge.comment': () =>
    z.object({
      id,
      head: sha,
      path: z.string().min(1).max(4_096),
      line: z.number().int().min(1),
      side: z.enum(['new', 'old']).default('new'),
      text: z.string().trim().min(1).max(4_000),
      quote: z.string().max(500).optional(),
    }),

  // --- money
  /** What was used since a place in a log up to another: added to each record of session, model, day and source. */
  'usage.add': () =>
    z.object({
      log: z.string().min(1).max(200),
      offset: z.number().int().min(0),
      entries: z.array(usageEntry.extend({ source: z.enum(['meter', 'cli']) })).max(1_000),
    }),
  /** All that the transcripts of a session tell, instead of what they told before. */
  'usage.set': () => z.object({ entries: z.array(usageEntry).min(1).max(1_000) }),
  /** In USD, for `bead`, `convoy`, `day`, `town`, one bead or convoy by its id, or `day:<date>`; null removes it. */
  'budget.set': () =>
    z.object({
      scope: id,
      usd: z.number().min(0).max(1_000_000_000).nullable(),
      letStop: z.boolean().optional(),
    }),

  // --- compaction
  /** Folds the long texts of beads closed before that time into digests; the whole text stays in Git. `conflict` when one does not qualify. */
  'beads.compact': () => z.object({ ids: z.array(id).min(1).max(500), before: z.iso.datetime() }),
  /** Brings the texts back that a bead had before it was folded, as Git remembers them. */
  'bead.restore': () =>
    z.object({
      id,
      texts: z.object({
        description: text.optional(),
        design: text.optional(),
        acceptance_criteria: text.optional(),
        notes: text.optional(),
        comments: z.array(commentSchema).optional(),
      }),
    }),

  // --- history
  /**
   * Takes back the command numbered `of`, or does it again when that was itself a taking back: sets fields of records that
   * are still at `rev` (null removes one, `town.x` is a part of a bead's town data, `stamp` names times that become now).
   * `sling` instead has the bead worked on again whose session was stopped. Made by `planUndo`.
   */
  'history.undo': () =>
    z.object({
      of: z.number().int(),
      records: z
        .array(
          z.object({
            kind: z.enum(KINDS),
            id,
            rev: z.number().int(),
            set: z.record(z.string(), z.unknown()),
            stamp: z.array(z.string()).optional(),
          }),
        )
        .max(5_000),
      sling: id.optional(),
    }),

  // --- designs and notes
  /** Adds to the notes, with author and time; what stands there stays. */
  'bead.note': () => z.object({ id, text: note }),
  'convoy.note': () => z.object({ id, text: note }),
  /** Compare-and-swap: `base` is the `textVersion` of the design that the writer saw, `none` for no design; else `conflict`. */
  'bead.design': () => z.object({ id, text: text.min(1), base: word }),
  'convoy.design': () => z.object({ id, text: text.min(1), base: word }),

  // --- mail, escalations, memories
  /** With `replyTo`, recipient and subject follow from that message, which counts as read. */
  'mail.send': () =>
    z.object({
      to: z.string().min(1).optional(),
      subject: title.optional(),
      body: text.default(''),
      type: z.enum(MAIL_TYPES).optional(),
      priority: z.enum(MAIL_PRIORITIES).optional(),
      replyTo: id.optional(),
    }),
  'mail.deliver': () => z.object({ ids: z.array(id).min(1) }),
  'mail.read': () => z.object({ ids: z.array(id).min(1) }),
  /** Severity follows from the category where it is not given, and is medium where neither is. */
  'escalation.open': () =>
    z.object({
      severity: z.enum(SEVERITIES).optional(),
      category: z.enum(HELP_CATEGORIES).optional(),
      title,
      body: text.default(''),
      subject: id.optional(),
      /** At most one open escalation per key: a second is a no-op. */
      key: z.string().max(200).optional(),
    }),
  /** A live session's question to a person. The same one of the same bead, asked again, is still one question. */
  'question.ask': () =>
    z.object({
      session: id,
      title,
      body: text.default(''),
      choices: z.array(z.string().trim().min(1).max(LIMITS.titleChars)).max(LIMITS.choices).default([]),
    }),
  /** A person's answer. `conflict` when it was answered already. */
  'question.answer': () => z.object({ id, answer: text.trim().min(1) }),
  /** The answer reached the session that asked. */
  'question.told': () => z.object({ id }),
  'escalation.acknowledge': () => z.object({ id }),
  /** One level up. */
  'escalation.climb': () => z.object({ id }),
  /** Acknowledged long ago and never closed: it is put before people again, and its clock starts anew. */
  'escalation.remind': () => z.object({ id }),
  'escalation.close': () => z.object({ id, reason: reason.optional() }),
  /** A known id is rewritten; type and rig stay as they are where they are not given, and a null rig makes it the town's. */
  'memory.remember': () =>
    z.object({
      id: id.optional(),
      text: text.min(1),
      type: z.enum(MEMORY_TYPES).optional(),
      rig: id.nullable().optional(),
    }),
  'memory.forget': () => z.object({ id }),
} as const;

export type CommandType = keyof typeof schemas;
type CommandSchema<T extends CommandType> = ReturnType<(typeof schemas)[T]>;
/** A command's own fields, as given. */
export type CommandInput<T extends CommandType> = z.input<CommandSchema<T>>;
export type CommandPayload<T extends CommandType> = z.output<CommandSchema<T>>;

export const COMMAND_TYPES: readonly CommandType[] = Object.keys(schemas) as CommandType[];

const made = new Map<CommandType, z.ZodType>();

/** What a command's own fields must be; undefined where there is no such command. */
export const commandSchema = (type: CommandType): z.ZodType | undefined => {
  if (!made.has(type) && Object.hasOwn(schemas, type)) made.set(type, schemas[type]());
  return made.get(type);
};

/** Who acts. Polecats are `polecat` with their id as name; the person is `operator`. */
export const ACTOR_ROLES = ['operator', 'mayor', 'polecat', 'witness', 'refinery', 'deacon', 'dog', 'town'] as const;
export type ActorRole = (typeof ACTOR_ROLES)[number];
export interface Actor {
  readonly role: ActorRole;
  readonly name: string;
}

/** A command with its envelope. `opId` makes a retry harmless: the second execution returns the first one's receipt. */
export type Command = {
  [T in CommandType]: {
    readonly type: T;
    readonly payload: CommandInput<T>;
    readonly actor: Actor;
    readonly opId?: string;
    /** Why; kept as a decision on the command's subject and in the commit's message. */
    readonly because?: string;
  };
}[CommandType];

/** What an acknowledged command did. */
export interface Receipt {
  /** Journal sequence; durable when this is returned. */
  readonly seq: number;
  /** Records written, in order. The first is the command's subject. */
  readonly written: readonly { kind: string; id: string; rev: number }[];
  /** True when the operation id had been executed before. */
  readonly replayed: boolean;
}

/** `polecat rust/nux` or `operator`: for messages, trailers and `created_by`. */
export const actorName = (actor: Actor): string =>
  actor.role === actor.name ? actor.role : `${actor.role} ${actor.name}`;
