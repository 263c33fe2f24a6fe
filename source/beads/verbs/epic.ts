import { toGastownError } from '../../common/errors.ts';
import type { Bead } from '../../ledger/schema.ts';
import { childrenOf, issueOf, linksOf, liveBeads } from '../issue.ts';
import type { Call, Output, Verb } from '../verb.ts';
import { noWords } from './list.ts';

/** How far an open epic is. */
export interface EpicStatus {
  readonly epic: Bead;
  readonly total: number;
  readonly closed: number;
  /** It has children, and all of them are closed. */
  readonly isEligible: boolean;
}

export const epicStatuses = (data: Call['data']): EpicStatus[] => {
  const links = linksOf(data);
  return liveBeads(data)
    .filter(bead => bead.issue_type === 'epic' && bead.status !== 'closed')
    .sort((a, b) => a.priority - b.priority || (a.created_at < b.created_at ? -1 : 1))
    .map(epic => {
      const children = childrenOf(links, epic.id);
      const closed = children.filter(child => child.status === 'closed').length;
      return { epic, total: children.length, closed, isEligible: closed > 0 && closed === children.length };
    });
};

const statusVerb: Verb = {
  name: 'status',
  summary: 'How far each open epic is',
  usage: '[flags]',
  flags: [{ name: 'eligible-only', kind: 'switch', help: 'Only those whose children are all closed' }],
  run(call) {
    noWords(call);
    const epics = epicStatuses(call.data).filter(one => one.isEligible || !call.args.on('eligible-only'));
    if (epics.length === 0) return { text: 'No open epics found', json: [] };
    return { text: epics.map(rowsOf).join('\n\n'), json: epics.map(jsonOf) };
  },
};

const DEFAULT_REASON = 'All children completed';

const closeEligibleVerb: Verb = {
  name: 'close-eligible',
  summary: 'Close the epics whose children are all closed',
  usage: '[flags]',
  flags: [
    { name: 'dry-run', kind: 'switch', help: 'Only say which' },
    { name: 'reason', short: 'r', kind: 'text', help: `Why (default: ${DEFAULT_REASON})` },
  ],
  writes: true,
  async run(call) {
    noWords(call);
    const eligible = epicStatuses(call.data).filter(one => one.isEligible);
    const reason = call.args.text('reason')?.trim() || DEFAULT_REASON;
    if (eligible.length === 0) return { text: 'No epics eligible for closure', json: [] };
    if (call.args.on('dry-run')) {
      const rows = eligible.map(({ epic }) => `  - ${epic.id}: ${epic.title}`);
      return {
        text: [`Would close ${eligible.length} epic(s) with reason "${reason}":`, ...rows].join('\n'),
        json: eligible.map(jsonOf),
      };
    }
    return close(call, eligible, reason);
  },
};

const epicVerb: Verb = {
  name: 'epic',
  summary: 'Epics: status, close-eligible',
  usage: '<verb> [flags]',
  flags: [],
  verbs: [statusVerb, closeEligibleVerb],
};

export const epicVerbs: readonly Verb[] = [epicVerb];

const close = async (call: Call, eligible: readonly EpicStatus[], reason: string): Promise<Output> => {
  const closed: string[] = [];
  const errors: string[] = [];
  for (const { epic } of eligible) {
    try {
      await call.execute({ type: 'bead.close', payload: { id: epic.id, reason } });
      closed.push(epic.id);
    } catch (error) {
      const { code, message } = toGastownError(error);
      if (code === 'internal') throw error;
      errors.push(`Error: ${message}`);
    }
  }
  return {
    text: [`✓ Closed ${closed.length} epic(s) with reason "${reason}"`, ...closed.map(id => `  - ${id}`)].join('\n'),
    json: { closed, count: closed.length, reason },
    ...(errors.length > 0 && { stderr: errors.join('\n'), exitCode: 1 }),
  };
};

const rowsOf = ({ epic, total, closed, isEligible }: EpicStatus): string =>
  [
    `${isEligible ? '✓' : '○'} ${epic.id} ${epic.title}`,
    `   Progress: ${closed}/${total} children closed (${total === 0 ? 0 : Math.floor((closed * 100) / total)}%)`,
    ...(isEligible ? ['   Eligible for closure'] : []),
  ].join('\n');

const jsonOf = ({ epic, total, closed, isEligible }: EpicStatus): object => ({
  epic: issueOf(epic),
  total_children: total,
  closed_children: closed,
  eligible_for_close: isEligible,
});
