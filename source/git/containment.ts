import { safeLine } from '../common/text.ts';
import { type Change, differences } from './differences.ts';
import type { History } from './history.ts';
import { type LandingRepository, requireObject } from './landing-repository.ts';

/** A branch that is to land, by its request. */
export interface ContainedBranch {
  readonly id: string;
  readonly head: string;
}

export interface ContainmentQuestion {
  /** The target before. */
  readonly old: string;
  /** What would be the target. */
  readonly new: string;
  /** The tree that the gates ran on. */
  readonly tree: string;
  readonly branches: readonly ContainedBranch[];
}

export type ContainmentAnswer =
  | { readonly contained: true }
  | {
      readonly contained: false;
      /** One sentence for people. */
      readonly reason: string;
      /** Paths that no branch changed, or whose change got lost, as safe text. */
      readonly files: readonly string[];
    };

/**
 * The last look before the target moves: what lands is the tree that was tested, builds on the target, changes nothing
 * that none of the branches changed, and leaves out nothing that only one of them did. Recomputed from the branches
 * alone, so that an error in stacking them (a wrong merge base, a stale tree) cannot hide itself. Fails with
 * `git_failed` when a commit is missing.
 */
export const checkContainment = async (
  parts: { repository: Pick<LandingRepository, 'run'>; history: Pick<History, 'mergeBase'> },
  question: ContainmentQuestion,
): Promise<ContainmentAnswer> => {
  const { repository } = parts;
  requireObject(question.old, question.new, question.tree, ...question.branches.map(branch => branch.head));
  const [place, bases] = await Promise.all([placeOf(repository, question), mergeBases(parts, question)]);
  if (place.tree !== question.tree) {
    return no(`its tree is ${place.tree.slice(0, 12)}, but ${question.tree.slice(0, 12)} was tested`);
  }
  if (question.new !== question.old && place.firstParent !== question.old) {
    return no(`its first parent is not the target at ${question.old.slice(0, 12)}`);
  }
  const heads = question.branches.map(branch => branch.head).filter(head => bases.has(head));
  const pairs = [
    { from: question.old, to: question.new },
    ...heads.map(head => ({ from: bases.get(head)!, to: head })),
  ];
  const [landed, ...branches] = await differences(repository, pairs);
  const lost = await lostPaths(repository, { old: question.old, landed: landed!, branches });
  if (lost.length > 0) return no(`it would drop what a request did to ${named(lost)}`, lost);
  const touched = new Set(branches.flatMap(changes => [...changes.keys()]));
  const foreign = [...landed!.keys()].filter(file => !touched.has(file));
  if (foreign.length === 0) return { contained: true };
  const unexplained = await withoutRenames(repository, {
    foreign,
    touched,
    spans: heads.map(head => ({ from: bases.get(head)!, to: question.old })),
  });
  if (unexplained.length === 0) return { contained: true };
  return no(`it would change ${named(unexplained)}, which none of its requests changed`, unexplained);
};

const no = (reason: string, files: readonly string[] = []): ContainmentAnswer => ({
  contained: false,
  reason: `What would land is not what was asked for: ${reason}.`,
  files: files.slice(0, FILES_KEPT).map(safeLine),
});

/** Names that a cause keeps. */
const FILES_KEPT = 200;
/** Names in a sentence. */
const FILES_NAMED = 3;

const named = (files: readonly string[]): string => {
  const more = files.length - FILES_NAMED;
  return files.slice(0, FILES_NAMED).map(safeLine).join(', ') + (more > 0 ? ` and ${more} more` : '');
};

type Git = Pick<LandingRepository, 'run'>;

const placeOf = async (repository: Git, { new: commit }: ContainmentQuestion) => {
  const { stdout } = await repository.run(['rev-list', '--no-walk', '--parents', '--format=%T', commit]);
  const [header = '', tree = ''] = stdout.split('\n');
  return { tree: tree.trim(), firstParent: header.split(' ')[2] };
};

/**
 * Where each branch left the target, from one child for all: the commits that the target lacks with their parents; a
 * parent that is not among them is the target's. A branch that has merged the target since is asked about by itself; one
 * that the target holds already has no place here.
 */
const mergeBases = async (
  { repository, history }: { repository: Git; history: Pick<History, 'mergeBase'> },
  { old, branches }: ContainmentQuestion,
): Promise<ReadonlyMap<string, string>> => {
  const { stdout } = await repository.run(['rev-list', '--parents', '--stdin'], {
    input: `^${old}\n${branches.map(branch => branch.head).join('\n')}\n`,
  });
  const parentsOf = new Map(
    stdout
      .split('\n')
      .filter(Boolean)
      .map(line => {
        const [commit = '', ...parents] = line.split(' ');
        return [commit, parents] as const;
      }),
  );
  const bases = new Map<string, string>();
  for (const { head } of branches) {
    if (!parentsOf.has(head)) continue;
    const forks = forksOf(head, parentsOf);
    const base = forks.size === 1 ? [...forks][0] : await history.mergeBase(old, head);
    if (base !== undefined) bases.set(head, base);
  }
  return bases;
};

const forksOf = (head: string, parentsOf: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> => {
  const forks = new Set<string>();
  const seen = new Set<string>([head]);
  const open = [head];
  for (let commit = open.pop(); commit !== undefined; commit = open.pop()) {
    for (const parent of parentsOf.get(commit) ?? []) {
      if (!parentsOf.has(parent)) forks.add(parent);
      else if (!seen.has(parent)) {
        seen.add(parent);
        open.push(parent);
      }
    }
  }
  return forks;
};

/** What only one branch changed, from what the target has, must be on the target as that branch has it. */
const lostPaths = async (
  repository: Git,
  {
    old,
    landed,
    branches,
  }: { old: string; landed: ReadonlyMap<string, Change>; branches: readonly ReadonlyMap<string, Change>[] },
): Promise<string[]> => {
  const owners = new Map<string, Change | 'several'>();
  for (const changes of branches)
    for (const [file, change] of changes) owners.set(file, owners.has(file) ? 'several' : change);
  const changedElse: string[] = [];
  const untouched = new Map<string, string>();
  for (const [file, change] of owners) {
    if (change === 'several') continue;
    const there = landed.get(file);
    if (there === undefined) untouched.set(file, change.from);
    else if (there.from === change.from && there.to !== change.to) changedElse.push(file);
  }
  // Untouched is right where the target has it already, or something newer; not where it has what the branch began with.
  const onTarget = await entriesOf(repository, old, [...untouched.keys()]);
  const dropped = [...untouched].filter(
    ([file, from]) => (onTarget.get(file) ?? NO_FILE.slice(0, from.length)) === from,
  );
  return [...changedElse, ...dropped.map(([file]) => file)];
};

/** Mode and blob of no file, for the longest ids. */
const NO_FILE = `000000 ${'0'.repeat(64)}`;

/** `<mode> <blob>` of files in a commit. Rarely asked: a merge that leaves out a change is one that the target has already. */
const entriesOf = async (
  repository: Git,
  commit: string,
  files: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string>();
  if (files.length === 0) return found;
  const wanted = new Set(files);
  const { stdout } = await repository.run(['ls-tree', '-r', '-z', commit], { encoding: 'latin1' });
  for (const entry of stdout.split('\0')) {
    const [place = '', file = ''] = entry.split('\t');
    const [mode = '', , blob = ''] = place.split(' ');
    if (wanted.has(file)) found.set(file, `${mode} ${blob}`);
  }
  return found;
};

/**
 * Less what follows from a move on the target: a merge carries a branch's change along to the new name of its file. (A
 * new file in a folder that moved is a conflict, so it never comes here.) Only asked about what would be refused else, since it costs a comparison of contents.
 */
const withoutRenames = async (
  repository: Git,
  look: { foreign: readonly string[]; touched: ReadonlySet<string>; spans: readonly { from: string; to: string }[] },
): Promise<string[]> => {
  const expected = new Set<string>();
  for (const { from, to } of look.spans) {
    if (from === to) continue;
    const { stdout } = await repository.run(['diff-tree', '-r', '-z', '-M', '--diff-filter=R', from, to], {
      encoding: 'latin1',
    });
    const parts = stdout.split('\0');
    for (let at = 0; at + 2 < parts.length; at += 3) {
      const [before, after] = [parts[at + 1]!, parts[at + 2]!];
      if (look.touched.has(before)) expected.add(after);
    }
  }
  return look.foreign.filter(file => !expected.has(file));
};
