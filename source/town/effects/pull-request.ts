import { GastownError, isGastownError } from '../../common/errors.ts';
import { createGh } from '../../git/github/gh.ts';
import { createPullRequests, type PullRequest, type PullRequests } from '../../git/github/pull-requests.ts';
import { repositoryNameOf } from '../../git/github/repository-name.ts';
import { standingOf } from '../../git/github/standing.ts';
import type { Landing } from '../../git/landing.ts';
import { arrivalOf, pushBranch } from '../../git/pull-branch.ts';
import type { Merge, Rig } from '../../ledger/schema.ts';
import type { TownContext } from '../context.ts';
import type { Job } from './pull-request-job.ts';
import { closed, landed, mergedAs, moved, notGood } from './pull-request-outcome.ts';
import { describePullRequest } from './pull-request-text.ts';
import { REFINERY } from './queue.ts';

/**
 * One look at a landing by pull request, and the next step of it: push the branch, open the pull request, record it, have
 * it merged, verify that on the target, record the landing. Each step first looks whether it was done, at the origin or at
 * GitHub, so that a crash between two of them costs one look. Rejects with `pull_request_open` while it waits.
 */
export const landByPullRequest = async (
  context: TownContext,
  effect: Job['effect'],
  landing: Landing,
): Promise<void> => {
  const rig = context.ledger.data.rigs.get(effect.rig)!;
  const merges = effect.merges.flatMap(id => context.ledger.data.merges.get(id) ?? []);
  const job: Job = { context, effect, landing, rig, merges, hub: hubOf(context, rig) };
  // Git first: what is on the target has landed, whatever GitHub can be asked.
  const arrival = await arrivalOf(landing, effect);
  if (arrival.state === 'landed') return landed(job, arrival);
  if (arrival.state === 'moved') return moved(job, arrival);
  const pr = await ensureOpened(job);
  const { settings } = context.config;
  const known = context.ledger.data.merges.get(effect.merges[0]!)?.pr;
  const standing = standingOf(pr, {
    head: effect.new,
    base: rig.branch,
    handedInAt: Math.min(...merges.map(merge => Date.parse(merge.createdAt))),
    since: Date.parse(known?.at ?? context.isoNow()),
    checksAppearMs: settings.pullRequests.checksAppearMs,
    now: context.now(),
  });
  switch (standing.is) {
    case 'merged':
      if (await mergedAs(job, pr)) return;
      return wait(job, pr, { on: 'service', words: 'merged, says GitHub; the target does not show it yet' });
    case 'closed':
      return closed(job, pr);
    case 'red':
    case 'changes_requested':
      return notGood(job, pr, standing);
    case 'ready':
      return merge(job, pr);
    case 'waits':
      return wait(job, pr, standing);
  }
};

const hubOf = (context: TownContext, rig: Rig): PullRequests => {
  const repository = repositoryNameOf(rig.origin);
  if (!repository) {
    throw new GastownError(
      'gh_failed',
      `${rig.id} is to land by pull requests, and its address names no repository of GitHub.`,
      {
        hint: `Give it one: gastown rig set-origin ${rig.id} <url>; or land by pushes: gastown rig set ${rig.id} --land push.`,
      },
    );
  }
  const gh = createGh({
    env: context.env,
    restMs: context.config.settings.pullRequests.pollMaxMs,
    signal: context.closing,
  });
  return createPullRequests(gh, repository);
};

/** The pull request that asks for this landing, with the tested commit in it and on record; opened if there is none. */
const ensureOpened = async (job: Job): Promise<PullRequest> => {
  const { context, effect, landing, rig, merges, hub } = job;
  const own = merges.find(merge => merge.pr)?.pr;
  if (own && !own.closed && own.head === effect.new) {
    const pr = await hub.view(own.number);
    if (pr.state !== 'OPEN' || pr.head === effect.new) return pr;
  }
  const branch = own?.branch ?? earlierBranch(context, merges) ?? `gastown/${effect.merges[0]!}`;
  await pushBranch(landing, { branch, head: effect.new }).catch((error: unknown) => {
    if (!isGastownError(error, 'conflict')) throw error;
    const words = `${error.message} Put that branch back, or close the pull request to have the work returned`;
    return wait(job, own, { on: 'person', words });
  });
  const text = describePullRequest({ rig, merges }, { commit: effect.new, tree: effect.tree });
  const found = pick(await hub.from(branch), { own, head: effect.new });
  if (found?.state === 'OPEN') await hub.describe(found.number, text);
  const pr = found ?? (await hub.open({ ...text, branch, base: rig.branch }));
  await context.execute(
    REFINERY,
    {
      type: 'merge.pr',
      payload: { ids: [...effect.merges], number: pr.number, url: pr.url, branch, head: effect.new },
    },
    found
      ? `Pull request #${pr.number} has ${effect.new.slice(0, 9)} now.`
      : `Pull request #${pr.number} was opened with ${effect.new.slice(0, 9)}.`,
  );
  return pr;
};

/** Work that was sent back goes on in the pull request that it was in: whoever looked at that one sees what became of it. */
const earlierBranch = (context: TownContext, merges: readonly Merge[]): string | undefined =>
  merges.length > 1
    ? undefined
    : [...context.ledger.data.merges.values()]
        .filter(
          ({ bead, state, pr }) =>
            bead === merges[0]!.bead && ['bounced', 'rejected'].includes(state) && pr && !pr.closed,
        )
        .sort((a, b) => b.createdAt.localeCompare(a.createdAt))[0]?.pr?.branch;

/** An open one; else this work's own that somebody closed meanwhile, or one that was opened just before a crash. */
const pick = (
  list: readonly PullRequest[],
  { own, head }: { own: Merge['pr']; head: string },
): PullRequest | undefined =>
  list.find(({ state }) => state === 'OPEN') ??
  list.find(({ number, state }) => own && !own.closed && number === own.number && state === 'CLOSED') ??
  list.find(pr => pr.head === head && pr.number > (own?.closed ? own.number : 0));

const merge = async (job: Job, pr: PullRequest): Promise<void> => {
  const { effect, landing, hub } = job;
  // As late as can be: what comes onto the target between this look and the merge was not tested with it.
  const before = await arrivalOf(landing, effect);
  if (before.state === 'moved') return moved(job, before);
  let failure: unknown;
  if (before.state === 'waiting') {
    await hub.merge(pr.number, effect.new).catch((error: unknown) => {
      failure = error;
    });
  }
  // Whatever it said, the target itself is what counts.
  const after = await arrivalOf(landing, effect);
  if (after.state === 'landed') return landed(job, after);
  if (failure !== undefined) throw refusedMerge(pr, failure);
  if (after.state === 'moved') return moved(job, after);
  return wait(job, pr, { on: 'service', words: 'GitHub was asked to merge it, and the target does not show it yet' });
};

const refusedMerge = (pr: PullRequest, error: unknown): unknown =>
  isGastownError(error, 'gh_failed')
    ? new GastownError('gh_failed', `PR #${pr.number} is ready, and is not merged: ${error.message}`, {
        ...(error.hint && { hint: error.hint }),
        ...(error.wait && { wait: error.wait }),
        cause: error,
      })
    : error;

/** Looked at again after a quarter of the time in which nothing changed. */
const wait = (
  { context, effect }: Job,
  pr: Pick<PullRequest, 'number'> | undefined,
  { on, words }: { on: 'person' | 'service'; words: string },
): never => {
  const { pollFirstMs, pollMaxMs } = context.config.settings.pullRequests;
  const now = context.now();
  const known = context.world.pullRequests.get(effect.rig);
  const since = known?.head === effect.new && known.words === words ? known.since : now;
  context.world.pullRequests.set(effect.rig, { head: effect.new, words, since });
  const forMs = Math.min(pollMaxMs, Math.max(pollFirstMs, (now - since) / 4));
  throw new GastownError('pull_request_open', pr ? `PR #${pr.number} open: ${words}` : words, { wait: { forMs, on } });
};
