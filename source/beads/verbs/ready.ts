import { GastownError, isGastownError } from '../../common/errors.ts';
import { safeLine } from '../../common/text.ts';
import { openReadiness, type ReadySort, readyBeads } from '../../ledger/ready.ts';
import type { Bead } from '../../ledger/schema.ts';
import type { Flag } from '../arguments.ts';
import { below, FILTER_FLAGS, filterOf } from '../filters.ts';
import { findBead } from '../ids.ts';
import { issueOf, issueWithCounts, linksOf, liveBeads, parentOf } from '../issue.ts';
import { beadRow, beadTree, LEGEND } from '../rows.ts';
import { openStatuses } from '../settings.ts';
import type { Call, Output, Verb } from '../verb.ts';
import { limited, noWords } from './list.ts';

/** Rows where no `--limit` is given, as in Beads. */
const DEFAULT_LIMIT = 100;
const SORTS: readonly ReadySort[] = ['priority', 'hybrid', 'oldest'];
const PARENT: Flag = { name: 'parent', kind: 'text', help: 'Only what is below this one, at any depth' };

const readyVerb: Verb = {
  name: 'ready',
  summary: 'Show work that could be begun: open, not deferred, nothing in its way',
  usage: '[flags]',
  flags: [
    ...FILTER_FLAGS,
    PARENT,
    { name: 'mol', kind: 'text', help: 'Only steps of this molecule' },
    { name: 'limit', short: 'n', kind: 'number', help: `At most so many (default ${DEFAULT_LIMIT}, 0 for all)` },
    { name: 'offset', kind: 'number', help: 'Leave out the first ones' },
    { name: 'sort', short: 's', kind: 'text', help: 'priority (default), hybrid or oldest' },
    { name: 'include-deferred', kind: 'switch', help: 'Also what is put off until later' },
    { name: 'include-ephemeral', kind: 'switch', help: 'Also short-lived ones' },
    { name: 'claim', kind: 'switch', help: 'Claim the first one that nobody has' },
    { name: 'explain', kind: 'switch', help: 'Say why each is ready, and what is in the way of the others' },
    { name: 'plain', kind: 'switch', help: 'A numbered list' },
    { name: 'pretty', kind: 'switch', help: 'Children below their parents (the default)' },
  ],
  run: call => {
    noWords(call);
    const ready = readyOf(call);
    if (call.args.on('claim')) return claimFirst(call, ready);
    const { shown, note } = limited(call, ready, DEFAULT_LIMIT);
    return {
      text: () => (call.args.on('explain') ? explained(call, shown) : textOf(call, shown)),
      json: () => {
        const links = linksOf(call.data);
        return shown.map(bead => issueWithCounts(bead, links));
      },
      ...(note && !call.args.on('json') && { stderr: note }),
    };
  },
};

const blockedVerb: Verb = {
  name: 'blocked',
  summary: 'Show issues that wait for others',
  usage: '[flags]',
  flags: [PARENT],
  run: call => {
    const { args, data } = call;
    noWords(call);
    const links = linksOf(data);
    const scope = args.text('parent')
      ? below(links, findBead(data, args.text('parent')!).id, { deep: true })
      : undefined;
    const rows = waiting(call).filter(({ bead }) => scope === undefined || scope.has(bead.id));
    if (rows.length === 0) return { text: 'No blocked issues', json: [] };
    return {
      text: [
        `Blocked issues (${rows.length}):`,
        ...rows.flatMap(({ bead, by }) => ['', beadRow(bead), `  Blocked by ${by.length}: ${by.join(', ')}`]),
      ].join('\n'),
      json: () =>
        rows.map(({ bead, by }) => ({
          ...issueWithCounts(bead, links),
          blocked_by_count: by.length,
          blocked_by: by,
        })),
    };
  },
};

export const readyVerbs: readonly Verb[] = [readyVerb, blockedVerb];

const readyOf = (call: Call): Bead[] => {
  const { args, data, now } = call;
  const sort = (args.text('sort') || 'priority') as ReadySort;
  if (!SORTS.includes(sort)) {
    throw new GastownError('usage', `invalid sort policy "${sort}"`, { hint: `It is ${SORTS.join(', ')}.` });
  }
  const tests = [filterOf(call)];
  for (const flag of ['parent', 'mol']) {
    if (!args.text(flag)) continue;
    const scope = below(linksOf(data), findBead(data, args.text(flag)!).id, { deep: true });
    tests.push(bead => scope.has(bead.id));
  }
  const opened = args.on('include-deferred') || args.on('include-ephemeral') ? withHidden(call) : data;
  return readyBeads(opened, now, { sort, statuses: openStatuses(data) })
    .map(bead => data.beads.get(bead.id)!)
    .filter(bead => tests.every(test => test(bead)));
};

/** The ledger as it would be if what is put off, or short-lived, were not. */
const withHidden = ({ args, data }: Call): Pick<Call['data'], 'beads' | 'town'> => {
  const beads = new Map(data.beads);
  for (const [id, bead] of beads) {
    const { defer_until, ephemeral, ...rest } = bead;
    const changed = {
      ...rest,
      ...(defer_until !== undefined && !args.on('include-deferred') && { defer_until }),
      ...(ephemeral !== undefined && !args.on('include-ephemeral') && { ephemeral }),
    } as Bead;
    if (args.on('include-deferred') && bead.status === 'deferred') changed.status = 'open';
    beads.set(id, changed);
  }
  return { beads, town: data.town };
};

/** Another caller may be faster on each of them: the next one is tried then. */
const claimFirst = async (call: Call, ready: readonly Bead[]): Promise<Output> => {
  for (const bead of ready) {
    if (bead.assignee !== undefined && bead.assignee !== call.name) continue;
    try {
      await call.execute({ type: 'bead.claim', payload: { id: bead.id, assignee: call.name } });
    } catch (error) {
      if (!isGastownError(error, 'conflict')) throw error;
      continue;
    }
    const claimed = call.data.beads.get(bead.id)!;
    return { text: `✓ Claimed ${claimed.id} for ${call.name} — ${safeLine(claimed.title)}`, json: [issueOf(claimed)] };
  }
  return { text: 'No ready work to claim', json: [] };
};

const textOf = ({ args, data }: Call, ready: readonly Bead[]): string => {
  if (ready.length === 0) {
    const open = liveBeads(data).some(bead => bead.status === 'open');
    return open ? 'No ready work found (nothing matches, or something is in the way of all of it)' : 'No open issues';
  }
  const head = `Ready: ${ready.length} ${ready.length === 1 ? 'issue' : 'issues'} with no active blockers`;
  if (args.on('plain') || (args.has('pretty') && !args.on('pretty'))) {
    return [head, '', ...ready.map((bead, index) => `${index + 1}. ${beadRow(bead)}`)].join('\n');
  }
  return [...beadTree(ready, parentOf), '', head, LEGEND].join('\n');
};

const explained = (call: Call, ready: readonly Bead[]): string => {
  const done = (bead: Bead) =>
    (bead.dependencies ?? []).filter(edge => edge.type === 'blocks').map(edge => edge.depends_on_id);
  return [
    `Ready (${ready.length}):`,
    ...ready.map(bead => {
      const settled = done(bead);
      return `  ${beadRow(bead)}\n    ${settled.length > 0 ? `what it waited for is over: ${settled.join(', ')}` : 'it waits for nothing'}`;
    }),
    '',
    'Blocked:',
    ...waiting(call).map(({ bead, by }) => `  ${beadRow(bead)}\n    waits for ${by.join(', ')}`),
  ].join('\n');
};

/** Beads that are not finished and that something keeps back, most urgent first. */
const waiting = ({ data, now }: Call): { bead: Bead; by: string[] }[] => {
  const readiness = openReadiness(data, now);
  return liveBeads(data)
    .filter(bead => bead.status !== 'closed' && bead.status !== 'pinned')
    .map(bead => ({ bead, by: readiness.blockedBy(bead) }))
    .filter(({ by }) => by.length > 0)
    .sort((a, b) => a.bead.priority - b.bead.priority || (a.bead.created_at < b.bead.created_at ? -1 : 1));
};
