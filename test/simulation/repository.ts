import { type Chain, type ChainLink, chainKey } from '../../roles/role.ts';
import type { Merge } from '../../source/ledger/schema.ts';

/** One piece of work in a repository made of sets: a tree is the changes in it. */
export interface Change {
  readonly id: string;
  readonly files: readonly string[];
  /** `bad` breaks the gate; two halves break it only together; `repair` undoes what broke the target at first. */
  readonly kind: 'good' | 'bad' | 'half' | 'broken-target' | 'repair';
}

interface Commit {
  readonly tree: string;
  readonly parents: readonly string[];
}

/** Enough of Git for the roles: commits, trees, three-way conflicts and a target that moves by compare-and-swap only. */
export interface Repository {
  readonly tip: string;
  treeOf(commit: string): string;
  changesOf(tree: string): ReadonlySet<string>;
  isRed(tree: string): boolean;
  commit(base: string, change: Change): string;
  push(change: Change): void;
  chain(tip: string, merges: readonly Merge[]): Chain;
  /** As `land` of the real landing repository. */
  land(old: string, next: string, target: { isDirty: boolean }): 'landed' | 'moved' | 'refused';
}

export const createRepository = (first: readonly Change[]): Repository => {
  const changes = new Map<string, Change>();
  const commits = new Map<string, Commit>();
  const trees = new Map<string, ReadonlySet<string>>();
  const reds = new Map<string, boolean>();
  const hash = createNames();

  const tree = (ids: ReadonlySet<string>): string => {
    const sha = hash(`tree ${[...ids].sort().join(' ')}`);
    trees.set(sha, ids);
    return sha;
  };
  const make = (ids: ReadonlySet<string>, parents: readonly string[]): string => {
    const commit = { tree: tree(ids), parents };
    const sha = hash(`commit ${commit.tree} ${parents.join(' ')}`);
    commits.set(sha, commit);
    return sha;
  };
  const changesAt = (commit: string) => trees.get(commits.get(commit)!.tree)!;
  const isAncestor = (commit: string, of: string): boolean => {
    const queue = [of];
    const seen = new Set<string>();
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (next === commit) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push(...commits.get(next)!.parents);
    }
    return false;
  };

  for (const change of first) changes.set(change.id, change);
  let tip = make(new Set(first.map(change => change.id)), []);

  const commit = (base: string, change: Change): string => {
    changes.set(change.id, change);
    return make(new Set([...changesAt(base), change.id]), [base]);
  };

  const link = (
    merge: Merge,
    onto: { tip: string; at: ReadonlySet<string>; heads: readonly string[] },
  ): { link: ChainLink; at: ReadonlySet<string> } => {
    const { at } = onto;
    if (isAncestor(merge.head, onto.tip)) return { link: { merge: merge.id, outcome: 'contained' }, at };
    const base = changesAt(merge.base);
    const own = [...changesAt(merge.head)].filter(id => !base.has(id));
    const files = own.flatMap(id => changes.get(id)!.files);
    const others = [...at].filter(id => !base.has(id) && changes.get(id)!.files.some(file => files.includes(file)));
    if (others.length > 0) {
      const against = others.some(id => changesAt(onto.tip).has(id)) ? 'target' : 'ahead';
      return { link: { merge: merge.id, outcome: 'conflict', against, files }, at };
    }
    const merged = new Set([...at, ...own]);
    const commit = make(merged, [onto.tip, merge.head]);
    const candidate = make(merged, [onto.tip, ...onto.heads, merge.head]);
    return { link: { merge: merge.id, outcome: 'stacked', commit, tree: tree(merged), candidate }, at: merged };
  };

  return {
    get tip() {
      return tip;
    },
    treeOf: sha => commits.get(sha)!.tree,
    changesOf: sha => trees.get(sha)!,
    isRed: sha => {
      const known = reds.get(sha) ?? isRedSet([...trees.get(sha)!].map(id => changes.get(id)!));
      reds.set(sha, known);
      return known;
    },
    commit,
    push: change => {
      tip = commit(tip, change);
    },
    chain: (onto, merges) => {
      let at: ReadonlySet<string> = changesAt(onto);
      const heads: string[] = [];
      const links = merges.map(merge => {
        const next = link(merge, { tip: onto, at, heads });
        at = next.at;
        if (next.link.outcome === 'stacked') heads.push(merge.head);
        return next.link;
      });
      return { tip: onto, key: chainKey(merges), links };
    },
    land: (old, next, { isDirty }) => {
      if (isAncestor(next, tip)) return 'landed';
      if (isDirty) return 'refused';
      if (tip !== old) return 'moved';
      tip = next;
      return 'landed';
    },
  };
};

const isRedSet = (all: readonly Change[]): boolean => {
  const count = (kind: Change['kind']) => all.filter(change => change.kind === kind).length;
  return count('bad') > 0 || count('half') > 1 || count('broken-target') > count('repair');
};

const NAME_CHARS = 40;
const SHORT_CHARS = 12;

/** Names that look like Git's, the same for the same text and told apart when shortened: numbers, which cost nothing. */
const createNames = (): ((text: string) => string) => {
  const names = new Map<string, string>();
  return text => {
    const known = names.get(text);
    if (known !== undefined) return known;
    const name = (names.size + 1).toString(16).padStart(SHORT_CHARS, '0').padEnd(NAME_CHARS, '0');
    names.set(text, name);
    return name;
  };
};
