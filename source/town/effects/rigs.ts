import type { RigObservation } from '../../../roles/role.ts';
import { toGastownError } from '../../common/errors.ts';
import { gateEnvironmentId } from '../../gates/environment.ts';
import { readTargetOwners } from '../../gates/guards/target-owners.ts';
import type { Landing } from '../../git/landing.ts';
import { TOWN_ACTOR, type TownContext } from '../context.ts';
import { planGateSandbox } from './gate-sandbox.ts';

/** Learns a rig's target tip from its origin. A failed refresh keeps the old tip and says so; without an old tip it rejects. */
export const refreshRig = async (context: TownContext, rigId: string): Promise<RigObservation> => {
  const rig = context.ledger.data.rigs.get(rigId)!;
  const environment = gateEnvironmentId({
    gates: rig.gates,
    setup: rig.setup,
    nodeVersion: process.version,
    platform: `${process.platform}-${process.arch}`,
    sandbox: (await planGateSandbox(context, rig)).kind,
  });
  const before = context.world.rigs.get(rigId);
  try {
    const landing = await context.landing(rigId);
    const { tip, tree, ...found } = await landing.refresh();
    await recordOwners(context, landing, { rigId, tip });
    const blocked = found.blocked ?? standingRefusal(context, rigId, tip);
    const seen = { tip, tipTree: tree, at: context.now(), environment, ...(blocked && { blocked }) };
    context.world.rigs.set(rigId, seen);
    return seen;
  } catch (error) {
    if (!before) throw error;
    const seen = { ...before, at: context.now(), environment, error: toGastownError(error).message };
    context.world.rigs.set(rigId, seen);
    return seen;
  } finally {
    context.changed();
  }
};

/** Before the tip itself is known: whoever sees it knows who owns what on it. */
const recordOwners = async (
  context: TownContext,
  landing: Landing,
  { rigId, tip }: { rigId: string; tip: string },
): Promise<void> => {
  const owners = (await readTargetOwners(landing, tip))?.fingerprint;
  if (context.ledger.data.rigs.get(rigId)?.owners === owners) return;
  await context.execute(
    TOWN_ACTOR,
    { type: 'rig.owners', payload: { id: rigId, owners: owners ?? null } },
    owners ? `CODEOWNERS of the target at ${tip.slice(0, 12)}.` : 'The target has no CODEOWNERS.',
  );
};

/** What a look at the origin cannot show: that it turned down a landing on this very tip a moment ago. */
const standingRefusal = ({ world, now }: TownContext, rigId: string, tip: string): string | undefined => {
  const refusal = world.refusals.get(rigId);
  return refusal?.tip === tip && now() < refusal.until ? refusal.reason : undefined;
};
