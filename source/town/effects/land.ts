import type { Effect } from '../../../roles/role.ts';
import { GastownError } from '../../common/errors.ts';
import type { Landing } from '../../git/landing.ts';
import type { TownContext } from '../context.ts';
import { landByPullRequest } from './pull-request.ts';
import { REFINERY } from './queue.ts';
import { refreshRig } from './rigs.ts';

type LandEffect = Extract<Effect, { type: 'land' }>;

/**
 * Moves the target, verifies it there, and only then records it. After a crash the same effect settles the intent from
 * Git: a landing that happened is recorded, one that did not is done or withdrawn. Rejects with `push_pending` while the
 * origin cannot be pushed to: the intent stands, nothing is recorded as landed, and the same effect is asked for again.
 */
export const landMerges = async (context: TownContext, effect: LandEffect): Promise<void> => {
  const landing = await context.landing(effect.rig);
  const doubt = await doubtOf(context, landing, effect);
  if (doubt !== undefined && (await landing.settle(effect)) !== 'landed') {
    return holdBack(context, effect, doubt);
  }
  if (context.ledger.data.rigs.get(effect.rig)!.land === 'pr' && effect.old !== effect.new) {
    return landByPullRequest(context, effect, landing);
  }
  const result = await landing.land({ old: effect.old, new: effect.new });
  const ids = [...effect.merges];
  switch (result.outcome) {
    case 'landed':
      context.world.refusals.delete(effect.rig);
      await context.execute(
        REFINERY,
        { type: 'merge.landed', payload: { ids, sha: effect.new } },
        `Verified on the target at ${effect.new.slice(0, 9)}.`,
      );
      break;
    case 'pending':
      throw new GastownError('push_pending', result.reason, {
        hint: 'What is to land is ready here, and is pushed as soon as the origin takes it.',
      });
    case 'moved': {
      const reason = `The target moved to ${result.tip.slice(0, 9)} meanwhile: tested again on it.`;
      await context.execute(REFINERY, { type: 'merge.unland', payload: { ids, reason } }, reason);
      break;
    }
    default: {
      const { reason } = result;
      // Before the request is back in the queue: its next look at the rig must see it.
      rememberRefusal(context, { rig: effect.rig, tip: effect.old, reason });
      await context.execute(REFINERY, { type: 'merge.unland', payload: { ids, reason } }, reason);
    }
  }
  await refreshRig(context, effect.rig);
};

/** Why what is about to land is not what was asked for and tested, or undefined. */
const doubtOf = async (context: TownContext, landing: Landing, effect: LandEffect): Promise<Doubt | undefined> => {
  if (effect.old === effect.new) return undefined;
  const branches = effect.merges.flatMap(id => context.ledger.data.merges.get(id) ?? []);
  const answer = await landing.checkContainment({ old: effect.old, new: effect.new, tree: effect.tree, branches });
  return answer.contained ? undefined : answer;
};

interface Doubt {
  readonly reason: string;
  readonly files: readonly string[];
}

/** Out of the queue until a person has looked: an error of ours, or of Git, that testing again would only repeat. */
const holdBack = async (context: TownContext, effect: LandEffect, { reason, files }: Doubt): Promise<void> => {
  const ids = [...effect.merges];
  await context.execute(REFINERY, { type: 'merge.unland', payload: { ids, reason } }, reason);
  for (const id of ids) await context.execute(REFINERY, { type: 'merge.hold', payload: { id, reason } }, reason);
  await context.execute(
    REFINERY,
    {
      type: 'escalation.open',
      payload: {
        severity: 'high',
        subject: ids[0]!,
        key: `containment:${effect.rig}:${effect.new}`,
        title: `${effect.rig}: a landing was stopped, because it was not what its requests asked for`,
        body: [
          reason,
          ...(files.length > 0 ? ['', ...files.slice(0, FILES_SHOWN)] : []),
          '',
          `Held: ${ids.join(', ')}. The target was not touched. Release them to have them stacked and tested anew.`,
        ].join('\n'),
      },
    },
    reason,
  );
};

/** Paths in an escalation: a person looks at the pattern, not at each. */
const FILES_SHOWN = 40;

/** Between two tries of a landing that was turned down, doubling to the cap: a person has to change something first. */
const REFUSED_FIRST_MS = 10_000;
const REFUSED_MAX_MS = 60_000;

const rememberRefusal = (
  { world, now }: TownContext,
  { rig, tip, reason }: { rig: string; tip: string; reason: string },
): void => {
  const before = world.refusals.get(rig);
  const times = before?.tip === tip ? before.times + 1 : 1;
  const until = now() + Math.min(REFUSED_MAX_MS, REFUSED_FIRST_MS * 2 ** (times - 1));
  world.refusals.set(rig, { tip, reason, until, times });
};
