import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { safeLine } from '../common/text.ts';
import type { Conflict } from './conflicts.ts';
import { differences } from './differences.ts';
import { type Footprint, footprintsOf, mayMeet } from './footprint.ts';
import { type LandingRepository, requireObject } from './landing-repository.ts';
import { createMergeTree, type MergeOutcome, type MergePair, type MergeTree } from './merge-tree.ts';
import { readCommits, type StoredCommit, writeCommit } from './objects.ts';

/** A branch in flight. */
export interface RadarBranch {
  readonly id: string;
  readonly head: string;
  /** Where the work began. */
  readonly base: string;
}

/** Two branches that do not fit together, or one that does not fit on the target as it is. */
export interface RadarConflict {
  readonly id: string;
  /** Absent: the target. */
  readonly other?: string;
  /** As safe text. */
  readonly files: readonly string[];
  readonly conflicts: readonly Conflict[];
}

export interface RadarPicture {
  readonly tip: string;
  /** Those looked at, in the order asked for, each with the files that it changes. */
  readonly branches: readonly { readonly id: string; readonly head: string; readonly files: readonly string[] }[];
  readonly conflicts: readonly RadarConflict[];
  /** Branches beyond what is looked at. */
  readonly left: number;
  /** Merges that had to be asked for; the rest was known. */
  readonly merges: number;
}

export interface Radar {
  /** Looks at each branch on the tip, and at each pair of those that fit on it. One look at a time. */
  look(question: { tip: string; branches: readonly RadarBranch[] }): Promise<RadarPicture>;
}

/** Branches looked at: 780 pairs, a second of Git at worst. Those behind are far from landing. */
const MAX_BRANCHES = 40;
/** Files kept of a branch or a conflict: enough to tell what it touches. */
const MAX_FILES = 200;

/**
 * Forecasts which branches in flight will conflict. A pair is tested as it would land: the one on top of target and
 * other. (Merging the two heads themselves takes the base they happen to share, and reports conflicts that are none when
 * one of them is stale.) So an answer holds for one tip and two heads, and is kept as long as those stay. Two that touch
 * different files are not merged at all, which leaves a few of hundreds of pairs. What merging writes goes to a folder of its own and away with it: the landing repository is never pruned.
 */
export const createRadar = (landing: LandingRepository): Radar => {
  let memory: Memory = { tip: '', ...NOTHING };
  return {
    async look({ tip, branches: all }) {
      requireObject(tip, ...all.flatMap(({ head, base }) => [head, base]));
      const known = await readCommits(landing, [tip, ...all.flatMap(({ head, base }) => [head, base])]);
      const present = all.filter(({ head, base }) => known.has(head) && known.has(base));
      const branches = known.has(tip) ? present.slice(0, MAX_BRANCHES) : [];
      const look = createLook({
        landing,
        memory: memory.tip === tip ? memory : { tip, ...NOTHING },
        known,
      });
      try {
        const conflicts = await look.conflicts(branches);
        memory = look.remembered;
        const files = await filesOf(landing, branches);
        return {
          tip,
          branches: branches.map(({ id, head }, at) => ({ id, head, files: files[at]! })),
          conflicts,
          left: present.length - branches.length,
          merges: look.merges,
        };
      } finally {
        await look.end();
      }
    },
  };
};

/** What earlier looks found out about this tip. */
interface Memory {
  readonly tip: string;
  /** By head. */
  readonly alone: ReadonlyMap<string, MergeOutcome>;
  /** By head that fits on the tip. */
  readonly footprints: ReadonlyMap<string, Footprint>;
  /** By `<head ahead> <head behind>`. */
  readonly pairs: ReadonlyMap<string, PairOutcome>;
}

type PairOutcome = MergeOutcome | typeof APART;
/** They touch nothing in common. */
const APART = { outcome: 'apart' } as const;
const NOTHING: Omit<Memory, 'tip'> = { alone: new Map(), footprints: new Map(), pairs: new Map() };

interface LookParts {
  readonly landing: LandingRepository;
  readonly memory: Memory;
  readonly known: ReadonlyMap<string, StoredCommit>;
}

const createLook = ({ landing, memory, known }: LookParts) => {
  const { tip } = memory;
  const alone = new Map<string, MergeOutcome>();
  const footprints = new Map<string, Footprint>();
  const pairs = new Map<string, PairOutcome>();
  const commits = new Map<string, string>();
  const scratch = createScratch(landing);
  let merges = 0;

  const mergeAll = async (asked: readonly MergePair[]): Promise<MergeOutcome[]> => {
    if (asked.length === 0) return [];
    merges += asked.length;
    return (await scratch.mergeTree()).mergeAll(asked);
  };

  /** Learns what each of these heads becomes on the tip. With `anew` also where that is known, for the sake of its tree. */
  const mergeAlone = async (heads: Iterable<string>, { anew = false } = {}): Promise<void> => {
    const open = [...new Set(heads)].filter(head => !alone.has(head) && (anew || !memory.alone.has(head)));
    const outcomes = await mergeAll(open.map(head => [tip, head]));
    for (const [at, head] of open.entries()) alone.set(head, outcomes[at]!);
  };

  /** The commit that the target would be with this head on it. */
  const commitOnTip = (head: string): string => {
    const made = commits.get(head);
    if (made !== undefined) return made;
    const outcome = alone.get(head);
    if (outcome?.outcome !== 'clean') throw new Error(`${head} was said to fit on ${tip}`);
    const { id } = writeCommit(scratch.repository, {
      tree: outcome.tree,
      parents: [tip, head],
      author: 'Gas Town Radar <radar@gastown.invalid>',
      seconds: Math.max(known.get(tip)!.seconds, known.get(head)!.seconds),
      message: 'Forecast\n',
    });
    commits.set(head, id);
    return id;
  };

  /** Learns what each of these heads, which fit on the tip, changes of it. */
  const lookAtFiles = async (heads: readonly string[]): Promise<void> => {
    const open = [...new Set(heads)].filter(head => !memory.footprints.has(head));
    const found = await footprintsOf(scratch.repository, { tip, commits: open.map(commitOnTip) });
    for (const [at, head] of open.entries()) footprints.set(head, found[at]!);
    for (const head of heads) footprints.set(head, footprints.get(head) ?? memory.footprints.get(head)!);
  };

  const mergePairs = async (wanted: readonly Pair[]): Promise<void> => {
    for (const { key, ahead, behind } of wanted) {
      if (memory.pairs.has(key)) pairs.set(key, memory.pairs.get(key)!);
      else if (!mayMeet(footprints.get(ahead)!, footprints.get(behind)!)) pairs.set(key, APART);
    }
    // The one that is new carries the other: one head that moved costs one commit, not one for each of the rest.
    const open = wanted
      .filter(({ key }) => !pairs.has(key))
      .map(({ key, ahead, behind }) =>
        memory.alone.has(ahead) && !memory.alone.has(behind)
          ? { key, below: behind, above: ahead }
          : { key, below: ahead, above: behind },
      );
    await mergeAlone(
      open.map(({ below }) => below),
      { anew: true },
    );
    const outcomes = await mergeAll(open.map(({ below, above }) => [commitOnTip(below), above]));
    for (const [at, { key }] of open.entries()) pairs.set(key, outcomes[at]!);
  };

  const conflicts = async (branches: readonly RadarBranch[]): Promise<RadarConflict[]> => {
    await mergeAlone(branches.map(({ head }) => head));
    const outcomeOf = (head: string): MergeOutcome => alone.get(head) ?? memory.alone.get(head)!;
    const fit = branches.filter(({ head }) => outcomeOf(head).outcome === 'clean');
    await lookAtFiles(fit.map(({ head }) => head));
    const wanted = fit.flatMap((behind, at) =>
      fit.slice(0, at).flatMap(ahead => (ahead.head === behind.head ? [] : pairOf(ahead, behind))),
    );
    await mergePairs(wanted);
    for (const { head } of branches) alone.set(head, outcomeOf(head));
    return [
      ...branches.flatMap(({ id, head }) => asConflict(outcomeOf(head), { id })),
      ...wanted.flatMap(({ key, ids }) => asConflict(pairs.get(key)!, ids)),
    ];
  };

  return {
    conflicts,
    get merges() {
      return merges;
    },
    get remembered(): Memory {
      return { tip, alone, footprints, pairs };
    },
    end: () => scratch.remove(),
  };
};

interface Pair {
  readonly key: string;
  readonly ids: { readonly id: string; readonly other: string };
  /** Their heads. */
  readonly ahead: string;
  readonly behind: string;
}

const pairOf = (ahead: RadarBranch, behind: RadarBranch): Pair => ({
  key: `${ahead.head} ${behind.head}`,
  ids: { id: ahead.id, other: behind.id },
  ahead: ahead.head,
  behind: behind.head,
});

const asConflict = (outcome: PairOutcome, ids: Pick<RadarConflict, 'id' | 'other'>): RadarConflict[] =>
  outcome.outcome === 'conflict'
    ? [
        {
          ...ids,
          files: outcome.files.slice(0, MAX_FILES).map(safeLine),
          conflicts: outcome.conflicts.map(clean),
        },
      ]
    : [];

const clean = ({ kind, files }: Conflict): Conflict => ({ kind, files: files.slice(0, MAX_FILES).map(safeLine) });

interface Scratch {
  /** As the landing repository, but commits are written beside it, and read there, too. */
  readonly repository: LandingRepository;
  mergeTree(): Promise<MergeTree>;
  remove(): Promise<void>;
}

const createScratch = (landing: LandingRepository): Scratch => {
  const dir = path.join(landing.dir, 'radar');
  const objects = path.join(dir, 'objects');
  let open: Promise<MergeTree> | undefined;
  const begin = async (): Promise<MergeTree> => {
    // Left behind by a process that died.
    await rm(dir, { recursive: true, force: true });
    await mkdir(objects, { recursive: true, mode: 0o700 });
    return createMergeTree(landing, { objects });
  };
  return {
    repository: {
      ...landing,
      dir,
      run: (args, options) =>
        landing.run(args, { ...options, env: { ...options?.env, GIT_ALTERNATE_OBJECT_DIRECTORIES: objects } }),
    },
    mergeTree: () => {
      open ??= begin();
      return open;
    },
    async remove() {
      if (!open) return;
      await (await open).close();
      await rm(dir, { recursive: true, force: true });
    },
  };
};

/** By branch: what it changes, as safe text. */
const filesOf = async (landing: LandingRepository, branches: readonly RadarBranch[]): Promise<string[][]> => {
  if (branches.length === 0) return [];
  const changes = await differences(
    landing,
    branches.map(({ head, base }) => ({ from: base, to: head })),
  );
  return changes.map(files =>
    [...files.keys()].slice(0, MAX_FILES).map(file => safeLine(Buffer.from(file, 'latin1').toString('utf8'))),
  );
};
