import { GastownError } from '../../common/errors.ts';
import { atLeast, exactly } from '../counts.ts';
import { findBead } from '../ids.ts';
import { childrenOf, linksOf, liveBeads } from '../issue.ts';
import type { Call, Output, Verb } from '../verb.ts';

const labelVerb: Verb = {
  name: 'label',
  summary: 'Labels: add, remove, list, list-all, propagate',
  usage: '<verb> [flags]',
  flags: [],
  verbs: [
    {
      name: 'add',
      summary: 'Add a label to one or more issues',
      usage: '<id...> <label>',
      flags: [],
      writes: true,
      run: call => change(call, { status: 'added', said: label => `✓ Added label '${label}' to`, field: 'addLabels' }),
    },
    {
      name: 'remove',
      aliases: ['rm'],
      summary: 'Take a label away from one or more issues',
      usage: '<id...> <label>',
      flags: [],
      writes: true,
      run: call =>
        change(call, { status: 'removed', said: label => `✓ Removed label '${label}' from`, field: 'removeLabels' }),
    },
    {
      name: 'list',
      summary: 'Labels of an issue',
      usage: '<id>',
      flags: [],
      run(call) {
        const { id, labels = [] } = findBead(call.data, exactly(call, 1, 'bd label list <id>')[0]!);
        if (labels.length === 0) return { text: `${id} has no labels`, json: [] };
        return { text: [`Labels for ${id}:`, ...labels.map(label => `  - ${label}`)].join('\n'), json: labels };
      },
    },
    { name: 'list-all', summary: 'Every label, and how often', usage: '', flags: [], run: listAll },
    {
      name: 'propagate',
      summary: 'Give a label to the children of an issue',
      usage: '<parent> <label>',
      flags: [],
      writes: true,
      run: propagate,
    },
  ],
};

export const labelVerbs: readonly Verb[] = [labelVerb];

type Change = {
  readonly status: string;
  readonly said: (label: string) => string;
  readonly field: 'addLabels' | 'removeLabels';
};

const change = async (call: Call, { status, said, field }: Change): Promise<Output> => {
  const words = atLeast(call, 2, `bd label ${status === 'added' ? 'add' : 'remove'} <id...> <label>`);
  const label = labelWord(words.at(-1)!);
  const ids = words.slice(0, -1).map(id => findBead(call.data, id).id);
  return apply(call, ids, { label, status, said: said(label), field });
};

async function propagate(call: Call): Promise<Output> {
  const [parent, given] = exactly(call, 2, 'bd label propagate <parent> <label>');
  const { id } = findBead(call.data, parent!);
  const label = labelWord(given!);
  const children = childrenOf(linksOf(call.data), id).map(child => child.id);
  if (children.length === 0) return { text: `No children found for ${id}`, json: [] };
  return apply(call, children, {
    label,
    status: 'propagated',
    said: `✓ Propagated label '${label}' to`,
    field: 'addLabels',
  });
}

const apply = async (
  call: Call,
  ids: readonly string[],
  { label, status, said, field }: Omit<Change, 'said'> & { label: string; said: string },
): Promise<Output> => {
  for (const id of ids) await call.execute({ type: 'bead.update', payload: { id, set: { [field]: [label] } } });
  return {
    text: ids.map(id => `${said} ${id}`).join('\n'),
    json: ids.map(issue_id => ({ status, issue_id, label })),
  };
};

function listAll({ data }: Call): Output {
  const counts = new Map<string, number>();
  for (const { labels = [] } of liveBeads(data))
    for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  if (sorted.length === 0) return { text: 'No labels found in database', json: [] };
  const width = Math.max(...sorted.map(([label]) => label.length));
  return {
    text: [
      `All labels (${sorted.length} unique):`,
      ...sorted.map(([label, count]) => `  ${label.padEnd(width)}  (${count} issues)`),
    ].join('\n'),
    json: sorted.map(([label, count]) => ({ label, count })),
  };
}

const labelWord = (given: string): string => {
  const label = given.trim();
  if (label !== '') return label;
  throw new GastownError('usage', 'label cannot be empty');
};
