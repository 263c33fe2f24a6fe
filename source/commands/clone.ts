import path from 'node:path';
import { safeLine } from '../common/text.ts';
import { requireRoomForTown } from '../town/create-town.ts';
import { cloneTown } from '../town/sync/clone.ts';
import { remoteOf, shown } from '../town/sync/remote.ts';
import type { Invocation } from './invocation.ts';

/** `gastown clone <remote> <dir>`: another copy of a town, on this machine. */
export const clone = async (invocation: Invocation, [given, folder]: string[]): Promise<undefined> => {
  const { output, cwd, env } = invocation;
  const remote = remoteOf(given!, cwd);
  const dir = path.resolve(cwd, folder!);
  await requireRoomForTown(dir);
  const cloned = await cloneTown({ dir, remote, env });
  const { town, beads, unreachable } = cloned;
  output.record('town', { name: town.name, path: dir, remote: shown(remote), beads, home: town.home, unreachable });
  output.say(`Town ${safeLine(town.name)} is at ${dir}, with ${beads} beads. Settings and agents are the defaults.`);
  for (const { rig, origin, why } of unreachable) {
    output.say(`  ${safeLine(rig)}: ${safeLine(origin)}: ${safeLine(why)}. Say where it lies here:`);
    output.say(`    gastown --town ${folder} rig set-origin ${safeLine(rig)} <path or URL>`);
  }
  if (town.home)
    output.say(
      `It works on ${safeLine(town.home.host)}; to have it work here: gastown --town ${folder} sync --take-over`,
    );
};
