/** One fault, what must come of it, and the tests that bring it about in the real program. */
export interface Fault {
  readonly fault: string;
  readonly passes: string;
  /** Title, or the beginning of one, by file below `test/`. */
  readonly tests: readonly (readonly [file: string, title: string])[];
}

export const FAULTS: readonly Fault[] = [
  {
    fault: 'kill -9 of the town at each step of a landing, and of the ledger at random steps',
    passes: 'nothing acknowledged is lost, each branch lands once, no gate is left alive',
    tests: [
      ['town/landing-crash.test.ts', ''],
      ['ledger/faults/kill.test.ts', ''],
      ['crash/kill-demo.test.ts', ''],
    ],
  },
  {
    fault: 'kill -9 of agents and of their terminal host',
    passes: 'the bead goes on with a fresh session or is parked after its cap; drafts are kept',
    tests: [
      ['town/witness.test.ts', 'killed by a signal'],
      ['town/witness.test.ts', 'dying every time'],
      ['town/witness.test.ts', 'killed with -9 while sessions run'],
    ],
  },
  {
    fault: 'orphans: parents die, children ignore the hang-up, a host goes missing',
    passes: 'everything we started is ended or found again by pid and start time',
    tests: [
      ['agents/host.test.ts', 'leaves no process behind'],
      ['agents/host.test.ts', 'a killed host takes its sessions with it'],
      ['town/landing-crash.test.ts', 'ends with the next start after kill -9'],
    ],
  },
  {
    fault: 'a full disk',
    passes: 'nothing is acknowledged that is not on it, no file is torn, it goes on by itself when there is space',
    tests: [['ledger/disk.test.ts', '']],
  },
  {
    fault: 'the clock jumps a day to and fro',
    passes: 'order by sequence; ages stay true, nobody is called stuck and nothing waits for the clock to catch up',
    tests: [
      ['ledger/faults/clock.test.ts', ''],
      ['agents/steady-time.test.ts', ''],
      ['roles/clock.test.ts', ''],
      ['terminal/journeys/moved-clock.test.ts', ''],
    ],
  },
  {
    fault: 'a damaged record, journal, pack, commit',
    passes: 'found, named by gastown doctor, and the rest of the town works',
    tests: [['ledger/faults/damage.test.ts', '']],
  },
  {
    fault: 'stale locks of a killed Git',
    passes: 'cleaned under our own lock only',
    tests: [['ledger/faults/locks.test.ts', 'on the branch while the town is open']],
  },
  {
    fault: 'a remote that refuses, resets, stalls or answers half',
    passes: 'the target is unchanged or plainly pending; a push that took place counts once',
    tests: [
      ['git/push.test.ts', ''],
      ['town/queue.test.ts', 'refused by a hook of the origin'],
    ],
  },
  {
    fault: 'a dropped line: SIGHUP, a closed terminal, a cut SSH connection',
    passes: 'headless within a second, agents untouched, the next gastown takes over',
    tests: [
      ['terminal/journeys/recovery.test.ts', 'when its terminal is closed'],
      ['ssh/ssh.test.ts', ''],
    ],
  },
  {
    fault: 'two that orchestrate one town',
    passes: 'the second is told who has it; after kill -9 of the first the next start needs no cleaning',
    tests: [
      ['ledger/faults/locks.test.ts', 'are told apart by the lock'],
      ['town/lock-and-access.test.ts', 'is run by one process at a time'],
      ['terminal/journeys/leaving.test.ts', 'a second screen on the same town'],
    ],
  },
  {
    fault: 'gates that hang, fork daemons, ignore SIGTERM, flood',
    passes: 'the group is ended at the time limit, output is kept to its end in little memory',
    tests: [
      ['gates/runner.test.ts', 'that does not end in time'],
      ['gates/runner.test.ts', 'that ignores SIGTERM'],
      ['gates/runner.test.ts', 'leaves nothing running'],
      ['gates/runner.test.ts', 'that floods'],
    ],
  },
  {
    fault: 'an agent that rewrites its history or hands in newer work',
    passes: 'an approval is for one head; a history of its own making is not taken over',
    tests: [
      ['town/queue.test.ts', 'an approval is for one head'],
      ['town/witness.test.ts', 'work on a history of its own making'],
    ],
  },
  {
    fault: 'floods: 20 MB of output, input that nobody reads, thirty agents killed at random',
    passes: 'memory, descriptors and processes stay as they were, other sessions go on',
    tests: [
      ['agents/host-load.test.ts', ''],
      ['drill/soak.test.ts', ''],
    ],
  },
  {
    fault: 'the target is moved by a person while gates run',
    passes: 'nothing of theirs is overwritten, the work is tested on it again',
    tests: [
      ['town/queue.test.ts', 'moved by a person while the gates run'],
      ['git/land.test.ts', 'never overwrites'],
    ],
  },
  {
    fault: 'a merge from the wrong base, and one that drops a change',
    passes: 'stopped by the containment check, with the files it would have taken back',
    tests: [['git/containment.test.ts', '']],
  },
];
