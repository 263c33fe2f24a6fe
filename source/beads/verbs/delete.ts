import { GastownError, toGastownError } from '../../common/errors.ts';
import { safeLine } from '../../common/text.ts';
import type { Bead } from '../../ledger/schema.ts';
import { findBead } from '../ids.ts';
import { type Links, linksOf } from '../issue.ts';
import { beadRow } from '../rows.ts';
import type { Call, Output, Verb } from '../verb.ts';

export const deleteVerb: Verb = {
  name: 'delete',
  summary: 'Delete one or more issues and what refers to them',
  usage: '<id...> [flags]',
  details:
    'Without --force it only shows what would be deleted. What depends on it is untied from it, or deleted too with\n--cascade. The history of the town keeps the record.',
  flags: [
    { name: 'force', short: 'f', kind: 'switch', help: 'Really delete' },
    { name: 'cascade', kind: 'switch', help: 'Delete what depends on it too' },
    { name: 'dry-run', kind: 'switch', help: 'Only show what would be deleted' },
    { name: 'from-file', kind: 'text', help: 'Read ids from a file, one a line (- for stdin)' },
    { name: 'reason', short: 'r', kind: 'text', help: 'Why' },
  ],
  writes: true,
  async run(call) {
    const { args } = call;
    const links = linksOf(call.data);
    const beads = wanted(call, links);
    const ids = new Set(beads.map(bead => bead.id));
    const tied = dependentsOf(links, ids);
    if (args.on('dry-run') || !args.on('force')) return preview(call, beads, tied);
    return remove(call, { beads, ids, tied, links });
  },
};

const wanted = (call: Call, links: Links): Bead[] => {
  const { args, data } = call;
  const file = args.text('from-file');
  const listed = file === undefined ? '' : file === '-' ? call.stdin() : call.file(file);
  const lines = listed
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'));
  const given = [...args.words, ...lines];
  if (given.length === 0) throw new GastownError('usage', 'no issue IDs provided', { hint: 'bd delete <id> --force' });
  const found = new Map(given.map(id => findBead(data, id)).map(bead => [bead.id, bead]));
  if (args.on('cascade')) {
    const queue = [...found.keys()];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      for (const { bead } of links.dependents.get(id) ?? []) {
        if (found.has(bead.id)) continue;
        found.set(bead.id, bead);
        queue.push(bead.id);
      }
    }
  }
  return [...found.values()];
};

/** Beads outside that depend on one of them. */
const dependentsOf = (links: Links, ids: ReadonlySet<string>): Bead[] => [
  ...new Map(
    [...ids]
      .flatMap(id => links.dependents.get(id) ?? [])
      .filter(({ bead }) => !ids.has(bead.id))
      .map(({ bead }) => [bead.id, bead]),
  ).values(),
];

const preview = ({ args }: Call, beads: readonly Bead[], tied: readonly Bead[]): Output => {
  const ids = beads.map(bead => bead.id).join(' ');
  return {
    text: [
      'DELETE PREVIEW',
      '',
      ...beads.map(bead => `  ${beadRow(bead)}`),
      ...(tied.length > 0 ? ['', 'These depend on them:', ...tied.map(bead => `  ${beadRow(bead)}`)] : []),
      '',
      ...(args.on('dry-run')
        ? ['[DRY RUN] Nothing was deleted.']
        : [
            'Nothing was deleted yet. To go on:',
            `  bd delete ${ids}${args.on('cascade') ? ' --cascade' : ''} --force`,
          ]),
    ].join('\n'),
    json: {
      schema_version: 1,
      dry_run: true,
      would_delete: beads.map(bead => bead.id),
      dependents: tied.map(bead => bead.id),
    },
    essential: true,
  };
};

/** A refusal for one does not keep the others back. An edge to what is gone blocks nothing, should this end in between. */
const remove = async (
  call: Call,
  {
    beads,
    ids,
    tied,
    links,
  }: { beads: readonly Bead[]; ids: ReadonlySet<string>; tied: readonly Bead[]; links: Links },
): Promise<Output> => {
  const reason = call.args.text('reason');
  const deleted: Bead[] = [];
  const refusals: string[] = [];
  let removed = 0;
  for (const bead of beads) {
    try {
      await call.execute({ type: 'bead.delete', payload: { id: bead.id, ...(reason && { reason }) } });
    } catch (error) {
      const { code, message, hint } = toGastownError(error);
      if (code === 'internal' || beads.length === 1) throw error;
      refusals.push(`Error: ${message}${hint ? ` ${hint}` : ''}`);
      continue;
    }
    deleted.push(bead);
    for (const { bead: other } of links.dependents.get(bead.id) ?? []) {
      if (ids.has(other.id)) continue;
      await call.execute({ type: 'dep.remove', payload: { issue_id: other.id, depends_on_id: bead.id } });
      removed++;
    }
  }
  const gone = new Set(deleted.map(bead => bead.id));
  let references = 0;
  for (const other of tied) references += await markReferences(call, other.id, gone);
  return {
    text: [
      ...deleted.map(bead => `✓ Deleted ${bead.id} — ${safeLine(bead.title)}`),
      `  Removed ${removed} dependency link(s)`,
      ...(references > 0 ? [`  Updated text references in ${references} issue(s)`] : []),
    ].join('\n'),
    json: {
      schema_version: 1,
      deleted: gone.size === 1 ? deleted[0]!.id : [...gone],
      deleted_count: gone.size,
      dependencies_removed: removed,
      references_updated: references,
    },
    ...(refusals.length > 0 && { stderr: refusals.join('\n'), exitCode: 1 }),
  };
};

/** In the texts of what was tied to it, `gt-a3f` becomes `[deleted:gt-a3f]`. Answers 1 where something changed. */
const markReferences = async (call: Call, id: string, ids: ReadonlySet<string>): Promise<number> => {
  const bead = call.data.beads.get(id)!;
  if (ids.size === 0) return 0;
  const pattern = new RegExp(`(?<![\\w.-])(?:${[...ids].map(escapeRegExp).join('|')})(?![\\w-]|\\.\\d)`, 'g');
  const set: Record<string, string> = {};
  for (const field of ['title', 'description', 'notes', 'design', 'acceptance_criteria'] as const) {
    const text = bead[field];
    const changed = text?.replace(pattern, found => `[deleted:${found}]`);
    if (changed !== undefined && changed !== text) set[field] = changed;
  }
  if (Object.keys(set).length === 0) return 0;
  await call.execute({ type: 'bead.update', payload: { id, set } });
  return 1;
};

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
