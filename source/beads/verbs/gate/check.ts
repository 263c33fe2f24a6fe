import { toGastownError } from '../../../common/errors.ts';
import { type GateState, gateState, isGate } from '../../../ledger/gate-beads.ts';
import type { Bead } from '../../../ledger/schema.ts';
import { exactly } from '../../counts.ts';
import { liveBeads } from '../../issue.ts';
import type { Call, Verb } from '../../verb.ts';

export const gateCheckVerb: Verb = {
  name: 'check',
  summary: 'Close the gates whose condition has come about',
  usage: '[flags]',
  details: 'Timers and beads are looked at. GitHub is not asked: its gates are unknown, and nothing follows from that.',
  flags: [
    { name: 'type', short: 't', kind: 'text', help: 'Only gates of this type; gh for gh:run and gh:pr; all' },
    { name: 'dry-run', kind: 'switch', help: 'Only say what would be done' },
    { name: 'escalate', short: 'e', kind: 'switch', help: 'Accepted for compatibility: nothing here fails by itself' },
    { name: 'limit', short: 'l', kind: 'number', help: 'Look at so many at most' },
  ],
  writes: true,
  async run(call) {
    exactly(call, 0, 'bd gate check [flags]');
    const { args, data, now } = call;
    const type = args.text('type');
    const gates = liveBeads(data).filter(bead => isGate(bead) && bead.status !== 'closed' && isAsked(bead, type));
    const checked = gates
      .slice(0, args.number('limit') || gates.length)
      .map(gate => ({ gate, ...gateState(data, gate, now) }));
    const errors = args.on('dry-run') ? [] : await closeSatisfied(call, checked);
    const count = (state: GateState['state']) => checked.filter(one => one.state === state).length;
    const summary = {
      checked: checked.length,
      resolved: count('satisfied') - errors.length,
      escalated: 0,
      errors: errors.length,
      pending: count('waiting'),
      unknown: count('unknown'),
      dry_run: args.on('dry-run'),
    };
    return {
      text: checked.length === 0 ? noneText(type) : textOf(checked, summary),
      json: { ...summary, gates: checked.map(({ gate, state, because }) => ({ id: gate.id, state, reason: because })) },
      ...(errors.length > 0 && { stderr: errors.join('\n'), exitCode: 1 }),
    };
  },
};

type Checked = GateState & { readonly gate: Bead };

const isAsked = ({ await_type = '' }: Bead, type: string | undefined): boolean =>
  type === undefined || type === 'all' || (type === 'gh' ? await_type.startsWith('gh:') : await_type === type);

const closeSatisfied = async (call: Call, checked: readonly Checked[]): Promise<string[]> => {
  const errors: string[] = [];
  for (const { gate, state, because } of checked) {
    if (state !== 'satisfied') continue;
    try {
      await call.execute({ type: 'bead.close', payload: { id: gate.id, reason: because } });
    } catch (error) {
      const { code, message } = toGastownError(error);
      if (code === 'internal') throw error;
      errors.push(`✗ ${gate.id}: error closing - ${message}`);
    }
  }
  return errors;
};

const noneText = (type: string | undefined): string =>
  type === undefined ? 'No open gates found.' : `No open gates of type '${type}' found.`;

const textOf = (
  checked: readonly Checked[],
  summary: { resolved: number; errors: number; unknown: number; dry_run: boolean },
): string => {
  const words = {
    satisfied: summary.dry_run ? '✓ %: would resolve' : '✓ %: resolved',
    waiting: '○ %: pending',
    unknown: '? %: unknown',
  };
  return [
    ...checked.map(({ gate, state, because }) => `${words[state].replace('%', gate.id)} - ${because}`),
    '',
    `Checked ${checked.length} gates: ${summary.resolved} resolved, 0 escalated, ${summary.errors} errors, ${summary.unknown} unknown`,
  ].join('\n');
};
