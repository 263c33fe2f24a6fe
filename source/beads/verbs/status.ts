import { openReadiness } from '../../ledger/ready.ts';
import type { Bead } from '../../ledger/schema.ts';
import { liveBeads } from '../issue.ts';
import { openStatuses } from '../settings.ts';
import type { Call, Verb } from '../verb.ts';
import { epicStatuses } from './epic.ts';
import { noWords } from './list.ts';

export const statusVerb: Verb = {
  name: 'status',
  aliases: ['stats'],
  summary: 'How many issues there are in each state',
  usage: '[flags]',
  flags: [
    { name: 'all', kind: 'switch', help: 'All issues (default)' },
    { name: 'assigned', kind: 'switch', help: 'Only those assigned to you' },
    { name: 'no-activity', kind: 'switch', help: 'Accepted for compatibility: see gastown history' },
    { name: 'no-blocked', kind: 'switch', help: 'Leave out what is blocked and what is ready' },
  ],
  run(call) {
    noWords(call);
    const summary = summaryOf(call);
    const isSkipped = call.args.on('no-blocked');
    return {
      text: textOf(summary, isSkipped),
      json: { summary, ...(isSkipped && { blocked_count_skipped: true }) },
    };
  },
};

type Summary = ReturnType<typeof summaryOf>;

const HOUR_MS = 3_600_000;

const summaryOf = (call: Call) => {
  const { args, data, now, name } = call;
  const beads = liveBeads(data).filter(bead => !args.on('assigned') || bead.assignee === name);
  const of = (status: string): number => beads.filter(bead => bead.status === status).length;
  const readiness = openReadiness(data, now, { statuses: openStatuses(data) });
  const isOpen = (bead: Bead) => bead.status === 'open' || bead.status === 'in_progress';
  const isBlocked = (bead: Bead) => isOpen(bead) && readiness.blockedBy(bead).length > 0;
  const times = beads.flatMap(({ created_at, closed_at }) =>
    closed_at === undefined ? [] : [Date.parse(closed_at) - Date.parse(created_at)],
  );
  const hours = times.reduce((sum, ms) => sum + ms, 0) / HOUR_MS;
  return {
    total_issues: beads.length,
    open_issues: of('open'),
    in_progress_issues: of('in_progress') + of('hooked'),
    closed_issues: of('closed'),
    ...(!args.on('no-blocked') && { blocked_issues: of('blocked') + beads.filter(isBlocked).length }),
    deferred_issues: of('deferred'),
    ready_issues: args.on('no-blocked') ? 0 : beads.filter(readiness.isReady).length,
    pinned_issues: beads.filter(bead => bead.pinned === true || bead.status === 'pinned').length,
    epics_eligible_for_closure: epicStatuses(data).filter(({ isEligible }) => isEligible).length,
    average_lead_time_hours: times.length === 0 ? 0 : hours / times.length,
  };
};

const textOf = (summary: Summary, isSkipped: boolean): string => {
  const row = (label: string, value: number | string): string => `  ${`${label}:`.padEnd(24)}${value}`;
  const more = [
    ...(summary.pinned_issues > 0 ? [row('Pinned', summary.pinned_issues)] : []),
    ...(summary.epics_eligible_for_closure > 0
      ? [row('Epics Ready to Close', summary.epics_eligible_for_closure)]
      : []),
    ...(summary.average_lead_time_hours > 0
      ? [row('Avg Lead Time', `${summary.average_lead_time_hours.toFixed(1)} hours`)]
      : []),
  ];
  return [
    'Issue Database Status',
    '',
    'Summary:',
    row('Total Issues', summary.total_issues),
    row('Open', summary.open_issues),
    row('In Progress', summary.in_progress_issues),
    row('Blocked', isSkipped ? '(skipped)' : (summary.blocked_issues ?? 0)),
    row('Deferred', summary.deferred_issues),
    row('Closed', summary.closed_issues),
    row('Ready to Work', isSkipped ? '(skipped)' : summary.ready_issues),
    ...(more.length > 0 ? ['', 'Extended:', ...more] : []),
    '',
    "For more details, use 'bd list' to see individual issues.",
  ].join('\n');
};
