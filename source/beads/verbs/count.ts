import { GastownError } from '../../common/errors.ts';
import type { Bead } from '../../ledger/schema.ts';
import { FILTER_FLAGS, filterOf, SEARCH_FLAGS, searchOf } from '../filters.ts';
import { liveBeads } from '../issue.ts';
import type { Call, Verb } from '../verb.ts';
import { noWords } from './list.ts';

const GROUPS: Readonly<Record<string, (bead: Bead) => readonly string[]>> = {
  'by-status': bead => [bead.status],
  'by-priority': bead => [`P${bead.priority}`],
  'by-type': bead => [bead.issue_type],
  'by-assignee': bead => [bead.assignee || '(unassigned)'],
  'by-label': bead => (bead.labels?.length ? bead.labels : ['(no labels)']),
};

export const countVerb: Verb = {
  name: 'count',
  summary: 'Count issues',
  usage: '[flags]',
  flags: [
    ...FILTER_FLAGS,
    ...SEARCH_FLAGS,
    ...Object.keys(GROUPS).map(name => ({ name, kind: 'switch' as const, help: `Count ${name.replace('-', ' ')}` })),
  ],
  run(call) {
    noWords(call);
    const groups = Object.keys(GROUPS).filter(name => call.args.on(name));
    if (groups.length > 1) throw new GastownError('usage', 'only one --by-* flag can be specified');
    const everything = withEverything(call);
    const [filter, search] = [filterOf(everything), searchOf(everything)];
    const beads = liveBeads(call.data).filter(bead => filter(bead) && search(bead));
    const total = beads.length;
    const [by] = groups;
    if (by === undefined) return { text: String(total), json: { count: total } };
    const counts = new Map<string, number>();
    for (const bead of beads) for (const group of GROUPS[by]!(bead)) counts.set(group, (counts.get(group) ?? 0) + 1);
    const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      text: [`Total: ${total}`, '', ...sorted.map(([group, count]) => `${group}: ${count}`)].join('\n'),
      json: { total, groups: sorted.map(([group, count]) => ({ group, count })) },
    };
  },
};

/** A list leaves out what is closed, gates and templates; a count does not. */
const withEverything = (call: Call): Call => ({
  ...call,
  args: { ...call.args, on: flag => COUNTED.has(flag) || call.args.on(flag) },
});

const COUNTED: ReadonlySet<string> = new Set(['all', 'include-gates', 'include-templates']);
