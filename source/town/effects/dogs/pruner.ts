import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { isPrunable } from '../../../../roles/dogs/pruner.ts';
import { plural } from '../../../common/text.ts';
import { certifyCheckout } from '../../../git/exit-certificate.ts';
import { isMarked, removeTree } from '../../../git/worktree.ts';
import type { Polecat } from '../../../ledger/schema.ts';
import type { TownContext } from '../../context.ts';
import { moveToTrash } from '../../trash.ts';
import { refreshRig } from '../rigs.ts';
import { polecatAuthor } from '../session.ts';

/**
 * Takes away the checkouts of polecats that have had nothing to do for a while. One is removed only with an exit
 * certificate: clean, all of it landed, no stash, no submodules, no process in it. What has none goes to the trash, from
 * where it can be put back; what a process works in is left where it is.
 */
export const pruner = async (context: TownContext): Promise<string> => {
  let removed = 0;
  let trashed = 0;
  let busy = 0;
  for (const polecat of context.ledger.data.polecats.values()) {
    if (!canPrune(context, polecat) || !(await isMarked(context.paths.checkout(polecat.id)))) continue;
    if (!existsSync(context.paths.checkout(polecat.id))) continue;
    const outcome = await prune(context, polecat);
    if (outcome === 'removed') removed++;
    if (outcome === 'trashed') trashed++;
    if (outcome === 'busy') busy++;
  }
  const left = busy > 0 ? `, left ${busy} in which something runs` : '';
  return `removed ${plural(removed, 'checkout')}, moved ${trashed} with unlanded work to the trash${left}`;
};

const canPrune = ({ ledger, config, now }: TownContext, polecat: Polecat): boolean =>
  isPrunable(ledger.data, polecat, { now: now(), afterMs: config.settings.dogs.pruneAfterMs });

const prune = async (context: TownContext, polecat: Polecat): Promise<'removed' | 'trashed' | 'busy'> => {
  const checkout = context.paths.checkout(polecat.id);
  if (await isWorkedIn(checkout)) return 'busy';
  const landing = await context.landing(polecat.rig);
  const { tip } = await refreshRig(context, polecat.rig);
  const ref = `refs/gastown/wip/${polecat.id}/pruned`;
  const landedHeads = [...context.ledger.data.merges.values()]
    .filter(merge => merge.polecat === polecat.id && merge.state === 'landed')
    .sort((a, b) => a.since.localeCompare(b.since))
    .map(({ head }) => head);
  const author = polecatAuthor(polecat);
  const { isEmpty, holds } = await certifyCheckout({ landing, checkout, tip, landedHeads, ref, author });
  // Looked at once more, with nothing between the look and the rename: a session may have been slung meanwhile.
  if (await isWorkedIn(checkout)) return 'busy';
  const isStillFree = () => {
    const now = context.ledger.data.polecats.get(polecat.id);
    return now !== undefined && canPrune(context, now);
  };
  const entry = await moveToTrash(
    context,
    { rig: polecat.rig, polecat: polecat.id, checkout, at: context.isoNow(), holds },
    isStillFree,
  );
  if (!entry) return 'busy';
  if (!isEmpty) return 'trashed';
  await removeTree(path.join(context.paths.trash, entry.id));
  await landing.deleteRef(ref);
  return 'removed';
};

/** A process works in the folder, or holds a file of it as its own program. Where the system does not tell, somebody may. */
const isWorkedIn = async (folder: string): Promise<boolean> => {
  const pids = await fs.readdir('/proc').catch(() => undefined);
  if (!pids?.includes(String(process.pid))) return true;
  for (const pid of pids.filter(name => /^\d+$/.test(name))) {
    const cwd = await fs.readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (cwd === folder || cwd.startsWith(`${folder}${path.sep}`)) return true;
  }
  return false;
};
