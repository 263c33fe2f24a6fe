import { GastownError } from '../common/errors.ts';
import { safeLine } from '../common/text.ts';
import { countCommits, fetchBranch } from '../git/integration.ts';
import {
  beadsBelow,
  type IntegrationRig,
  integrationRigs,
  openBeadsFor,
  openIntegration,
} from '../ledger/integrations.ts';
import type { LedgerData } from '../ledger/schema.ts';
import type { TownContext } from './context.ts';

/** How far an integration branch is, and what would land with it now. All texts are safe to show. */
export interface IntegrationStatus {
  readonly name: string;
  readonly rig: string;
  readonly epic: string;
  readonly title: string;
  readonly branch: string;
  readonly target: string;
  readonly head: string;
  /** Where branch and target parted, or last met. */
  readonly base: string;
  /** Commits that the target lacks, and that the branch lacks. */
  readonly ahead: number;
  readonly behind: number;
  readonly commits: readonly { readonly sha: string; readonly subject: string; readonly author: string }[];
  readonly files: readonly string[];
  /** Whether it merges with the target's tip by itself. */
  readonly merges: 'clean' | 'conflict' | 'failed';
  readonly conflicts: readonly string[];
  readonly beads: { readonly done: readonly string[]; readonly open: readonly string[] };
  /** The request that asks to land it, while there is one. */
  readonly request?: string;
}

/** All of them, or the one named by its rig, branch or epic. Changes nothing but the town's own copy of the branch. */
export const integrationsOf = async (context: TownContext, name?: string): Promise<IntegrationStatus[]> => {
  const { data } = context.ledger;
  const rigs = name === undefined ? integrationRigs(data) : [findIntegration(data, name)];
  const found: IntegrationStatus[] = [];
  for (const rig of rigs) found.push(await integrationOf(context, rig));
  return found;
};

export const findIntegration = (data: LedgerData, name: string): IntegrationRig => {
  const rig = integrationRigs(data).find(one => one.id === name || one.branch === name || one.epic === name);
  if (rig) return rig;
  throw new GastownError('not_found', `There is no integration branch ${safeLine(name)}.`, {
    hint: 'gastown integrate list names them.',
  });
};

export const integrationOf = async (context: TownContext, rig: IntegrationRig): Promise<IntegrationStatus> => {
  const { data } = context.ledger;
  const landing = await context.landing(rig.of);
  const { tip } = await landing.refresh();
  const head = await fetchBranch(landing, { branch: rig.branch, ref: `refs/gastown/integration/${rig.id}` });
  const base = await landing.mergeBase(tip, head);
  if (base === undefined) {
    throw new GastownError('conflict', `${safeLine(rig.branch)} has no history in common with ${landing.branch}.`);
  }
  const [outcome, log, files] = await Promise.all([
    landing.mergeTree.merge(tip, head),
    landing.log(tip, head),
    landing.changedFiles(base, head),
  ]);
  const open = openBeadsFor(data, rig).map(bead => bead.id);
  const request = openIntegration(data, rig.id);
  return {
    name: rig.id,
    rig: rig.of,
    epic: rig.epic,
    title: safeLine(data.beads.get(rig.epic)?.title ?? ''),
    branch: rig.branch,
    target: landing.branch,
    head,
    base,
    ahead: await countCommits(landing, { from: tip, to: head }),
    behind: await countCommits(landing, { from: head, to: tip }),
    commits: log.map(({ sha, subject, author }) => ({ sha, subject, author })),
    files,
    merges: outcome.outcome,
    conflicts: outcome.outcome === 'conflict' ? outcome.files.map(safeLine) : [],
    beads: {
      done: beadsBelow(data, rig.epic)
        .map(bead => bead.id)
        .filter(id => !open.includes(id)),
      open,
    },
    ...(request && { request: request.id }),
  };
};
