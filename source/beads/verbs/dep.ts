import { GastownError } from '../../common/errors.ts';
import { findCycles } from '../../ledger/cycles.ts';
import type { Bead } from '../../ledger/schema.ts';
import { exactly } from '../counts.ts';
import { findBead } from '../ids.ts';
import { issueOf } from '../issue.ts';
import type { Call, Output, Verb } from '../verb.ts';
import { depListVerb } from './dep/list.ts';
import { depTreeVerb } from './dep/tree.ts';

const EXTERNAL = 'external:';

const addVerb: Verb = {
  name: 'add',
  summary: 'Let one issue depend on another',
  usage: '<issue> <depends-on> [flags]',
  details:
    'The second one may be external:<project>:<capability>: it holds the first up until a closed issue of that project\nbears the label provides:<capability>.',
  flags: [
    { name: 'type', short: 't', kind: 'text', help: 'Type of the dependency (default blocks)' },
    { name: 'blocked-by', kind: 'text', aliases: ['depends-on'], help: 'The other issue, in place of the second id' },
    { name: 'file', kind: 'text', help: 'Read {"from","to","type"} from JSON lines (- for stdin)' },
    { name: 'metadata', kind: 'text', help: 'JSON, such as {"gate":"any-children"} for waits-for' },
    { name: 'no-cycle-check', kind: 'switch', help: 'Accepted for compatibility: circles are always refused' },
  ],
  writes: true,
  async run(call) {
    const { args, data } = call;
    if (args.has('file')) return addMany(call);
    const blocker = args.text('blocked-by');
    const words = exactly(call, blocker === undefined ? 2 : 1, 'bd dep add <issue> <depends-on>');
    const type = args.text('type') ?? 'blocks';
    const from = findBead(data, words[0]!);
    const to = target(call, blocker ?? words[1]!);
    const metadata = args.text('metadata');
    await call.execute({
      type: 'dep.add',
      payload: {
        dependency: { issue_id: from.id, depends_on_id: to, type, ...(metadata && { metadata: json(metadata) }) },
      },
    });
    return {
      text: `✓ Added dependency: ${titled(call, from.id)} depends on ${titled(call, to)} (${type})`,
      json: { status: 'added', issue_id: from.id, depends_on_id: to, type },
    };
  },
};

const removeVerb: Verb = {
  name: 'remove',
  aliases: ['rm'],
  summary: 'Take a dependency away',
  usage: '<issue> <depends-on>',
  flags: [],
  writes: true,
  async run(call) {
    const [from, to] = exactly(call, 2, 'bd dep remove <issue> <depends-on>');
    const issue = findBead(call.data, from!).id;
    const known = call.data.beads.get(issue)?.dependencies?.some(edge => edge.depends_on_id === to);
    const other = known ? to! : target(call, to!);
    await call.execute({ type: 'dep.remove', payload: { issue_id: issue, depends_on_id: other } });
    return {
      text: `✓ Removed dependency: ${titled(call, issue)} no longer depends on ${titled(call, other)}`,
      json: { status: 'removed', issue_id: issue, depends_on_id: other },
    };
  },
};

const cyclesVerb: Verb = {
  name: 'cycles',
  summary: 'Find issues that hold each other up',
  usage: '',
  flags: [],
  run({ data }) {
    const cycles = findCycles(data).map(cycle => cycle.map(id => data.beads.get(id)!));
    if (cycles.length === 0) return { text: '✓ No dependency cycles detected', json: [] };
    const lines = cycles.flatMap((cycle, index) => [
      '',
      `${index + 1}. Cycle involving:`,
      ...cycle.map(bead => `   - ${bead.id}: ${bead.title}`),
    ]);
    return {
      text: [`⚠ Found ${cycles.length} dependency cycles:`, ...lines].join('\n'),
      json: cycles.map(one => one.map(issueOf)),
    };
  },
};

const relateVerb: Verb = {
  name: 'relate',
  summary: 'Let two issues point at each other, without holding either up',
  usage: '<id1> <id2>',
  flags: [],
  writes: true,
  run: call => relation(call, false),
};

const unrelateVerb: Verb = {
  name: 'unrelate',
  summary: 'Take that back',
  usage: '<id1> <id2>',
  flags: [],
  writes: true,
  run: call => relation(call, true),
};

const depVerb: Verb = {
  name: 'dep',
  summary: 'Dependencies: add, remove, list, tree, cycles, relate',
  usage: '<verb> [flags]',
  details: 'bd dep <blocker> --blocks <blocked> is the same as bd dep add <blocked> <blocker>.',
  flags: [{ name: 'blocks', short: 'b', kind: 'text', help: 'The issue that this one holds up' }],
  verbs: [addVerb, removeVerb, depListVerb, depTreeVerb, cyclesVerb, relateVerb, unrelateVerb],
  writes: true,
  async run(call) {
    const [given] = exactly(call, 1, 'bd dep <blocker> --blocks <blocked>');
    if (!call.args.has('blocks')) throw new GastownError('usage', '--blocks is missing', { hint: 'bd dep --help' });
    const blocker = findBead(call.data, given!).id;
    const blocked = findBead(call.data, call.args.text('blocks')!).id;
    const type = 'blocks';
    await call.execute({
      type: 'dep.add',
      payload: { dependency: { issue_id: blocked, depends_on_id: blocker, type } },
    });
    return {
      text: `✓ Added dependency: ${titled(call, blocker)} blocks ${titled(call, blocked)}`,
      json: { status: 'added', blocker_id: blocker, blocked_id: blocked, type },
    };
  },
};

export const depVerbs: readonly Verb[] = [depVerb, relateVerb, unrelateVerb];

const relation = async (call: Call, remove: boolean): Promise<Output> => {
  const usage = `bd ${remove ? 'un' : ''}relate <id1> <id2>`;
  const [a, b] = exactly(call, 2, usage).map(id => findBead(call.data, id).id) as [string, string];
  await call.execute({ type: 'dep.relate', payload: { ids: [a, b], ...(remove && { remove }) } });
  return {
    text: remove ? `✓ Unlinked ${a} ↔ ${b}` : `✓ Linked ${a} ↔ ${b}`,
    json: remove ? { id1: a, id2: b, unrelated: true } : { id1: a, id2: b, related: true },
  };
};

const addMany = async (call: Call): Promise<Output> => {
  const file = call.args.text('file')!;
  if (call.args.words.length > 0) throw new GastownError('usage', 'cannot combine ids and --file');
  const lines = (file === '-' ? call.stdin() : call.file(file)).split('\n');
  const edges = lines.flatMap((line, index) => (line.trim() === '' ? [] : [edgeOf(call, line, index + 1)]));
  const [dependency, ...more] = edges;
  if (!dependency) throw new GastownError('usage', `${file} holds no dependency`);
  await call.execute({ type: 'dep.add', payload: { dependency, more } });
  return {
    text: `✓ Added ${edges.length} dependencies`,
    json: { status: 'added', count: edges.length, dependencies: edges },
  };
};

const edgeOf = (
  call: Call,
  line: string,
  number: number,
): { issue_id: string; depends_on_id: string; type: string } => {
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(line) as Record<string, unknown>;
  } catch (error) {
    throw new GastownError('invalid', `line ${number}: it is no JSON (${(error as Error).message})`, { cause: error });
  }
  const [from, to, type] = [given?.from ?? given?.issue_id, given?.to ?? given?.depends_on_id, given?.type ?? 'blocks'];
  if (typeof from !== 'string' || typeof to !== 'string' || typeof type !== 'string') {
    throw new GastownError('invalid', `line ${number}: expected {"from": "<id>", "to": "<id>"}`);
  }
  return { issue_id: findBead(call.data, from).id, depends_on_id: target(call, to), type };
};

/** What is depended on: a bead here, or a capability of another project as it was written. */
const target = ({ data }: Call, given: string): string => {
  if (!given.startsWith(EXTERNAL)) return findBead(data, given).id;
  const [, project, ...capability] = given.split(':');
  if (project && capability.join(':')) return given;
  throw new GastownError('usage', `invalid external reference "${given}": expected external:<project>:<capability>`);
};

const titled = ({ data }: Call, id: string): string => {
  const bead: Bead | undefined = data.beads.get(id);
  return bead ? `${id} (${bead.title})` : id;
};

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GastownError('usage', `invalid JSON in --metadata: ${(error as Error).message}`, { cause: error });
  }
};
