import { safeLine } from '../common/text.ts';
import type { Conflict } from './conflicts.ts';
import type { Landing } from './landing.ts';
import { requireObject } from './landing-repository.ts';
import { readCommits, type StoredCommit, writeCommit } from './objects.ts';
import type { GitResult } from './run.ts';

/** One finished branch that asks to land. */
export interface ChainMerge {
  readonly id: string;
  readonly head: string;
  readonly title: string;
  readonly author: { readonly name: string; readonly email: string };
  /** Where the work began. */
  readonly base: string;
  readonly bead?: string;
}

/** As `ChainLink` in roles/role.ts, which lies above this floor. */
export type BuiltLink =
  | {
      readonly merge: string;
      readonly outcome: 'stacked';
      readonly commit: string;
      readonly tree: string;
      /** What would be the target's tip if the chain ended here. */
      readonly candidate: string;
    }
  | { readonly merge: string; readonly outcome: 'contained' }
  | {
      readonly merge: string;
      readonly outcome: 'conflict';
      readonly against: 'target' | 'ahead';
      readonly files: readonly string[];
      readonly conflicts: readonly Conflict[];
    }
  | { readonly merge: string; readonly outcome: 'duplicate'; readonly of: string }
  | { readonly merge: string; readonly outcome: 'missing'; readonly reason: string };

/** As `Chain` in roles/role.ts. */
export interface BuiltChain {
  readonly tip: string;
  readonly key: string;
  readonly links: readonly BuiltLink[];
  readonly candidate?: { readonly commit: string; readonly tree: string };
}

/**
 * Stacks branches on a tip, in order, without a checkout and without moving a ref. A branch that conflicts is left out
 * and the rest goes on, and so is one of which nothing is left once those ahead are in. The candidate has the tip as its first parent, so that the target's first-parent history holds
 * tested trees only; each branch's own merge stays reachable, and revertible, behind the second. The same input gives
 * the same commits, so a chain built again after a crash is the one that was tested.
 */
export const buildChain = async (
  landing: Landing,
  { tip, merges, now = Date.now() }: { tip: string; merges: readonly ChainMerge[]; now?: number },
): Promise<BuiltChain> => {
  requireObject(tip, ...merges.map(merge => merge.head));
  const known = await readCommits(landing, [tip, ...merges.map(merge => merge.head)]);
  const { contained, broken } = await examineHeads(
    landing,
    tip,
    merges.map(merge => merge.head).filter(head => known.has(head)),
  );
  const links: BuiltLink[] = [];
  const stacked: Stacked[] = [];
  const start = known.get(tip);
  if (!start) throw await missingTip(landing, tip);
  let last = start;
  for (const merge of merges) {
    const head = known.get(merge.head);
    if (!head)
      links.push({
        merge: merge.id,
        outcome: 'missing',
        reason: `its commit ${merge.head.slice(0, 12)} is not in the landing repository`,
      });
    else if (broken.has(merge.head))
      links.push({
        merge: merge.id,
        outcome: 'missing',
        reason: 'some of its objects are not in the landing repository',
      });
    else if (contained.has(merge.head)) links.push({ merge: merge.id, outcome: 'contained' });
    else {
      const nowSeconds = Math.floor(now / 1000);
      const link = await stack(landing, { tip, tree: start.tree, last, merge, head, stacked, nowSeconds });
      if ('refused' in link) links.push(link.refused);
      else {
        last = link.commit;
        stacked.push({ merge, commit: last });
        const { id: commit, tree } = last;
        const candidate = makeCandidate(landing, { tip, last, stacked: stacked.map(one => one.merge) });
        links.push({ merge: merge.id, outcome: 'stacked', commit, tree, candidate });
      }
    }
  }
  const end = links.findLast(link => link.outcome === 'stacked');
  return {
    tip,
    key: merges.map(merge => `${merge.id}@${merge.head}`).join(' '),
    links,
    ...(end && { candidate: { commit: end.candidate, tree: end.tree } }),
  };
};

/** `.invalid` can never be a real mailbox. */
const REFINERY = 'Gas Town Refinery <refinery@gastown.invalid>';
/** Requests named in the message of a candidate for several. */
const NAMED_IN_MESSAGE = 100;

const missingTip = async (landing: Landing, tip: string): Promise<Error> =>
  // Asking for it in the ordinary way gives the ordinary error.
  landing.treeOf(tip).then(
    () => new Error(`the tip ${tip} is not a commit`),
    (error: Error) => error,
  );

interface Stacked {
  readonly merge: ChainMerge;
  readonly commit: StoredCommit;
}

interface Step {
  tip: string;
  /** Of the tip. */
  tree: string;
  /** What lies between the tip and `last`, in order. */
  stacked: readonly Stacked[];
  last: StoredCommit;
  merge: ChainMerge;
  head: StoredCommit;
  nowSeconds: number;
}

const stack = async (landing: Landing, step: Step): Promise<{ commit: StoredCommit } | { refused: BuiltLink }> => {
  const { tip, last, merge, head } = step;
  const result = await landing.mergeTree.merge(last.id, head.id);
  if (result.outcome === 'clean') {
    if (result.tree === last.tree) return { refused: await nothingNew(landing, step) };
    return { commit: commitMerge(landing, step, result.tree) };
  }
  if (result.outcome === 'failed') return { refused: { merge: merge.id, outcome: 'missing', reason: result.reason } };
  const refused = (against: 'target' | 'ahead', { files, conflicts }: Conflicting): { refused: BuiltLink } => ({
    refused: { merge: merge.id, outcome: 'conflict', against, files, conflicts },
  });
  if (last.id === tip) return refused('target', result);
  const alone = await landing.mergeTree.merge(tip, head.id);
  return alone.outcome === 'conflict' ? refused('target', alone) : refused('ahead', result);
};

type Conflicting = Pick<Extract<BuiltLink, { outcome: 'conflict' }>, 'files' | 'conflicts'>;

/** All that it changes is there already: on the target, or with the first of those ahead after which nothing is left of it. */
const nothingNew = async (landing: Landing, { stacked, tip, tree, merge, head }: Step): Promise<BuiltLink> => {
  const adds = async (onto: { readonly id: string; readonly tree: string }): Promise<boolean> => {
    const result = await landing.mergeTree.merge(onto.id, head.id);
    return result.outcome !== 'clean' || result.tree !== onto.tree;
  };
  if (stacked.length === 0 || !(await adds({ id: tip, tree }))) return { merge: merge.id, outcome: 'contained' };
  for (const { merge: ahead, commit } of stacked.slice(0, -1)) {
    if (!(await adds(commit))) return { merge: merge.id, outcome: 'duplicate', of: ahead.id };
  }
  return { merge: merge.id, outcome: 'duplicate', of: stacked.at(-1)!.merge.id };
};

const commitMerge = (landing: Landing, { last, merge, head, nowSeconds }: Step, tree: string): StoredCommit =>
  writeCommit(landing, {
    tree,
    parents: [last.id, head.id],
    author: REFINERY,
    // Never older than a parent, never in the future because an agent's clock said so, and the same each time.
    seconds: Math.max(last.seconds, Math.min(head.seconds, nowSeconds)),
    message: [
      `Merge ${merge.bead ? `${safeLine(merge.bead)}: ` : ''}${safeLine(merge.title)}`,
      '',
      `Request: ${safeLine(merge.id)}`,
      ...(merge.bead ? [`Bead: ${safeLine(merge.bead)}`] : []),
      `Work-by: ${safeLine(merge.author.name)} <${safeLine(merge.author.email)}>`,
      '',
    ].join('\n'),
  });

const makeCandidate = (
  landing: Landing,
  { tip, last, stacked }: { tip: string; last: StoredCommit; stacked: readonly ChainMerge[] },
): string => {
  if (stacked.length === 1) return last.id;
  const named = stacked.slice(0, NAMED_IN_MESSAGE);
  return writeCommit(landing, {
    tree: last.tree,
    parents: [tip, last.id],
    author: REFINERY,
    seconds: last.seconds,
    message: [
      `Merge ${stacked.length} requests`,
      '',
      ...named.map(merge => `- ${merge.bead ? `${safeLine(merge.bead)}: ` : ''}${safeLine(merge.title)}`),
      '',
      ...named.map(merge => `Request: ${safeLine(merge.id)}`),
      '',
    ].join('\n'),
  }).id;
};

/**
 * What of the heads is already in the tip's history, and which of them lack objects: one child for all lists what the
 * heads have and the tip has not. Lacking ones must not reach `merge-tree`: up to Git 2.43 it takes a missing tree for an
 * empty one, and the merge would delete every file.
 */
const examineHeads = async (
  landing: Landing,
  tip: string,
  heads: readonly string[],
): Promise<{ contained: ReadonlySet<string>; broken: ReadonlySet<string> }> => {
  const contained = new Set<string>();
  const broken = new Set<string>();
  if (heads.length === 0) return { contained, broken };
  const list = (some: readonly string[]): Promise<GitResult> =>
    landing.run(['rev-list', '--objects', '--stdin'], { input: `^${tip}\n${some.join('\n')}\n`, okCodes: [0, 1, 128] });
  const judge = (some: readonly string[], listed: GitResult): void => {
    const beyond = new Set(listed.stdout.split('\n'));
    for (const head of some) if (!beyond.has(head)) contained.add(head);
  };
  const all = await list(heads);
  if (all.code === 0) judge(heads, all);
  else {
    // Only the branch that lacks something must suffer.
    for (const head of heads) {
      const alone = await list([head]);
      if (alone.code === 0) judge([head], alone);
      else broken.add(head);
    }
  }
  return { contained, broken };
};
