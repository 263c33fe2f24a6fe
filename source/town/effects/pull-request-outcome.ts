import { wasEscalated } from '../../../roles/facts.ts';
import { safeLine, safeText } from '../../common/text.ts';
import type { PullRequest } from '../../git/github/pull-requests.ts';
import type { Standing } from '../../git/github/standing.ts';
import { type Arrival, dropBranch } from '../../git/pull-branch.ts';
import { type Cause, LIMITS } from '../../ledger/schema.ts';
import type { Job } from './pull-request-job.ts';
import { REFINERY } from './queue.ts';
import { refreshRig } from './rigs.ts';

type Landed = Extract<Arrival, { state: 'landed' }>;

/** It is on the target: its branch is removed, and the landing recorded, with what was made of it there. */
export const landed = async (job: Job, arrival: Landed): Promise<void> => {
  const { context, effect, landing, merges } = job;
  const pr = merges.find(merge => merge.pr?.head === effect.new)?.pr;
  if (pr) {
    const why = await dropBranch(landing, { branch: pr.branch, head: effect.new });
    if (why) context.log.warn({ rig: effect.rig, branch: pr.branch, why }, 'the branch of a landed pull request stays');
  }
  const because = landedWords(arrival, pr?.number);
  if (!arrival.isTested) await tellUntested(job, arrival, because);
  context.world.refusals.delete(effect.rig);
  context.world.pullRequests.delete(effect.rig);
  await context.execute(
    REFINERY,
    {
      type: 'merge.landed',
      payload: { ids: [...effect.merges], sha: effect.new, ...(arrival.as !== effect.new && { as: arrival.as }) },
    },
    because,
  );
  await refreshRig(context, effect.rig);
};

const landedWords = ({ as, isTested, isKept }: Landed, number: number | undefined): string => {
  const how = `${number === undefined ? 'It' : `Pull request #${number}`} is on the target as ${as.slice(0, 9)}`;
  if (!isTested) return `${how}, whose content is not what was tested.`;
  return isKept
    ? `${how}, verified there with the tested content.`
    : `${how}: squashed or rebased, verified there with the tested content.`;
};

/** It cannot be taken back unasked: people build on it already. */
const tellUntested = async ({ context, effect }: Job, { as }: Landed, because: string): Promise<void> => {
  const key = `untested:${effect.rig}:${as}`;
  if (wasEscalated(context.ledger.data, key)) return;
  await context.execute(
    REFINERY,
    {
      type: 'escalation.open',
      payload: {
        severity: 'high',
        subject: effect.merges[0]!,
        key,
        title: `${effect.rig}: what was merged is not what was tested`,
        body: [
          because,
          `Tested was the tree ${effect.tree} of ${effect.new}. GitHub merged it with what came onto the target at the same moment, or with changes.`,
          'Run the gates on the target, and take the request back if they are red. A rule of the repository that wants branches up to date before they are merged keeps this from happening.',
        ].join('\n\n'),
      },
    },
    because,
  );
};

/** GitHub calls it merged: recorded as landed if its commit is on the target, as undefined if the target does not show it. */
export const mergedAs = async (job: Job, pr: PullRequest): Promise<true | undefined> => {
  const { landing, effect } = job;
  const { tip } = await landing.refresh();
  const commit = pr.mergeCommit === undefined ? undefined : await landing.resolve(pr.mergeCommit);
  if (commit === undefined || !(await landing.isAncestor(commit, tip))) return undefined;
  const isTested = (await landing.treeOf(commit)) === effect.tree;
  await landed(job, { state: 'landed', as: commit, isTested, isKept: false });
  return true;
};

/** Someone else moved the target: tested again on it, and put into the same pull request. Unless it was this very request that moved it. */
export const moved = async (job: Job, { tip }: { tip: string }): Promise<void> => {
  const { context, effect, merges, hub } = job;
  const own = merges.find(merge => merge.pr?.head === effect.new)?.pr;
  if (own) {
    const pr = await hub.view(own.number);
    if (pr.state === 'MERGED' && (await mergedAs(job, pr))) return;
  }
  const reason = `The target moved to ${tip.slice(0, 9)} meanwhile: tested again on it${own ? `, then in pull request #${own.number} again` : ''}.`;
  await context.execute(REFINERY, { type: 'merge.unland', payload: { ids: [...effect.merges], reason } }, reason);
  await refreshRig(context, effect.rig);
};

/** A person closed it: they do not want the work. */
export const closed = async (job: Job, pr: PullRequest): Promise<void> => {
  const words = await job.hub.lastWords(pr.number);
  await giveBack(
    job,
    { end: 'rejected', rework: false },
    {
      kind: 'rejected',
      summary: `pull request #${pr.number} was closed without being merged${words ? `: ${words}` : ''}`.slice(0, 500),
      at: job.context.isoNow(),
    },
  );
};

/** Its checks are red, or a reviewer wants changes: back to a polecat. Of several, half are tried by themselves first. */
export const notGood = async (
  job: Job,
  pr: PullRequest,
  standing: Extract<Standing, { is: 'red' | 'changes_requested' }>,
): Promise<void> => {
  const { context, effect, merges } = job;
  const cause = causeOf(job, pr, standing);
  if (merges.length === 1)
    return giveBack(job, { end: standing.is === 'red' ? 'bounced' : 'rejected', rework: true }, cause);
  const ids = [...effect.merges];
  const batchMax = Math.ceil(ids.length / 2);
  const reason = `${cause.summary}: tried again in smaller company.`.slice(0, 500);
  await context.execute(REFINERY, { type: 'merge.unland', payload: { ids, reason, batchMax } }, reason);
};

const causeOf = ({ context, effect }: Job, pr: PullRequest, standing: Parameters<typeof notGood>[2]): Cause => {
  const at = context.isoNow();
  if (standing.is === 'red') {
    const { name, link } = standing.check;
    const summary = `check ${name} failed on pull request #${pr.number}${link ? `: ${link}` : ''}`;
    return { kind: 'red', summary: summary.slice(0, 500), gate: name, tree: effect.tree, at };
  }
  const { author, body } = standing.review;
  const said = safeLine(body).trim();
  return {
    kind: 'rejected',
    summary: `${author} asked for changes on pull request #${pr.number}${said ? `: ${said}` : ''}`.slice(0, 500),
    output: safeText(`${body}\n\n${pr.url}`).trim().slice(-LIMITS.evidenceChars),
    at,
  };
};

const giveBack = async (
  { context, effect }: Job,
  how: { end: 'bounced' | 'rejected'; rework: boolean },
  cause: Cause,
): Promise<void> => {
  context.world.pullRequests.delete(effect.rig);
  await context.execute(
    REFINERY,
    { type: 'merge.return', payload: { ids: [...effect.merges], ...how, cause } },
    cause.summary,
  );
};
