import { toGastownError } from '../../common/errors.ts';
import type { Bead } from '../../ledger/schema.ts';
import { childrenOf, type Links, linksOf, liveBeads } from '../issue.ts';
import type { Call, Output, Verb } from '../verb.ts';
import { noWords } from './list.ts';

export const duplicatesVerb: Verb = {
  name: 'duplicates',
  summary: 'Find open issues with the same text',
  usage: '[flags]',
  details:
    'The same title, description, design, acceptance criteria and status. The one that others hang on stays; then the one\nthat is named most often in texts, then the one whose id comes first.',
  flags: [
    { name: 'auto-merge', kind: 'switch', help: 'Close the others as duplicates, their children moved' },
    { name: 'dry-run', kind: 'switch', help: 'Only say what --auto-merge would do' },
    { name: 'include-workflow', kind: 'switch', help: 'Also issues whose metadata has keys beginning with gc.' },
  ],
  writes: true,
  async run(call) {
    noWords(call);
    const { args } = call;
    const links = linksOf(call.data);
    const groups = groupsOf(call, links);
    if (groups.length === 0) return { text: 'No duplicates found!', json: { duplicate_groups: 0, groups: [] } };
    const isMerging = args.on('auto-merge') && !args.on('dry-run');
    const merged: Merged[] = [];
    if (isMerging) for (const group of groups) merged.push(await merge(call, group, links));
    return outputOf(call, groups, merged);
  },
};

interface Member {
  readonly bead: Bead;
  readonly dependents: number;
  readonly dependencies: number;
  /** What hangs on it counts most: it would be left hanging. */
  readonly weight: number;
  /** How often texts name it. */
  readonly references: number;
}

interface Group {
  readonly members: readonly Member[];
  readonly target: string;
  readonly sources: readonly string[];
}

/** As in Beads: losing a child is worse than losing a link. */
const DEPENDENT_WEIGHT = 3;

const groupsOf = ({ args, data }: Call, links: Links): Group[] => {
  const beads = liveBeads(data);
  const byText = new Map<string, Bead[]>();
  for (const bead of beads) {
    if (bead.status === 'closed' || (!args.on('include-workflow') && isWorkflow(bead))) continue;
    const { title, description = '', design = '', acceptance_criteria = '', status } = bead;
    const key = JSON.stringify([title, description, design, acceptance_criteria, status]);
    const known = byText.get(key);
    if (known) known.push(bead);
    else byText.set(key, [bead]);
  }
  const alike = [...byText.values()].filter(group => group.length > 1);
  const references = countReferences(beads, new Set(alike.flat().map(({ id }) => id)));
  return alike.map(group => {
    const members = group.map(bead => memberOf(bead, links, references.get(bead.id) ?? 0));
    const [target] = [...members].sort(
      (a, b) => b.weight - a.weight || b.references - a.references || (a.bead.id < b.bead.id ? -1 : 1),
    );
    const { id } = target!.bead;
    return { members, target: id, sources: group.map(bead => bead.id).filter(other => other !== id) };
  });
};

const isWorkflow = ({ metadata }: Bead): boolean =>
  typeof metadata === 'object' && metadata !== null && Object.keys(metadata).some(key => key.startsWith('gc.'));

const memberOf = (bead: Bead, links: Links, references: number): Member => {
  const dependents = links.dependents.get(bead.id)?.length ?? 0;
  const dependencies = bead.dependencies?.length ?? 0;
  return { bead, dependents, dependencies, references, weight: dependents * DEPENDENT_WEIGHT + dependencies };
};

const ID_IN_TEXT = /\b[a-zA-Z][a-zA-Z0-9_-]*-[a-z0-9]+(?:\.\d+)*\b/g;

const countReferences = (beads: readonly Bead[], ids: ReadonlySet<string>): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { description, design, acceptance_criteria, notes } of beads) {
    for (const text of [description, design, acceptance_criteria, notes]) {
      for (const [id] of text?.matchAll(ID_IN_TEXT) ?? []) if (ids.has(id)) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
};

interface Merged {
  readonly target: string;
  readonly sources: readonly string[];
  readonly closed: string[];
  readonly reparented: string[];
  readonly errors: string[];
}

/** What is refused for one (it is on a hook) does not keep the others back. */
const merge = async (call: Call, { target, sources }: Group, links: Links): Promise<Merged> => {
  const done: Merged = { target, sources, closed: [], reparented: [], errors: [] };
  for (const source of sources) {
    try {
      for (const child of childrenOf(links, source)) {
        await call.execute({ type: 'bead.update', payload: { id: child.id, set: { parent: target } } });
        done.reparented.push(child.id);
      }
      await call.execute({ type: 'bead.duplicate', payload: { id: source, of: target } });
      done.closed.push(source);
    } catch (error) {
      const { code, message } = toGastownError(error);
      if (code === 'internal') throw error;
      done.errors.push(`${source}: ${message}`);
    }
  }
  return done;
};

const outputOf = ({ args }: Call, groups: readonly Group[], merged: readonly Merged[]): Output => {
  const errors = merged.flatMap(one => one.errors);
  const closing =
    merged.length > 0
      ? `✓ Merged ${merged.length} group(s)`
      : args.on('auto-merge')
        ? `Dry run - would merge ${groups.length} group(s)`
        : 'Run with --auto-merge to execute all suggested merges';
  return {
    text: [`Found ${groups.length} duplicate group(s):`, ...groups.flatMap(rowsOf), '', closing].join('\n'),
    json: {
      duplicate_groups: groups.length,
      groups: groups.map(jsonOf),
      ...(merged.length > 0 && { merge_results: merged }),
    },
    ...(errors.length > 0 && { stderr: errors.map(line => `Error: ${line}`).join('\n'), exitCode: 1 }),
  };
};

const rowsOf = ({ members, target, sources }: Group, index: number): string[] => [
  '',
  `Group ${index + 1}: ${members[0]!.bead.title}`,
  ...members.map(
    ({ bead, weight, references }) =>
      `${bead.id === target ? '→ ' : '  '}${bead.id} (${bead.status}, P${bead.priority}, weight=${weight}, ${references} refs)`,
  ),
  ...sources.map(source => `  Suggested: ${suggestion(source, target)}`),
];

const jsonOf = ({ members, target, sources }: Group): object => ({
  title: members[0]!.bead.title,
  issues: members.map(({ bead, ...counts }) => ({
    id: bead.id,
    title: bead.title,
    status: bead.status,
    priority: bead.priority,
    ...counts,
    is_merge_target: bead.id === target,
  })),
  suggested_target: target,
  suggested_sources: sources,
  suggested_action: sources.map(source => suggestion(source, target)).join(' && '),
});

const suggestion = (source: string, target: string): string => `bd duplicate ${source} --of ${target}`;
