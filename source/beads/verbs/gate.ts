import { GastownError } from '../../common/errors.ts';
import { isGate } from '../../ledger/gate-beads.ts';
import type { Bead } from '../../ledger/schema.ts';
import { exactly } from '../counts.ts';
import { durationText, parseDuration } from '../durations.ts';
import { findBead } from '../ids.ts';
import { issueOf, liveBeads } from '../issue.ts';
import type { Call, Output, Verb } from '../verb.ts';
import { gateCheckVerb } from './gate/check.ts';
import { limited } from './list.ts';

const TYPES = ['human', 'timer', 'bead', 'mail', 'gh:run', 'gh:pr'];

const listVerb: Verb = {
  name: 'list',
  summary: 'Open gates, or those that hold up one issue',
  usage: '[id] [flags]',
  flags: [
    { name: 'all', short: 'a', kind: 'switch', help: 'Closed ones too' },
    { name: 'limit', short: 'n', kind: 'number', help: 'At most so many (default 50, 0 for all)' },
    { name: 'offset', kind: 'number', help: 'Leave out the first ones' },
  ],
  run(call) {
    const { args, data } = call;
    const [given] = args.words.length === 0 ? [undefined] : exactly(call, 1, 'bd gate list [id]');
    const holding = given === undefined ? undefined : new Set(blockersOf(findBead(data, given)));
    const found = liveBeads(data)
      .filter(bead => isGate(bead) && (args.on('all') || bead.status !== 'closed') && holding?.has(bead.id) !== false)
      .sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
    const { shown } = limited(call, found, 50);
    if (shown.length === 0) return { text: 'No gates found.', json: [] };
    const part = (heading: string, gates: readonly Bead[]) =>
      gates.length === 0 ? [] : [`${heading} (${gates.length}):`, '', ...gates.map(rowOf), ''];
    return {
      text: [
        ...part(
          'Open Gates',
          shown.filter(bead => bead.status !== 'closed'),
        ),
        ...part(
          'Closed Gates',
          shown.filter(bead => bead.status === 'closed'),
        ),
        'To resolve a gate: bd gate resolve <gate-id>',
      ].join('\n'),
      json: shown.map(issueOf),
    };
  },
};

const createVerb: Verb = {
  name: 'create',
  summary: 'Make a gate that holds up an issue until it is resolved',
  usage: '--blocks <id> [flags]',
  details:
    'human and mail are resolved by hand, timer opens after --timeout, bead when the bead of --await-id is closed. gh:run and\ngh:pr are kept, but GitHub is not asked: they are resolved by hand too.',
  flags: [
    { name: 'blocks', short: 'b', kind: 'text', help: 'The issue it holds up' },
    { name: 'type', short: 't', kind: 'text', help: `${TYPES.join(', ')} (default human)` },
    { name: 'await-id', kind: 'text', help: 'The bead, run or pull request it waits for' },
    { name: 'timeout', kind: 'text', help: 'How long a timer runs: 30m, 2h, 1d' },
    { name: 'reason', short: 'r', kind: 'text', help: 'Why' },
    { name: 'title', kind: 'text', help: 'Its title' },
  ],
  writes: true,
  async run(call) {
    const { args, data } = call;
    exactly(call, 0, 'bd gate create --blocks <id>');
    if (!args.text('blocks')) throw new GastownError('usage', 'required flag "--blocks" not set');
    const target = findBead(data, args.text('blocks')!);
    const { await_type, await_id, timeout } = conditionOf(call);
    const reason = args.text('reason');
    const receipt = await call.execute({
      type: 'bead.create',
      payload: {
        title: args.text('title') ?? `Gate: ${await_type}${await_id ? ` ${await_id}` : ''}`,
        description: `Gate blocking ${target.id}${reason ? `\n\nReason: ${reason}` : ''}`,
        issue_type: 'gate',
        await_type,
        ...(target.town.rig && { rig: target.town.rig }),
        ...(await_id !== undefined && { await_id }),
        ...(timeout !== undefined && { timeout }),
        dependents: [{ issue_id: target.id, type: 'blocks' }],
      },
    });
    const gate = data.beads.get(receipt.written[0]!.id)!;
    return {
      text: [
        `✓ Created gate ${gate.id} (type: ${await_type})`,
        `  Blocks: ${target.id} (${target.title})`,
        ...(reason ? [`  Reason: ${reason}`] : []),
        ...(timeout ? [`  Timeout: ${durationText(timeout)}`] : []),
        '',
        `Resolve with: bd gate resolve ${gate.id}`,
      ].join('\n'),
      json: issueOf(gate),
    };
  },
};

const showVerb: Verb = {
  name: 'show',
  summary: 'Show a gate',
  usage: '<gate>',
  flags: [],
  run(call) {
    const gate = findGate(call, 'bd gate show <gate>');
    return {
      text: [
        `${gate.status === 'closed' ? '●' : '○'} ${gate.id} - ${gate.title}`,
        `  Status: ${gate.status}`,
        `  Await Type: ${gate.await_type ?? ''}`,
        ...(gate.await_id ? [`  Await ID: ${gate.await_id}`] : []),
        ...(gate.timeout ? [`  Timeout: ${durationText(gate.timeout)}`] : []),
        ...(gate.waiters?.length ? ['  Waiters:', ...gate.waiters.map(waiter => `    - ${waiter}`)] : []),
        ...(gate.description ? [`  Description: ${gate.description}`] : []),
      ].join('\n'),
      json: issueOf(gate),
    };
  },
};

const resolveVerb: Verb = {
  name: 'resolve',
  aliases: ['close'],
  summary: 'Close a gate by hand',
  usage: '<gate> [flags]',
  details: 'A timer or a bead says by itself when it is time; before that only --force closes such a gate.',
  flags: [
    { name: 'reason', short: 'r', kind: 'text', help: 'Why' },
    { name: 'force', short: 'f', kind: 'switch', help: 'Close it although it is not open yet' },
  ],
  writes: true,
  async run(call) {
    const { id } = findGate(call, 'bd gate resolve <gate>');
    const reason = call.args.text('reason');
    const force = call.args.on('force');
    if (force && call.isAgent) throw new GastownError('forbidden', 'an agent does not open a gate by force');
    await call.execute({ type: 'bead.close', payload: { id, ...(reason && { reason }), ...(force && { force }) } });
    return {
      text: [`✓ Gate resolved: ${id}`, ...(reason ? [`  Reason: ${reason}`] : [])].join('\n'),
      json: issueOf(call.data.beads.get(id)!),
    };
  },
};

const addWaiterVerb: Verb = {
  name: 'add-waiter',
  summary: 'Note who waits for a gate',
  usage: '<gate> <waiter>',
  flags: [],
  writes: true,
  async run(call) {
    const [given, waiter] = exactly(call, 2, 'bd gate add-waiter <gate> <waiter>');
    const gate = gateOf(findBead(call.data, given!));
    const waiters = gate.waiters ?? [];
    if (waiters.includes(waiter!)) return { text: `Waiter already registered on gate ${gate.id}`, json: issueOf(gate) };
    await call.execute({ type: 'bead.update', payload: { id: gate.id, set: { waiters: [...waiters, waiter!] } } });
    return {
      text: `✓ Added waiter to gate ${gate.id}: ${waiter}`,
      json: issueOf(call.data.beads.get(gate.id)!),
    } satisfies Output;
  },
};

const gateVerb: Verb = {
  name: 'gate',
  summary: 'Gates that hold issues up: list, create, show, check, resolve',
  usage: '<verb> [flags]',
  flags: [],
  verbs: [listVerb, createVerb, showVerb, gateCheckVerb, resolveVerb, addWaiterVerb],
};

export const gateVerbs: readonly Verb[] = [gateVerb];

const blockersOf = (bead: Bead): string[] =>
  (bead.dependencies ?? []).filter(({ type }) => type === 'blocks').map(({ depends_on_id }) => depends_on_id);

const findGate = (call: Call, usage: string): Bead => gateOf(findBead(call.data, exactly(call, 1, usage)[0]!));

const gateOf = (bead: Bead): Bead => {
  if (isGate(bead)) return bead;
  throw new GastownError('invalid', `${bead.id} is not a gate issue (type=${bead.issue_type})`);
};

/** What the gate waits for. A timer without a time, or a bead that is not there, would hold its issue up for ever. */
const conditionOf = ({ args, data }: Call) => {
  const await_type = args.text('type') ?? 'human';
  if (!TYPES.includes(await_type)) {
    throw new GastownError('usage', `invalid gate type "${await_type}"`, { hint: `It is one of ${TYPES.join(', ')}.` });
  }
  const timeout = args.has('timeout') ? parseDuration(args.text('timeout')!) : undefined;
  if (await_type === 'timer' && timeout === undefined) throw new GastownError('usage', 'a timer gate needs --timeout');
  const given = args.text('await-id');
  if (await_type === 'bead' && !given) throw new GastownError('usage', 'a bead gate needs --await-id');
  return { await_type, timeout, await_id: await_type === 'bead' ? findBead(data, given!).id : given };
};

const rowOf = (gate: Bead): string => {
  const condition = [gate.await_type, gate.await_id].filter(Boolean).join(' ');
  const timeout = gate.timeout ? ` (timeout: ${durationText(gate.timeout)})` : '';
  return `${gate.status === 'closed' ? '●' : '○'} ${gate.id} - ${condition}${timeout}`;
};
