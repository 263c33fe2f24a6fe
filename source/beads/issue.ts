import { ISSUE_FIELDS } from '../ledger/interchange/fields.ts';
import type { Bead, Comment, Dependency, LedgerData } from '../ledger/schema.ts';

/** An issue as Beads prints it under `--json`: Beads' names, nothing of the town. */
export type Issue = Record<string, unknown>;

/**
 * A bead as Beads knows it: without `rev`, without what only the town keeps, with `dependencies` and `comments` as plain
 * records. `metadata` is as it was set.
 */
export const issueOf = (bead: Bead): Issue => {
  const issue: Issue = {};
  // In Beads' own order, so that people find what they look for.
  for (const field of ISSUE_FIELDS) if (bead[field] !== undefined) issue[field] = bead[field];
  for (const [field, value] of Object.entries(bead)) {
    if (!(field in issue) && !TOWN_ONLY.has(field) && value !== undefined) issue[field] = value;
  }
  if (bead.dependencies) issue.dependencies = bead.dependencies.map(plain);
  if (bead.comments) issue.comments = bead.comments.map(comment => ({ ...plain(comment), issue_id: bead.id }));
  return issue;
};

/** As `list` and `ready` print it: comments only counted, and how many beads it waits for and how many wait for it. */
export const issueWithCounts = (bead: Bead, links: Links): Issue => {
  const { comments: _comments, ...issue } = issueOf(bead);
  const parent = parentOf(bead);
  return {
    ...issue,
    ...(parent !== undefined && { parent }),
    dependency_count: (bead.dependencies ?? []).filter(isBlocks).length,
    dependent_count: (links.dependents.get(bead.id) ?? []).filter(({ edge }) => isBlocks(edge)).length,
    comment_count: bead.comments?.length ?? 0,
  };
};

/** As `show` prints it: what it depends on and what depends on it as whole issues, each with `dependency_type`. */
export const issueInDetail = (bead: Bead, data: Pick<LedgerData, 'beads'>, links: Links): Issue => {
  const parent = parentOf(bead);
  const dependencies = (bead.dependencies ?? []).map(edge => {
    const target = data.beads.get(edge.depends_on_id);
    return { ...(target ? withoutLinks(target) : { id: edge.depends_on_id }), dependency_type: edge.type };
  });
  const dependents = (links.dependents.get(bead.id) ?? []).map(({ bead: other, edge }) => ({
    ...withoutLinks(other),
    dependency_type: edge.type,
  }));
  const { dependencies: _edges, ...issue } = issueOf(bead);
  return {
    ...issue,
    ...(dependencies.length > 0 && { dependencies }),
    ...(dependents.length > 0 && { dependents }),
    ...(parent !== undefined && { parent }),
  };
};

const withoutLinks = (bead: Bead): Issue => {
  const { dependencies: _edges, comments: _comments, ...issue } = issueOf(bead);
  return issue;
};

/** Who depends on whom, turned around; one pass over all beads. */
export interface Links {
  readonly dependents: ReadonlyMap<string, readonly { readonly bead: Bead; readonly edge: Dependency }[]>;
}

export const linksOf = (data: Pick<LedgerData, 'beads'>): Links => {
  const dependents = new Map<string, { bead: Bead; edge: Dependency }[]>();
  for (const bead of data.beads.values()) {
    if (bead.status === 'tombstone') continue;
    for (const edge of bead.dependencies ?? []) {
      const known = dependents.get(edge.depends_on_id);
      if (known) known.push({ bead, edge });
      else dependents.set(edge.depends_on_id, [{ bead, edge }]);
    }
  }
  return { dependents };
};

export const parentOf = (bead: Bead): string | undefined =>
  bead.dependencies?.find(edge => edge.type === 'parent-child')?.depends_on_id;

export const childrenOf = (links: Links, id: string): Bead[] =>
  (links.dependents.get(id) ?? []).filter(({ edge }) => edge.type === 'parent-child').map(({ bead }) => bead);

/** Every bead that is not deleted. */
export const liveBeads = (data: Pick<LedgerData, 'beads'>): Bead[] =>
  [...data.beads.values()].filter(bead => bead.status !== 'tombstone');

const isBlocks = (edge: Dependency): boolean => edge.type === 'blocks';

/** Without what only serves to write it back as it came. */
const plain = (record: Dependency | Comment): Record<string, unknown> => {
  const { as_written: _asWritten, ...rest } = record;
  return rest;
};

const TOWN_ONLY = new Set(['rev', 'town']);
