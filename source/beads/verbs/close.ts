import { GastownError } from '../../common/errors.ts';
import { safeLine } from '../../common/text.ts';
import { openReadiness, readyBeads } from '../../ledger/ready.ts';
import type { Bead } from '../../ledger/schema.ts';
import { issueOf, issueWithCounts, linksOf, liveBeads } from '../issue.ts';
import { beadRow } from '../rows.ts';
import { openStatuses } from '../settings.ts';
import type { Call, Output, Verb } from '../verb.ts';
import { eachBead } from './update.ts';

const closeVerb: Verb = {
  name: 'close',
  aliases: ['done'],
  summary: 'Close one or more issues',
  usage: '<id...> [flags]',
  details:
    'One --reason is for all of them, or there is one for each, in order. What waits for something that is not closed is\nnot closed, nor what somebody else has.',
  flags: [
    { name: 'reason', short: 'r', kind: 'texts', aliases: ['resolution', 'message', 'comment'], help: 'Why' },
    { name: 'reason-file', kind: 'text', help: 'Read the reason from a file (- for stdin)' },
    { name: 'force', short: 'f', kind: 'switch', help: 'Close it whatever is in the way' },
    { name: 'session', kind: 'text', help: 'Agent session that closes it' },
    { name: 'suggest-next', kind: 'switch', help: 'Show what can be begun because of it' },
    { name: 'continue', kind: 'switch', help: 'Claim the next ready step below the same parent' },
    { name: 'no-auto', kind: 'switch', help: 'With --continue: only show it' },
    { name: 'claim-next', kind: 'switch', help: 'Claim the most urgent ready issue' },
  ],
  writes: true,
  async run(call) {
    const { args, data, now } = call;
    const reasons = reasonsOf(call);
    const force = args.on('force');
    if (force && call.isAgent)
      throw new GastownError('forbidden', 'an agent closes nothing against what is in the way');
    const session = args.text('session') ?? call.session;
    const before = openReadiness(data, now);
    const waiting = new Set(
      unfinished(call)
        .filter(bead => before.blockedBy(bead).length > 0)
        .map(bead => bead.id),
    );
    const output = await eachBead(call, {
      async act(bead, index) {
        if (!force) assertMine(call, bead);
        const reason = reasons.length > 1 ? reasons[index] : reasons[0];
        await call.execute({
          type: 'bead.close',
          payload: { id: bead.id, ...(reason && { reason }), ...(force && { force }), ...(session && { session }) },
        });
      },
      done: bead => `✓ Closed ${bead.id} — ${safeLine(bead.title)}: ${bead.close_reason ?? ''}`,
    });
    return withNext(call, output, waiting);
  },
};

const reopenVerb: Verb = {
  name: 'reopen',
  summary: 'Reopen one or more closed issues',
  usage: '<id...> [flags]',
  flags: [{ name: 'reason', short: 'r', kind: 'text', help: 'Why' }],
  writes: true,
  run(call) {
    const reason = call.args.text('reason');
    return eachBead(call, {
      async act(bead) {
        await call.execute({ type: 'bead.reopen', payload: { id: bead.id, ...(reason && { reason }) } });
      },
      done: bead => `↻ Reopened ${bead.id} — ${safeLine(bead.title)}${reason ? `: ${reason}` : ''}`,
    });
  },
};

export const closeVerbs: readonly Verb[] = [closeVerb, reopenVerb];

const reasonsOf = (call: Call): readonly string[] => {
  const { args } = call;
  const reasons = args.list('reason');
  if (args.has('reason-file')) {
    if (reasons.length > 0) throw new GastownError('usage', 'cannot combine --reason and --reason-file');
    const file = args.text('reason-file')!;
    return [(file === '-' ? call.stdin() : call.file(file)).trim()];
  }
  if (reasons.length > 1 && reasons.length !== args.words.length) {
    throw new GastownError('usage', `${reasons.length} reasons for ${args.words.length} issues`, {
      hint: 'Give one for all of them, or one for each.',
    });
  }
  return reasons;
};

/** Work that somebody has is theirs to close. */
const assertMine = (call: Call, bead: Bead): void => {
  const { name, isAgent } = call;
  if (bead.status === 'closed' || !bead.assignee || bead.assignee === name) return;
  throw new GastownError(
    'conflict',
    `cannot close ${bead.id}: it is assigned to ${bead.assignee}, and you are ${name}`,
    {
      hint: isAgent
        ? 'Leave it to its assignee.'
        : `Use --actor ${bead.assignee} to close it in their name, or --force.`,
    },
  );
};

const unfinished = ({ data }: Call): Bead[] => liveBeads(data).filter(bead => bead.status !== 'closed');

/** What `--suggest-next`, `--continue` and `--claim-next` add to what was closed. */
const withNext = async (
  call: Call,
  output: Output & { text: string },
  waiting: ReadonlySet<string>,
): Promise<Output> => {
  const { args, data, now } = call;
  const wants = ['suggest-next', 'continue', 'claim-next'].some(flag => args.on(flag));
  if (!wants) return output;
  const links = linksOf(data);
  const readiness = openReadiness(data, now, { statuses: openStatuses(data) });
  const unblocked = unfinished(call).filter(bead => waiting.has(bead.id) && readiness.isReady(bead));
  const next = args.on('suggest-next') ? undefined : nextStep(call);
  const lines = [output.text];
  if (args.on('suggest-next') && unblocked.length > 0) {
    lines.push('', 'Newly unblocked:', ...unblocked.map(bead => `  ${beadRow(bead)}`));
  }
  let claimed: Bead | undefined;
  if (next && !args.on('no-auto')) {
    await call.execute({ type: 'bead.claim', payload: { id: next.id, assignee: call.name } });
    claimed = data.beads.get(next.id)!;
    lines.push('', `✓ Claimed ${claimed.id} — ${safeLine(claimed.title)}`);
  } else if (next) lines.push('', `Next: ${beadRow(next)}`);
  else if (!args.on('suggest-next')) lines.push('', 'Nothing is ready next.');
  return {
    ...output,
    text: lines.join('\n'),
    json: {
      schema_version: 1,
      closed: output.json,
      ...(args.on('suggest-next') && { unblocked: unblocked.map(bead => issueWithCounts(bead, links)) }),
      ...(next && !claimed && { next: issueOf(next) }),
      ...(claimed && { claimed: issueOf(claimed) }),
    },
  };
};

/** The most urgent ready bead that nobody has; with `--continue`, below the same parent as what was closed. */
const nextStep = ({ args, data, now }: Call): Bead | undefined => {
  const free = readyBeads(data, now, { sort: 'priority', statuses: openStatuses(data) }).filter(bead => !bead.assignee);
  if (!args.on('continue')) return free[0];
  const parents = new Set(args.words.map(id => parentIdOf(data.beads.get(id))).filter(Boolean));
  return free.filter(bead => parents.has(parentIdOf(bead))).sort((a, b) => compareIds(a.id, b.id))[0];
};

const parentIdOf = (bead: Bead | undefined): string | undefined =>
  bead?.dependencies?.find(edge => edge.type === 'parent-child')?.depends_on_id;

/** `x.2` before `x.10`. */
const compareIds = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
