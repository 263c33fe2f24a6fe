import type { Bead, BeadTown, LedgerData } from '../schema.ts';

/** The rig whose prefix a bead's id bears. */
export const rigOfId = ({ rigs }: Pick<LedgerData, 'rigs'>, id: string): string | undefined =>
  [...rigs.values()].find(rig => !rig.removedAt && id.startsWith(`${rig.prefix}-`))?.id;

/** Town data without what would set something going: a wish to be worked on, a place in the merge queue. */
export const inertTownData = (town: Partial<BeadTown> | undefined): Partial<BeadTown> => {
  const { dispatch: _wish, merge: _queued, ...rest } = town ?? {};
  return rest;
};

/** What an export says about a bead beyond Beads; undefined where everything is as it would be anyway. */
export const exportedTownData = (data: Pick<LedgerData, 'rigs'>, bead: Bead): object | undefined => {
  const { as_written: _ours, attempts, respawns, reworks, rig, ...rest } = inertTownData(bead.town) as BeadTown;
  const told = {
    ...rest,
    ...(attempts > 0 && { attempts }),
    ...(respawns > 0 && { respawns }),
    ...(reworks > 0 && { reworks }),
    ...(rig !== undefined && rig !== rigOfId(data, bead.id) && { rig }),
  };
  return Object.keys(told).length > 0 ? told : undefined;
};
