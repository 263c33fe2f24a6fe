import { exactly } from '../counts.ts';
import { findBead } from '../ids.ts';
import { childrenOf, issueWithCounts, linksOf } from '../issue.ts';
import { beadRow } from '../rows.ts';
import type { Verb } from '../verb.ts';

export const childrenVerb: Verb = {
  name: 'children',
  summary: 'The children of an issue, closed ones too',
  usage: '<id>',
  flags: [{ name: 'pretty', kind: 'switch', help: 'Accepted for compatibility' }],
  run(call) {
    const { id } = findBead(call.data, exactly(call, 1, 'bd children <id>')[0]!);
    const links = linksOf(call.data);
    const children = childrenOf(links, id).sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
    return {
      text: children.length === 0 ? `No children found for ${id}` : children.map(beadRow).join('\n'),
      json: children.map(child => issueWithCounts(child, links)),
    };
  },
};
