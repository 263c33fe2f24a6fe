import { GastownError } from '../common/errors.ts';
import { safeLine, safeText } from '../common/text.ts';
import type { Landing } from '../git/landing.ts';
import { earlierApproval } from '../ledger/approvals.ts';
import { requestsOf } from '../ledger/requests.ts';
import type { Merge, Rig, Verdict } from '../ledger/schema.ts';
import { outcomeOf } from '../ledger/verdict.ts';
import type { TownContext } from './context.ts';
import { treeUnderTest } from './project/merges.ts';
import type { GateEvidence, Review } from './view.ts';
import { gatesRunningKey } from './world.ts';

type Around = Pick<TownContext, 'ledger' | 'world' | 'landing'>;

/** Last lines of a gate's output: where a failure says what it is. All of it is in the gate's log. */
const OUTPUT_LINES = 12;

/** What a person reads to decide on a request. Rejects with `not_found`, or `git_failed` where its commits are gone. */
export const reviewOf = async (context: Around, id: string): Promise<Review> => {
  const { data } = context.ledger;
  const merge = data.merges.get(id);
  const rig = merge && data.rigs.get(merge.rig);
  if (!merge || !rig)
    throw new GastownError('not_found', `There is no merge request ${safeLine(id)}.`, {
      hint: 'gastown merges lists them.',
    });
  const landing = await context.landing(merge.rig);
  const earlier = earlierApproval(data, merge, { policy: rig.policy, requests: requestsOf(data).ofBead(merge.bead) });
  const [changes, commits, gates, since] = await Promise.all([
    landing.changes(merge),
    landing.log(merge.base, merge.head),
    gateEvidence(context, { merge, rig, landing }),
    earlier && earlier.head !== merge.head ? landing.changesSince(earlier, merge) : undefined,
  ]);
  return {
    ...changes,
    merge: id,
    base: merge.base,
    head: merge.head,
    commits: commits.map(({ sha, subject }) => ({ sha, subject })),
    gates,
    ...(since && { since }),
  };
};

/** Of the tree that is or was tested for it, else of the work as it is by itself. */
const gateEvidence = async (
  { ledger, world }: Around,
  { merge, rig, landing }: { merge: Merge; rig: Rig; landing: Landing },
): Promise<GateEvidence[]> => {
  if (rig.gates.length === 0) return [];
  const trees = [treeUnderTest(world, merge), await landing.treeOf(merge.head)];
  const verdicts = [...ledger.data.verdicts.values()].filter(({ rig: of }) => of === rig.id);
  const [own] = trees;
  const running = own && world.gatesRunning.get(gatesRunningKey({ rig: rig.id, tree: own }));
  return rig.gates.map(({ name }) => {
    const verdict = trees
      .map(tree => newest(verdicts.filter(one => one.gate === name && one.tree === tree)))
      .find(found => found !== undefined);
    const run = verdict?.runs.at(-1);
    if (running && running.gate === name)
      return { name, outcome: 'running', tree: running.tree, at: running.startedAt };
    if (!verdict || !run) return { name, outcome: 'unknown' };
    return {
      name,
      outcome: outcomeOf(verdict.runs),
      tree: verdict.tree,
      at: Date.parse(run.at),
      durationMs: run.durationMs,
      ...(run.reason && { reason: safeLine(run.reason) }),
      ...(run.output?.trim() && { output: lastLines(run.output) }),
    };
  });
};

/** One gate on one tree may have run in several environments. */
const newest = (verdicts: readonly Verdict[]): Verdict | undefined =>
  [...verdicts].sort((a, b) => (lastRun(a) < lastRun(b) ? -1 : 1)).at(-1);

const lastRun = ({ runs }: Verdict): string => runs.at(-1)?.at ?? '';

const lastLines = (output: string): string[] => safeText(output).trimEnd().split('\n').slice(-OUTPUT_LINES);
