import { safeLine } from '../common/text.ts';
import type { Landing } from './landing.ts';
import { requireObject } from './landing-repository.ts';
import { readCommits, writeCommit } from './objects.ts';

/** What is to be taken back: a request that landed, and how the commit that does it is described. */
export interface RevertQuestion {
  /** The target now. */
  readonly tip: string;
  /** The commit on the target's first-parent line that brought it. */
  readonly landed: string;
  /** The request's own branch. */
  readonly head: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly message: string;
  /** Ms since the epoch. */
  readonly now: number;
}

export type RevertAnswer =
  | { readonly outcome: 'made'; readonly commit: string; readonly files: readonly string[] }
  /** Later work stands on what would be taken back. */
  | { readonly outcome: 'conflict'; readonly files: readonly string[] }
  /** The target holds nothing of it any more. */
  | { readonly outcome: 'nothing' }
  | { readonly outcome: 'impossible'; readonly reason: string };

/**
 * A commit on the target's tip that takes back what one request brought, as `git revert -m 1` of its merge would, but
 * without a checkout and without moving a ref: a merge of the tip with the state before the request, from the state after
 * it. Others that landed in the same step stay.
 */
export const makeRevert = async (landing: Landing, question: RevertQuestion): Promise<RevertAnswer> => {
  const { tip, author, message, now } = question;
  requireObject(tip, question.landed, question.head);
  if (!(await landing.isAncestor(question.landed, tip))) {
    return { outcome: 'impossible', reason: `${question.landed.slice(0, 12)} is not in the history of the target` };
  }
  const step = await stepOf(landing, question);
  if (step === undefined) {
    return { outcome: 'impossible', reason: 'it brought nothing of its own: another commit had its change already' };
  }
  const commits = await readCommits(landing, [tip, step.before, step.after]);
  const [target, before, after] = [tip, step.before, step.after].map(id => commits.get(id));
  if (!target || !before || !after) return { outcome: 'impossible', reason: 'its commits cannot be read any more' };
  const who = `${safeLine(author.name)} <${safeLine(author.email)}>`;
  const make = (tree: string, parents: readonly string[], text: string) =>
    writeCommit(landing, {
      tree,
      parents,
      author: who,
      seconds: Math.max(target.seconds, Math.floor(now / 1000)),
      message: text,
    });
  // Three commits that only say where the merge starts from; no ref ever names them.
  const base = make(after.tree, [], 'After\n');
  const ours = make(target.tree, [base.id], 'Now\n');
  const theirs = make(before.tree, [base.id], 'Before\n');
  const merged = await landing.mergeTree.merge(ours.id, theirs.id);
  if (merged.outcome === 'conflict') return { outcome: 'conflict', files: merged.files };
  if (merged.outcome === 'failed') return { outcome: 'impossible', reason: merged.reason };
  if (merged.tree === target.tree) return { outcome: 'nothing' };
  const commit = make(merged.tree, [tip], message).id;
  return { outcome: 'made', commit, files: await landing.changedFiles(tip, commit) };
};

/**
 * The states right before and after the request came in: its own merge behind the landing, else the landing as a whole
 * where it holds nothing but this request (squashed).
 */
const stepOf = async (
  landing: Landing,
  { landed, head }: RevertQuestion,
): Promise<{ before: string; after: string } | undefined> => {
  const { parents } = await landing.commitInfo(landed);
  const [first] = parents;
  if (first === undefined) return undefined;
  if (parents.length === 1) return { before: first, after: landed };
  const { stdout } = await landing.run(['rev-list', '--merges', '--parents', landed, `^${first}`]);
  for (const line of stdout.split('\n')) {
    const [commit, before, ...others] = line.split(' ');
    if (commit && before && others.includes(head)) return { before, after: commit };
  }
  return undefined;
};
