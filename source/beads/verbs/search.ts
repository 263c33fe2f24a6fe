import { GastownError } from '../../common/errors.ts';
import { FILTER_FLAGS, filterOf, SEARCH_FLAGS, searchOf } from '../filters.ts';
import { issueWithCounts, linksOf, liveBeads } from '../issue.ts';
import { beadRow } from '../rows.ts';
import type { Verb } from '../verb.ts';
import { limited, sorted } from './list.ts';

const DEFAULT_LIMIT = 50;

export const searchVerb: Verb = {
  name: 'search',
  summary: 'Find issues by words in their id, title, description or notes',
  usage: '<query> [flags]',
  flags: [
    { name: 'query', kind: 'text', help: 'The words, in place of those on the line' },
    ...FILTER_FLAGS,
    ...SEARCH_FLAGS,
    { name: 'limit', short: 'n', kind: 'number', help: `At most so many (default ${DEFAULT_LIMIT}, 0 for all)` },
    { name: 'offset', kind: 'number', help: 'Leave out the first ones' },
    { name: 'sort', kind: 'text', help: 'priority, created, updated, closed, status, id, title, type or assignee' },
    { name: 'reverse', short: 'r', kind: 'switch', help: 'The other way round' },
    { name: 'long', kind: 'switch', help: 'Descriptions too' },
  ],
  run(call) {
    const { args, data } = call;
    const query = (args.text('query') ?? args.words.join(' ')).trim();
    if (query === '') throw new GastownError('usage', 'search query is required', { hint: 'bd search <query>' });
    const wanted = query.toLowerCase();
    const [filter, search] = [filterOf(call), searchOf(call)];
    const found = liveBeads(data).filter(
      bead =>
        [bead.id, bead.title, bead.description, bead.notes].some(text => text?.toLowerCase().includes(wanted)) &&
        filter(bead) &&
        search(bead),
    );
    if (found.length === 0) return { text: `No issues found matching '${query}'`, json: [] };
    const { shown, note } = limited(call, sorted(call, found), DEFAULT_LIMIT);
    const links = linksOf(data);
    return {
      text: [
        `Found ${found.length} issues matching '${query}':`,
        ...shown.flatMap(bead => [
          beadRow(bead),
          ...(args.on('long') && bead.description ? bead.description.split('\n').map(line => `    ${line}`) : []),
        ]),
      ].join('\n'),
      json: shown.map(bead => issueWithCounts(bead, links)),
      ...(note && !args.on('json') && { stderr: note }),
    };
  },
};
