import type { Effect } from '../../../roles/role.ts';
import type { Landing } from '../../git/landing.ts';
import { readCommits } from '../../git/objects.ts';
import type { RadarBranch } from '../../git/radar.ts';
import type { TownContext } from '../context.ts';

/** Forecasts conflicts among what is in flight: requests by their heads, sessions by what was last saved of their work. */
export const runRadar = async (context: TownContext, effect: Extract<Effect, { type: 'radar.run' }>): Promise<void> => {
  const landing = await context.landing(effect.rig);
  const { merges } = context.ledger.data;
  const requests = effect.merges.flatMap(id => merges.get(id) ?? []).map(({ id, head, base }) => ({ id, head, base }));
  // One whose commit is gone is held for a person; the others are looked at all the same.
  const there = await readCommits(landing, [...new Set(requests.map(({ head }) => head))]);
  const readable = requests.filter(({ head }) => there.has(head));
  const branches = [...readable, ...(await savedWork(context, landing, effect.sessions))];
  const { tip, ...picture } = await landing.radar.look({ tip: effect.tip, branches });
  const { merges: asked, ...seen } = picture;
  context.log.debug({ rig: effect.rig, branches: branches.length, merges: asked }, 'radar');
  context.world.radar.set(effect.rig, { ...seen, key: effect.key, at: context.now(), tip });
};

/** Sessions of which nothing was saved yet, or nothing done, have no branch. */
const savedWork = async (context: TownContext, landing: Landing, ids: readonly string[]): Promise<RadarBranch[]> => {
  const sessions = ids.flatMap(id => context.ledger.data.sessions.get(id) ?? []);
  if (sessions.length === 0) return [];
  const { stdout } = await landing.run([
    'for-each-ref',
    '--format=%(objectname) %(refname)',
    ...sessions.map(({ polecat, id }) => `refs/gastown/wip/${polecat}/${id}`),
  ]);
  const heads = new Map(
    stdout
      .split('\n')
      .filter(Boolean)
      .map(line => [line.slice(line.lastIndexOf('/') + 1), line.slice(0, line.indexOf(' '))]),
  );
  return sessions.flatMap(({ id, base }) => {
    const head = heads.get(id);
    return head === undefined || head === base ? [] : { id, head, base };
  });
};
