import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ROLE_NAMES } from '../../roles/role.ts';
import type { Merge } from '../../source/ledger/schema.ts';
import type { LedgerEvent } from '../../source/ledger/store.ts';
import { OPERATOR, TOWN_ACTOR } from '../../source/town/context.ts';
import type { OperatorIntent, Outcome } from '../../source/town/view.ts';
import { LONG } from '../support/long.ts';
import { type Bench, bench, data, type Gate, gate, until } from '../town/harness.ts';
import { expectInvariants } from './invariants.ts';

/** A finished branch. Its file names say what the gate thinks of it: see `GATE`. */
export interface Branch {
  readonly name: string;
  /** What it changes; null removes a file. Default: a file of its own. */
  readonly files?: Readonly<Record<string, string | null>>;
  /** Name of the branch whose commits it stands on. Default: the target as it is. */
  readonly on?: string;
  readonly priority?: number;
  readonly rig?: string;
  readonly title?: string;
  readonly message?: string;
  /** Commits without changes before the one that has them. */
  readonly emptyCommits?: number;
}

/** Red with a file `bad…`, or with both `left-x` and `right-x`: branches that are good alone and not together. */
export const GATE = [
  'for b in bad*; do if test -e "$b"; then echo "$b is here"; exit 1; fi; done',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own expansion.
  'for l in left-*; do if test -e "right-${l#left-}"; then echo "$l does not go with right-${l#left-}"; exit 1; fi; done',
].join('\n');

/** The gate says so in a note once it runs, and waits for another one. */
export const waitingGate = (notes: string, then = GATE): string =>
  `touch '${notes}/testing'; while [ ! -e '${notes}/go' ]; do sleep 0.02; done\n${then}`;

export interface StageOptions {
  readonly gates?: readonly Gate[] | ((paths: { notes: string }) => readonly Gate[]);
  readonly policy?: 'auto' | 'guarded' | 'all';
  readonly settings?: NonNullable<Parameters<typeof bench>[1]>['settings'];
  readonly files?: Readonly<Record<string, string>>;
  /** Nothing runs until `resume`, so that what is queued meanwhile meets. Default true. */
  readonly paused?: boolean;
}

/** A town whose queue is filled without agents, and what a person does to it. All branches bear the names given to them. */
export interface Stage {
  readonly town: Bench;
  /** Every acknowledged change, also of before a restart. */
  readonly history: readonly LedgerEvent[];
  /** What others put on the target. */
  readonly pushed: string[];
  queue(...branches: (string | Branch)[]): Promise<void>;
  /** New work on a bead whose last request came back, from where the target is now. */
  rework(name: string, files: Readonly<Record<string, string | null>>): Promise<void>;
  /** The newest request of a branch. */
  of(name: string): Merge;
  states(...names: string[]): string[];
  operator(body: Parameters<Bench['running']['town']['context']['execute']>[1]): Promise<unknown>;
  /** What a person does by key or command, through the very same door. */
  intent(intent: OperatorIntent): Promise<Outcome>;
  pause(): Promise<unknown>;
  resume(): Promise<unknown>;
  approve(name: string): Promise<unknown>;
  /** Somebody else moves the target; answers the commit. */
  push(files: Readonly<Record<string, string | null>>, branch?: string): string;
  /** Somebody else puts a branch's own commit on the target. */
  pushCommit(commit: string): void;
  until<T>(what: string, condition: () => T | undefined | false | null | ''): Promise<T>;
  /** The gate of `waitingGate` is at work, or may go on. */
  testing(): Promise<unknown>;
  go(): void;
  /** Nothing is under way and a further look at everything finds nothing to do. */
  idle(): Promise<void>;
  /** The town ends where it is, and another process takes over. */
  reopen(): Promise<void>;
  /** Paths on the target but for those it began with. */
  files(branch?: string): string[];
  /** Landed branches in the order in which they came onto the target. */
  order(): string[];
}

/** Played by `npm test`: one of each kind. */
const SHORT = new Set([
  'zuul-parallel-changes',
  'zuul-failed-change-at-head',
  'zuul-dependent-behind-dequeue',
  'zuul-project-merge-conflict',
  'fault-wrong-base',
  'fault-branch-rewritten',
  'fault-gate-forks-and-floods',
]);

/** One test: the town idle at its end, and whatever happened, all that must always hold does. */
export const scenario = (
  name: string,
  what: string,
  ...[act, options]: [act: (stage: Stage) => Promise<void>, options?: StageOptions]
): void =>
  test.runIf(LONG || SHORT.has(name))(`${name}: ${what}`, async () => {
    const stage = await openStage(name, options);
    await act(stage);
    await stage.idle();
    expectInvariants(stage);
    await stage.town.stop();
  });

/** A landing as the chain of requests that it brought, read from Git alone. */
const landedOrder = (origin: string, heads: ReadonlyMap<string, string>): string[] => {
  const merges = git(origin, ['rev-list', '--merges', '--topo-order', '--reverse', '--parents', 'main']).split('\n');
  return merges.flatMap(line =>
    line
      .split(' ')
      .slice(2)
      .flatMap(parent => heads.get(parent) ?? []),
  );
};

export const git = (dir: string, args: readonly string[], input?: string): string =>
  execFileSync('git', args, {
    cwd: dir,
    encoding: 'utf8',
    ...(input !== undefined && { input }),
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH!, HOME: '/nonexistent', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  }).trim();

const PERSON = 'Person <person@example.invalid>';

/** Any time will do, as long as it is the same for all: only what is on top of what counts. */
const stamp = () => `${Math.floor(Date.now() / 1000)} +0000`;

/** Names as C strings, so that any may be had. */
const quoted = (file: string): string =>
  `"${[...Buffer.from(file)].map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join('')}"`;

/** The part of a stream for `git fast-import` that makes one commit. */
const commitStream = (commit: {
  ref: string;
  from: string;
  mark: number;
  message: string;
  files: Readonly<Record<string, string | null>>;
}): string =>
  [
    `commit ${commit.ref}`,
    `mark :${commit.mark}`,
    `committer ${PERSON} ${stamp()}`,
    `data ${Buffer.byteLength(commit.message)}`,
    commit.message,
    `from ${commit.from}`,
    ...Object.entries(commit.files).flatMap(([file, text]) =>
      text === null
        ? [`D ${quoted(file)}`]
        : [`M 100644 inline ${quoted(file)}`, `data ${Buffer.byteLength(text)}`, text],
    ),
    '',
  ].join('\n');

export const openStage = async (name: string, options: StageOptions = {}): Promise<Stage> => {
  const town = await bench(name.slice(0, 40), {
    gates: options.gates ?? [gate(GATE)],
    policy: options.policy ?? 'auto',
    ...(options.settings && { settings: options.settings }),
    ...(options.files && { files: options.files }),
  });
  const history: LedgerEvent[] = [];
  const context = () => town.running.town.context;
  context().ledger.subscribe(event => history.push(event));
  const pushed: string[] = [];
  const heads = new Map<string, string>();
  const bases = new Map<string, string>();
  const names = new Map<string, string>();
  let count = 0;
  const operator: Stage['operator'] = body => context().execute(OPERATOR, body);
  // No agent of this town ever starts: what comes back waits for `rework`.
  await operator({ type: 'town.dispatch', payload: { paused: 'the test does the work itself' } });
  if (options.paused !== false) await operator({ type: 'merge.pause', payload: { rig: 'app' } });

  const beadOf = (branch: string) => `app-${branch}`;

  /** Hands in work as a session that ended well does, in the same commands. */
  const handIn = async (branch: Branch, merge: string): Promise<void> => {
    const rig = branch.rig ?? 'app';
    const session = `s-${merge}`;
    const polecat = `${rig}/p${merge.replace(/\D/g, '')}`;
    const base = bases.get(branch.name)!;
    const commands = [
      { type: 'hook.set', payload: { bead: beadOf(branch.name), polecat } },
      {
        type: 'session.start',
        payload: {
          ...{ id: session, polecat, bead: beadOf(branch.name), agent: 'shell', base },
          checkout: path.join(town.town, 'no-checkout'),
          tokenHash: createHash('sha256').update(session).digest('hex'),
        },
      },
      {
        type: 'work.done',
        payload: {
          ...{ session, merge, ref: `refs/gastown/merges/${merge}`, base },
          head: heads.get(merge)!,
        },
      },
    ] as const;
    await Promise.all(commands.map(command => context().execute(TOWN_ACTOR, command)));
  };

  const importBranches = async (branches: readonly Branch[], ids: readonly string[]): Promise<void> => {
    for (const rig of new Set(branches.map(branch => branch.rig ?? 'app'))) {
      const landing = await context().landing(rig);
      const { tip } = await landing.refresh();
      let mark = 0;
      const tops = new Map<string, string>();
      const stream: string[] = [];
      for (const [at, branch] of branches.entries()) {
        if ((branch.rig ?? 'app') !== rig) continue;
        const ref = `refs/gastown/merges/${ids[at]}`;
        const below = branch.on === undefined ? undefined : (tops.get(branch.on) ?? headOf(branch.on));
        bases.set(branch.name, branch.on === undefined ? tip : bases.get(branch.on)!);
        let from = below ?? tip;
        const changes = [
          ...Array.from({ length: branch.emptyCommits ?? 0 }, () => ({})),
          branch.files ?? { [`${branch.name}.txt`]: `${branch.name}\n` },
        ];
        for (const files of changes) {
          stream.push(
            commitStream({ ref, from, mark: ++mark, message: branch.message ?? `Work on ${branch.name}`, files }),
          );
          from = `:${mark}`;
        }
        tops.set(branch.name, `:${mark}`);
        stream.push(`get-mark :${mark}\n`);
      }
      const { stdout } = await landing.run(['fast-import', '--quiet'], { input: stream.join('') });
      const found = stdout.trim().split('\n');
      for (const [at, branch] of branches.entries())
        if ((branch.rig ?? 'app') === rig) {
          heads.set(ids[at]!, found.shift()!);
          names.set(heads.get(ids[at]!)!, branch.name);
        }
    }
  };

  const requestsOf = (branch: string) =>
    [...data(town).merges.values()]
      .filter(merge => merge.bead === beadOf(branch) && !merge.reverts)
      .sort((a, b) => Number(a.id.replace(/\D/g, '')) - Number(b.id.replace(/\D/g, '')));
  const headOf = (branch: string) => requestsOf(branch).at(-1)!.head;

  const stage: Stage = {
    town,
    history,
    pushed,
    async queue(...list) {
      const branches = list.map(branch => (typeof branch === 'string' ? { name: branch } : branch));
      const ids = branches.map(() => `mr-${++count}`);
      await importBranches(branches, ids);
      for (const [at, branch] of branches.entries()) {
        const { rig = 'app', priority } = branch;
        await context().execute(OPERATOR, {
          type: 'bead.create',
          payload: {
            ...{ id: beadOf(branch.name), title: branch.title ?? `Work on ${branch.name}`, rig, dispatch: true },
            ...(priority !== undefined && { priority }),
          },
        });
        await handIn(branch, ids[at]!);
      }
    },
    async rework(name, files) {
      const merge = `mr-${++count}`;
      await importBranches([{ name, files }], [merge]);
      await handIn({ name }, merge);
    },
    of: name => requestsOf(name).at(-1)!,
    states: (...list) => list.map(name => stage.of(name).state),
    operator,
    intent: intent => town.running.handle.dispatch(intent),
    pause: () => operator({ type: 'merge.pause', payload: { rig: 'app' } }),
    resume: () => operator({ type: 'merge.resume', payload: { rig: 'app' } }),
    approve: name => {
      const { id, head } = stage.of(name);
      return operator({ type: 'merge.approve', payload: { id, head, gates: [] } });
    },
    push(files, branch = 'main') {
      const from = git(town.origin, ['rev-parse', branch]);
      const stream = commitStream({ ref: `refs/heads/${branch}`, from, mark: 1, message: 'By hand', files });
      const commit = git(town.origin, ['fast-import', '--quiet'], `${stream}get-mark :1\n`);
      pushed.push(commit);
      return commit;
    },
    pushCommit(commit) {
      git(path.join(town.town, 'rigs/app/landing.git'), ['push', '--quiet', town.origin, `${commit}:refs/heads/main`]);
      pushed.push(commit);
    },
    until: (what, condition) => until(town, what, condition),
    testing: () => until(town, 'the gate runs', () => town.hasNote('testing')),
    go: () => town.leave('go'),
    async idle() {
      // An effect that just ended leaves a moment that looks quiet: a whole further look must have found nothing to do.
      for (let before = ''; ; ) {
        await until(town, 'nothing is under way', () => town.running.town.loop!.isQuiet());
        const done = JSON.stringify([history.length, ...context().world.lastActions]);
        if (done === before) return;
        before = done;
        const from = Date.now();
        context().wake();
        await until(town, 'everything was looked at', () =>
          ROLE_NAMES.every(role => (context().world.heartbeats.get(role) ?? 0) > from),
        );
      }
    },
    async reopen() {
      await town.stop();
      await town.start();
      context().ledger.subscribe(event => history.push(event));
    },
    files: (branch = 'main') =>
      git(town.origin, ['ls-tree', '-r', '--name-only', branch])
        .split('\n')
        .filter(file => !Object.keys(options.files ?? { 'base.txt': '' }).includes(file)),
    order: () => landedOrder(town.origin, names),
  };
  return stage;
};

/** What is in the queue no longer, landed or not. */
export const expectStates = (stage: Stage, states: Readonly<Record<string, Merge['state']>>): void =>
  expect(Object.fromEntries(Object.keys(states).map(name => [name, stage.of(name).state]))).toEqual(states);

/** A branch that the gate turns down. */
export const bad = (name: string, more: Partial<Branch> = {}): Branch => ({
  name,
  files: { [`bad-${name}`]: `${name}\n` },
  ...more,
});

/** A branch that writes one file. */
export const writes = (name: string, file: string, more: Partial<Branch> = {}): Branch => ({
  name,
  files: { [file]: `${name}\n` },
  ...more,
});

/** Resumes the queue and waits for its end. */
export const drain = async (stage: Stage): Promise<void> => {
  await stage.resume();
  await stage.idle();
};
