import type { Merge } from '../../source/ledger/schema.ts';
import { iso, shortSha } from '../facts.ts';
import type { Action, Chain, ChainLink } from '../role.ts';
import { conflictWords } from './conflict-words.ts';
import { act, type Round } from './round.ts';

/** What follows from requests that cannot be stacked on the target. Empty when each can, or will once what is ahead of it has landed or left. */
export const unstacked = (round: Round, chain: Chain): Action[] => [
  ...contained(round, chain),
  ...chain.links.flatMap(link => {
    const merge = round.members.find(member => member.id === link.merge);
    return merge ? drop(round, merge, link) : [];
  }),
];

/** Git says it is on the target already: recorded as landed, by way of an intent that moves nothing. */
const contained = ({ rig, seen, members }: Round, chain: Chain): Action[] => {
  const ids = chain.links.filter(link => link.outcome === 'contained').map(link => link.merge);
  if (ids.length === 0 || !members.some(member => ids.includes(member.id))) return [];
  return [
    act.command(
      'merge.landing',
      { ids, old: seen.tip, new: seen.tip, tree: seen.tipTree },
      { key: `landing:${rig.id}`, subject: ids[0]!, because: `already part of the target at ${shortSha(seen.tip)}` },
    ),
  ];
};

const drop = ({ view, seen }: Round, merge: Merge, link: ChainLink): Action[] => {
  const about = { key: `merge:${merge.id}`, subject: merge.id };
  switch (link.outcome) {
    case 'stacked':
    case 'contained':
    case 'duplicate':
      return [];
    case 'missing':
      return [
        act.command(
          'merge.hold',
          { id: merge.id, reason: `its work cannot be read: ${link.reason}`.slice(0, 500) },
          { ...about, because: link.reason },
        ),
      ];
    case 'conflict': {
      const because = `conflicts with the target at ${shortSha(seen.tip)} in ${conflictWords(link)}`;
      // Only a request ahead is in its way: left out of this chain, stacked again when the target has moved.
      if (link.against === 'ahead') return [];
      const cause = {
        kind: 'conflict' as const,
        summary: because.slice(0, 500),
        files: link.files.slice(0, 200),
        at: iso(view.now),
      };
      return [act.command('merge.bounce', { id: merge.id, cause }, { ...about, because })];
    }
  }
};
