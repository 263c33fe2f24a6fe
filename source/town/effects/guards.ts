import type { Effect } from '../../../roles/role.ts';
import { plural } from '../../common/text.ts';
import { lookAtChange } from '../../gates/guards/look.ts';
import { readTargetOwners, type TargetOwners } from '../../gates/guards/target-owners.ts';
import { guardPolicy } from '../../ledger/guards.ts';
import type { GuardFinding, LedgerData, Merge } from '../../ledger/schema.ts';
import type { TownContext } from '../context.ts';
import { REFINERY } from './queue.ts';
import { refreshRig } from './rigs.ts';

/**
 * Looks at what requests change and records what the guards saw, under the policy of the target as it is now. One that
 * cannot be looked at does not keep the others waiting: the effect fails once all were tried, and is asked for again.
 */
export const runGuards = async (
  context: TownContext,
  effect: Extract<Effect, { type: 'guards.run' }>,
): Promise<void> => {
  const target = await targetOf(context, effect.rig);
  const failures: unknown[] = [];
  for (const id of effect.merges) {
    if (context.closing.aborted) return;
    try {
      await lookAt(context, id, target);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
};

interface Target {
  readonly tip: string;
  readonly owners: TargetOwners | undefined;
}

/** The tip as last seen, with who owns what there; looked at anew where the ledger knows that otherwise. */
const targetOf = async (context: TownContext, rigId: string): Promise<Target> => {
  const landing = await context.landing(rigId);
  const known = context.world.rigs.get(rigId);
  if (known) {
    const owners = await readTargetOwners(landing, known.tip);
    if (owners?.fingerprint === context.ledger.data.rigs.get(rigId)?.owners) return { tip: known.tip, owners };
  }
  const { tip } = await refreshRig(context, rigId);
  return { tip, owners: await readTargetOwners(landing, tip) };
};

const lookAt = async (context: TownContext, id: string, { tip, owners }: Target): Promise<void> => {
  const { data } = context.ledger;
  const merge = data.merges.get(id);
  const rig = merge && data.rigs.get(merge.rig);
  if (!rig || (merge.state !== 'queued' && merge.state !== 'testing')) return;
  const landing = await context.landing(rig.id);
  if ((await landing.resolve(merge.head)) === undefined) return holdMissing(context, merge);
  const { base, head } = merge;
  const earlier = earlierRequest(data, merge);
  const isThere = earlier !== undefined && (await landing.resolve(earlier.head)) !== undefined;
  const findings = await lookAtChange({
    repository: landing,
    rig,
    owners: owners?.text,
    base,
    head,
    tip,
    ...(isThere && {
      earlier: { base: earlier.base, head: earlier.head, wasConflict: earlier.cause?.kind === 'conflict' },
    }),
  });
  const policy = guardPolicy({ ...rig, owners: owners?.fingerprint });
  const payload = { id, head, base, policy, findings };
  await context.execute(REFINERY, { type: 'merge.guard', payload }, inWords(findings));
};

/** The last request for the same bead that came back: what it did, and why it did not land. */
const earlierRequest = (data: LedgerData, merge: Merge): Merge | undefined =>
  [...data.merges.values()]
    .filter(
      one =>
        one.bead === merge.bead &&
        one.rig === merge.rig &&
        one.id !== merge.id &&
        !one.reverts &&
        !merge.reverts &&
        one.createdAt < merge.createdAt &&
        (one.state === 'bounced' || one.state === 'superseded' || one.state === 'rejected'),
    )
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
    .at(-1);

/** As for a request that cannot be stacked: a person must look at the repository. */
const holdMissing = async (context: TownContext, { id, head }: Merge): Promise<void> => {
  const reason = `its work cannot be read: ${head.slice(0, 12)} is not in the landing repository`;
  await context.execute(REFINERY, { type: 'merge.hold', payload: { id, reason } }, reason);
};

const inWords = (findings: readonly GuardFinding[]): string => {
  if (findings.length === 0) return 'The guards have nothing against it.';
  const blocks = findings.filter(finding => finding.kind === 'block').length;
  const asks = findings.length - blocks;
  return [
    ...(blocks > 0 ? [`${plural(blocks, 'finding')} that must not land`] : []),
    ...(asks > 0 ? [`${plural(asks, 'finding')} for a person`] : []),
  ]
    .join(' and ')
    .concat(`: ${findings[0]!.summary}`)
    .slice(0, BECAUSE_CHARS);
};

const BECAUSE_CHARS = 500;
