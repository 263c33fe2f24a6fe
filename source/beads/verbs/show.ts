import { GastownError, toGastownError } from '../../common/errors.ts';
import { safeLine } from '../../common/text.ts';
import type { Bead } from '../../ledger/schema.ts';
import { findBead } from '../ids.ts';
import { childrenOf, issueInDetail, issueWithCounts, type Links, linksOf, parentOf } from '../issue.ts';
import { beadRow, iconOf, shortTime } from '../rows.ts';
import type { Call, Output, Verb } from '../verb.ts';

export const showVerb: Verb = {
  name: 'show',
  aliases: ['view'],
  summary: 'Show one or more issues in full',
  usage: '<id...> [flags]',
  flags: [
    { name: 'id', kind: 'texts', help: 'An id that looks like a flag' },
    { name: 'current', kind: 'switch', help: 'The one you are working on' },
    { name: 'short', kind: 'switch', help: 'One line each' },
    { name: 'children', kind: 'switch', help: 'Only its children' },
    { name: 'refs', kind: 'switch', help: 'Only what refers to it' },
    { name: 'long', kind: 'switch', help: 'Every field' },
    { name: 'include-comments', kind: 'switch', help: 'Accepted: comments are always in the JSON' },
    { name: 'include-dependents', kind: 'switch', help: 'Accepted: dependents are always in the JSON' },
  ],
  run(call) {
    const { args, data } = call;
    const given = [...args.words, ...args.list('id'), ...(args.on('current') ? [currentOf(call)] : [])];
    if (given.length === 0)
      throw new GastownError('usage', 'at least one issue id is required', { hint: 'bd show <id>' });
    const links = linksOf(data);
    const found: Bead[] = [];
    const missing: string[] = [];
    for (const id of given) {
      try {
        found.push(findBead(data, id));
      } catch (error) {
        missing.push(toGastownError(error).message);
      }
    }
    if (found.length === 0) throw new GastownError('not_found', missing.join('\n'));
    const shown = (bead: Bead): string => textOf(call, bead, links);
    return {
      text: () => found.map(shown).join(args.on('short') ? '\n' : '\n\n'),
      json: () => jsonOf(call, found, links),
      ...(missing.length > 0 && { stderr: missing.map(line => `Error: ${line}`).join('\n'), exitCode: 1 }),
    } satisfies Output;
  },
};

/** The caller's bead under way, the newest one. */
const currentOf = ({ data, name }: Call): string => {
  const mine = [...data.beads.values()]
    .filter(bead => bead.assignee === name && (bead.status === 'in_progress' || bead.status === 'hooked'))
    .sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
  if (mine[0]) return mine[0].id;
  throw new GastownError('not_found', `no issue is in progress for ${name}`, {
    hint: "'bd ready' shows what can be begun.",
  });
};

const jsonOf = ({ args, data }: Call, found: readonly Bead[], links: Links): unknown => {
  if (args.on('children')) {
    return Object.fromEntries(
      found.map(bead => [bead.id, childrenOf(links, bead.id).map(child => issueWithCounts(child, links))]),
    );
  }
  if (args.on('refs')) {
    return Object.fromEntries(
      found.map(bead => [
        bead.id,
        (links.dependents.get(bead.id) ?? []).map(({ bead: other }) => issueWithCounts(other, links)),
      ]),
    );
  }
  return found.map(bead => issueInDetail(bead, data, links));
};

const textOf = (call: Call, bead: Bead, links: Links): string => {
  const { args } = call;
  if (args.on('short')) return beadRow(bead);
  const children = childrenOf(links, bead.id);
  if (args.on('children')) {
    return [`Children of ${bead.id} (${children.length}):`, ...children.map(child => `  ${beadRow(child)}`)].join('\n');
  }
  const others = links.dependents.get(bead.id) ?? [];
  if (args.on('refs')) {
    const rows = others.map(({ bead: other, edge }) => `  ${beadRow(other)} (${edge.type})`);
    return [`References to ${bead.id} (${others.length}):`, ...rows].join('\n');
  }
  return [
    ...headOf(bead),
    ...block('DESCRIPTION', bead.description),
    ...block('DESIGN', bead.design),
    ...block('NOTES', bead.notes),
    ...block('ACCEPTANCE CRITERIA', bead.acceptance_criteria),
    ...(bead.labels?.length ? ['', `LABELS: ${bead.labels.join(', ')}`] : []),
    ...(args.on('long') ? everything(bead) : []),
    ...linksBlocks(call, bead, links),
    ...commentsBlock(bead),
  ].join('\n');
};

const headOf = (bead: Bead): string[] => {
  const people = [
    ...(bead.owner ? [`Owner: ${bead.owner}`] : []),
    ...(bead.assignee ? [`Assignee: ${bead.assignee}`] : []),
    `Type: ${bead.issue_type}`,
    ...(bead.created_by ? [`By: ${bead.created_by}`] : []),
  ];
  const times = [
    `Created: ${shortTime(bead.created_at)}`,
    `Updated: ${shortTime(bead.updated_at)}`,
    ...(bead.due_at ? [`Due: ${shortTime(bead.due_at)}`] : []),
    ...(bead.defer_until ? [`Deferred until: ${shortTime(bead.defer_until)}`] : []),
  ];
  const more = [
    ...(bead.closed_at
      ? [`Closed: ${shortTime(bead.closed_at)}${bead.close_reason ? ` (${bead.close_reason})` : ''}`]
      : []),
    ...(bead.estimated_minutes === undefined ? [] : [`Estimate: ${bead.estimated_minutes} min`]),
    ...(bead.external_ref ? [`External: ${bead.external_ref}`] : []),
    ...(bead.spec_id ? [`Spec: ${bead.spec_id}`] : []),
  ];
  return [
    `${iconOf(bead)} ${bead.id} · ${safeLine(bead.title)}   [● P${bead.priority} · ${bead.status.toUpperCase()}]`,
    people.join(' · '),
    times.join(' · '),
    ...(more.length > 0 ? [more.join(' · ')] : []),
  ];
};

const block = (heading: string, text: string | undefined): string[] => (text ? ['', heading, text] : []);

/** What the usual page leaves out. */
const everything = (bead: Bead): string[] => {
  const shown = new Set(
    'id title description design notes acceptance_criteria labels status priority issue_type assignee owner created_at created_by updated_at closed_at close_reason due_at defer_until estimated_minutes external_ref spec_id dependencies comments rev town'.split(
      ' ',
    ),
  );
  const rows = Object.entries(bead).filter(([field, value]) => !shown.has(field) && value !== undefined);
  return rows.length === 0
    ? []
    : ['', ...rows.map(([field, value]) => `${field}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)];
};

const linksBlocks = ({ data }: Call, bead: Bead, links: Links): string[] => {
  const parent = parentOf(bead);
  const named = (id: string): string => {
    const target = data.beads.get(id);
    return target ? beadRow(target) : id;
  };
  const edges = (bead.dependencies ?? []).filter(edge => edge.type !== 'parent-child');
  const others = links.dependents.get(bead.id) ?? [];
  const group = (heading: string, rows: readonly string[]) => (rows.length > 0 ? ['', heading, ...rows] : []);
  const isHard = (type: string) => type === 'blocks' || type === 'conditional-blocks' || type === 'waits-for';
  return [
    ...group('PARENT', parent === undefined ? [] : [`  ↑ ${named(parent)}`]),
    ...group(
      'DEPENDS ON',
      edges.filter(edge => isHard(edge.type)).map(edge => `  → ${named(edge.depends_on_id)}`),
    ),
    ...group(
      'CHILDREN',
      childrenOf(links, bead.id).map(child => `  ↳ ${beadRow(child)}`),
    ),
    ...group(
      'BLOCKS',
      others.filter(({ edge }) => isHard(edge.type)).map(({ bead: other }) => `  ← ${beadRow(other)}`),
    ),
    ...group('RELATED', [
      ...edges.filter(edge => !isHard(edge.type)).map(edge => `  ↔ ${edge.type}: ${named(edge.depends_on_id)}`),
      ...others
        .filter(({ edge }) => !isHard(edge.type) && edge.type !== 'parent-child')
        .map(({ bead: other, edge }) => `  ↔ ${edge.type} of: ${beadRow(other)}`),
    ]),
  ];
};

const commentsBlock = (bead: Bead): string[] =>
  bead.comments?.length
    ? [
        '',
        'COMMENTS',
        ...bead.comments.map(
          ({ author, created_at, text }) =>
            `  ${shortTime(created_at)} ${author}\n    ${text.replaceAll('\n', '\n    ')}`,
        ),
      ]
    : [];
