import { GastownError } from '../../common/errors.ts';
import { FILTER_FLAGS, filterOf } from '../filters.ts';
import { issueOf, liveBeads } from '../issue.ts';
import type { Verb } from '../verb.ts';
import { limited, noWords } from './list.ts';

const DEFAULT_DAYS = 30;
const DEFAULT_LIMIT = 50;
const DAY_MS = 86_400_000;
const STATUSES = ['open', 'in_progress', 'blocked', 'deferred'];

export const staleVerb: Verb = {
  name: 'stale',
  summary: 'Issues that nothing has happened to for a while',
  usage: '[flags]',
  flags: [
    { name: 'days', short: 'd', kind: 'number', help: `Not updated for so many days (default ${DEFAULT_DAYS})` },
    { name: 'status', short: 's', kind: 'text', help: `Only of this status: ${STATUSES.join(', ')}` },
    { name: 'limit', short: 'n', kind: 'number', help: `At most so many (default ${DEFAULT_LIMIT}, 0 for all)` },
    { name: 'offset', kind: 'number', help: 'Leave out the first ones' },
    ...FILTER_FLAGS,
  ],
  run(call) {
    noWords(call);
    const { args, data, now } = call;
    const days = args.number('days') ?? DEFAULT_DAYS;
    const status = args.text('status');
    if (days < 1) throw new GastownError('usage', '--days must be at least 1');
    if (status !== undefined && !STATUSES.includes(status)) {
      throw new GastownError('usage', `invalid status '${status}'. Valid values: ${STATUSES.join(', ')}`);
    }
    const before = new Date(now - days * DAY_MS).toISOString();
    const test = filterOf(call);
    const isOf = (word: string) => (status === undefined ? STATUSES.includes(word) : word === status);
    const found = liveBeads(data)
      .filter(bead => isOf(bead.status) && bead.updated_at < before && !bead.ephemeral && test(bead))
      .sort((a, b) => (a.updated_at < b.updated_at ? -1 : 1));
    const { shown, note } = limited(call, found, DEFAULT_LIMIT);
    if (shown.length === 0) return { text: 'No stale issues found (all active)', json: [] };
    const rows = shown.flatMap((bead, index) => [
      '',
      `${index + 1}. [P${bead.priority}] ${bead.id}: ${bead.title}`,
      `   Status: ${bead.status}, Last updated: ${Math.floor((now - Date.parse(bead.updated_at)) / DAY_MS)} days ago`,
      ...(bead.assignee ? [`   Assignee: ${bead.assignee}`] : []),
    ]);
    return {
      text: [`Stale issues (${shown.length} not updated in ${days}+ days):`, ...rows].join('\n'),
      json: shown.map(issueOf),
      ...(note && !args.on('json') && { stderr: note }),
    };
  },
};
