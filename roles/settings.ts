import type { BudgetLimits } from '../source/ledger/budgets.ts';

/** Every number that a role decides by, with DESIGN §7's defaults. A town's config may override any of them. */
export interface Settings {
  mayor: {
    /** Polecats that may work at once, town-wide. */
    maxPolecats: number;
    /** Sessions that may be starting at once; 0 is one for each core. Agent CLIs take most of a core while they start. */
    maxStarting: number;
    /** Memory kept free for each session that is starting, beside `minFreeMemoryBytes`. */
    sessionBytes: number;
  };
  witness: {
    /** No first output after start for this long → ladder. */
    startupSilenceMs: number;
    /** No progress (output, CPU, commit) for this long → interrupt. */
    stallAfterMs: number;
    /** While a call to its model is under way: thinking cannot be told from hanging, and ending it loses what it cost. */
    modelPatienceMs: number;
    /** An agent that waits for an answer on its own screen for this long is told to a person. */
    waitingUnseenMs: number;
    /** Between two steps of the ladder. */
    ladderStepMs: number;
    /** An agent that ended its turn without a report is told so after this, `maxReminders` times; then a fresh session. */
    idleAfterMs: number;
    /** Times that it is told. */
    maxReminders: number;
    /** A session the ledger calls starting but the host does not know, for this long, is lost. */
    lostAfterMs: number;
    /** Fresh sessions a bead may cost before it is parked. */
    maxRespawns: number;
    /** Rest after a bead's second bad end in a row before the next session; doubles with each further one. */
    respawnDelayMs: number;
    /** Restarts of one polecat within `restartWindowMs` before it is quarantined. */
    maxRestarts: number;
    /** The time within which restarts are counted. */
    restartWindowMs: number;
  };
  refinery: {
    /** Trees that are tested at once in the town; 0 is one for each two cores, eight at most. */
    slots: number;
    /** Most requests that are stacked at once. A stack of a hundred costs a tenth of a second. */
    maxBatch: number;
    /** Red runs of a request alone on a green target before it bounces. */
    confirm: number;
    /** Age that one level of priority is worth. */
    priorityAgeMs: number;
    /** Bounces of a bead before it is parked. */
    maxReworks: number;
    /** Runs in a row that could not run before the request is held for a person. */
    maxCouldNotRun: number;
  };
  /** Rigs that land by pull requests. */
  pullRequests: {
    /** Between two looks at an open one: a quarter of the time that nothing changed in it, within these. */
    pollFirstMs: number;
    /** The longest time between two looks. */
    pollMaxMs: number;
    /** One without any check is taken for one of a repository without checks after this. */
    checksAppearMs: number;
  };
  deacon: {
    /** A role loop older than this is reported. */
    heartbeatStaleMs: number;
    /** A loop that comes later than this is reported. */
    loopLagWarnMs: number;
    /** With less disk free than this, dispatch pauses. */
    minFreeDiskBytes: number;
    /** With less memory free than this, dispatch pauses. */
    minFreeMemoryBytes: number;
    /** Of the machine's terminals or this process's file descriptors in use: above this share dispatch pauses. */
    maxUsedShare: number;
    /** Unacknowledged escalations climb one level after this, `maxClimbs` times at most. */
    climbAfterMs: number;
    /** Levels that an escalation may climb. */
    maxClimbs: number;
    /** An acknowledged escalation that nobody closed is shown again after this. */
    remindAfterMs: number;
    /** This many unexpected deaths within `massDeathWindowMs` pause dispatch. */
    massDeaths: number;
    /** The time within which deaths are counted. */
    massDeathWindowMs: number;
    /** This many agents' sessions in a row that ended badly within `witness.restartWindowMs`, none well between them, pause dispatch. */
    stormEnds: number;
    /** An effect that failed this often in a row is told to a person; it is tried on with growing pauses. */
    tellAfterFailures: number;
  };
  /** Interval of each Dog; 0 is off. */
  dogs: {
    /** Saves work in progress. */
    checkpointMs: number;
    /** Lets go of what ended sessions hold: terminals, files, packs in the landing repositories. */
    reaperMs: number;
    /** Makes a bundle of the ledger and restores it to see that it is whole. */
    backupMs: number;
    /** Runs the gates on each target branch. */
    mainTestMs: number;
    /** Looks for what `gastown doctor` would find. */
    doctorMs: number;
    /** Folds the texts of old work into digests. */
    compactorMs: number;
    /** Takes away the checkouts of workers that have had nothing to do. */
    prunerMs: number;
    /** A polecat that had nothing to do for this long loses its checkout (to the trash, where anything unlanded is in it). */
    pruneAfterMs: number;
    /** The terminal host starts a town again that vanished so long ago while agents worked. */
    bootMs: number;
    /** Between two runs of one Dog, however short its interval. */
    coolDownMs: number;
    /** A run that takes longer counts as failed and is let end; the next waits until it has. */
    limitMs: number;
  };
  /** In USD, 0 is no limit: `[budgets]` in town.toml. */
  budgets: BudgetLimits;
  /** `[unattended]` in town.toml. */
  unattended: UnattendedPolicy;
  compaction: {
    /** Texts of beads closed longer ago than this fold into digests. */
    olderThanMs: number;
  };
}

/** What may happen while nobody is at the screen: `[unattended]` in town.toml. */
export interface UnattendedPolicy {
  /** `all`: whatever was slung. `begun`: only what a session has worked on already. `none`: nothing; what is at work goes on to its end. */
  readonly dispatch: (typeof UNATTENDED_DISPATCH)[number];
  /** `policy`: as each rig's policy has it. `approved`: only what a person approved. `none`: nothing. */
  readonly land: (typeof UNATTENDED_LAND)[number];
  /** Of what is left of the budgets of day and town when the person leaves, the share that may be spent until they are back. */
  readonly budgetShare: number;
}
export const UNATTENDED_DISPATCH = ['all', 'begun', 'none'] as const;
export const UNATTENDED_LAND = ['policy', 'approved', 'none'] as const;

const MINUTE = 60_000;

export const DEFAULT_SETTINGS: Settings = {
  // An agent CLI and its sandbox take 60 to 300 MB by their first turn.
  mayor: { maxPolecats: 25, maxStarting: 0, sessionBytes: 268_435_456 },
  witness: {
    startupSilenceMs: 90_000,
    stallAfterMs: 15 * MINUTE,
    modelPatienceMs: 30 * MINUTE,
    waitingUnseenMs: 15 * MINUTE,
    ladderStepMs: MINUTE,
    idleAfterMs: 10_000,
    maxReminders: 2,
    lostAfterMs: 20_000,
    maxRespawns: 3,
    respawnDelayMs: 15_000,
    maxRestarts: 5,
    restartWindowMs: 15 * MINUTE,
  },
  refinery: { slots: 0, maxBatch: 100, confirm: 2, priorityAgeMs: 15 * MINUTE, maxReworks: 3, maxCouldNotRun: 3 },
  // A look is one question to GitHub, which allows 5,000 an hour. Its services take seconds to announce their checks.
  pullRequests: { pollFirstMs: 10_000, pollMaxMs: 2 * MINUTE, checksAppearMs: MINUTE },
  deacon: {
    heartbeatStaleMs: 30_000,
    loopLagWarnMs: 1_000,
    minFreeDiskBytes: 1_073_741_824,
    minFreeMemoryBytes: 536_870_912,
    maxUsedShare: 0.9,
    climbAfterMs: 4 * 60 * MINUTE,
    maxClimbs: 2,
    remindAfterMs: 24 * 60 * MINUTE,
    massDeaths: 3,
    massDeathWindowMs: 30_000,
    // OTP's intensity for the whole fleet: a login that ran out fails every session, however many beads there are.
    stormEnds: 8,
    tellAfterFailures: 4,
  },
  dogs: {
    checkpointMs: 10 * MINUTE,
    reaperMs: 5 * MINUTE,
    backupMs: 15 * MINUTE,
    mainTestMs: 30 * MINUTE,
    doctorMs: 5 * MINUTE,
    compactorMs: 24 * 60 * MINUTE,
    prunerMs: 60 * MINUTE,
    pruneAfterMs: 24 * 60 * MINUTE,
    bootMs: MINUTE,
    coolDownMs: 30_000,
    limitMs: 15 * MINUTE,
  },
  budgets: { bead: 0, convoy: 0, day: 0, town: 0 },
  unattended: { dispatch: 'all', land: 'policy', budgetShare: 1 },
  compaction: { olderThanMs: 30 * 24 * 60 * MINUTE },
};
