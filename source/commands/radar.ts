import { duration, plural } from '../common/text.ts';
import type { RadarRow } from '../town/view.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** Files named of a conflict; `--json` has all. */
const FILES_NAMED = 3;

/** `gastown radar`: which branches in flight will conflict, as the running town saw it last. */
export const radar = (invocation: Invocation): Promise<undefined> =>
  withTown(invocation, async town => {
    const { output } = invocation;
    const rows = (await town.view()).radar ?? [];
    for (const row of rows) {
      output.record('radar', row);
      output.say(
        `${row.rig} at ${row.tip.slice(0, 9)}: ${plural(row.branches.length, 'branch', 'branches')} in flight, ${plural(row.conflicts.length, 'conflict')} ahead (seen ${duration(Date.now() - row.at)} ago${row.left > 0 ? `; ${row.left} more not looked at` : ''})`,
      );
    }
    const conflicts = rows.flatMap(row => row.conflicts.map(conflict => [row.rig, ...words(conflict)]));
    if (conflicts.length > 0) output.table(['RIG', 'BRANCH', 'WITH', 'KIND', 'FILES'], conflicts);
    if (rows.length === 0)
      output.say(
        town.running ? 'Nothing is in flight.' : 'The radar looks while the town runs. Start it with: gastown run',
      );
    return undefined;
  });

const words = ({ between: [one, other], files, kinds }: RadarRow['conflicts'][number]): string[] => {
  const more = files.length - FILES_NAMED;
  return [
    one.name,
    other.name,
    kinds.join(', '),
    files.slice(0, FILES_NAMED).join(', ') + (more > 0 ? ` +${more}` : ''),
  ];
};
