import { compactJson } from '../../common/json.ts';
import type { Bead, LedgerData, Memory } from '../schema.ts';
import { ISSUE_FIELDS, TOWN_FIELD } from './fields.ts';
import { goJson } from './json.ts';
import { exportedTownData } from './town-data.ts';
import { memberTexts, objectText } from './values.ts';

export interface ExportOptions {
  /** Which beads; all that are kept by default. */
  readonly take?: (bead: Bead) => boolean;
  readonly memories?: boolean;
  /** Lines of an earlier export, for beads that are still the same. Good only while the rigs are. */
  readonly cache?: ExportCache;
}

export type ExportCache = WeakMap<Bead, { readonly dependents: number; readonly line: string }>;

type Exported = Pick<LedgerData, 'beads' | 'rigs' | 'memories'>;

/**
 * The ledger's beads as Beads' `issues.jsonl`: one object a line, sorted by id, each field as it was written where it came
 * from unless it has changed since. What only this program knows is under `metadata.gastown`.
 */
export const exportIssues = (data: Exported, options: ExportOptions = {}): string => {
  const counts = dependentCounts(data);
  const beads = [...data.beads.values()].filter(options.take ?? (() => true)).sort(byId);
  const lines = beads.map(bead => {
    const dependents = 'dependent_count' in bead ? (counts.get(bead.id) ?? 0) : 0;
    return cachedLine(data, bead, { dependents, cache: options.cache });
  });
  if (options.memories) lines.push(...[...data.memories.values()].filter(isKept).sort(byId).map(memoryLine));
  return lines.map(line => `${line}\n`).join('');
};

/** Fills a cache for some of the beads, so that a large export can be made in pieces. */
export const prepareExport = (data: Exported, beads: readonly Bead[], cache: ExportCache): void => {
  for (const bead of beads) if (!('dependent_count' in bead)) cachedLine(data, bead, { dependents: 0, cache });
};

const cachedLine = (
  data: Exported,
  bead: Bead,
  { dependents, cache }: { dependents: number; cache: ExportCache | undefined },
): string => {
  const known = cache?.get(bead);
  if (known?.dependents === dependents) return known.line;
  const line = issueLine(data, bead, dependents);
  cache?.set(bead, { dependents, line });
  return line;
};

const issueLine = (data: Exported, bead: Bead, dependents: number): string => {
  const { rev: _rev, town, ...fields } = bead;
  const written = town.as_written ?? {};
  const members = memberTexts(
    { ...fields, ...derived(bead, dependents) },
    { written, path: 'issue', order: ISSUE_FIELDS },
  );
  const told = exportedTownData(data, bead);
  if (!told) return objectText(members);
  const { name, text } = withTownData(bead, members.get('metadata'), compactJson(told));
  const added = new Map(members).set(name, text);
  return objectText(new Map([...added].sort(([a], [b]) => place(a) - place(b))));
};

/** Where a field stands among the others; unknown ones keep their order behind the known. */
const place = (name: string): number => {
  const index = ISSUE_FIELDS.indexOf(name);
  return index < 0 ? ISSUE_FIELDS.length : index;
};

/** Inside metadata that is an object and has no such member of its own; beside it otherwise. */
const withTownData = (
  { metadata }: Bead,
  written: string | undefined,
  told: string,
): { name: string; text: string } => {
  const member = `${goJson(TOWN_FIELD)}:${told}`;
  if (metadata === undefined) return { name: 'metadata', text: `{${member}}` };
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata) || TOWN_FIELD in metadata) {
    return { name: TOWN_FIELD, text: told };
  }
  const inner = written!.slice(1, -1).trim();
  return { name: 'metadata', text: `{${inner === '' ? '' : `${inner},`}${member}}` };
};

/** Newer exports carry counts; they follow the record, which may have changed. */
const derived = (bead: Bead, dependents: number): Record<string, unknown> => ({
  ...('dependency_count' in bead && {
    dependency_count: (bead.dependencies ?? []).filter(({ type }) => type === 'blocks').length,
  }),
  ...('dependent_count' in bead && { dependent_count: dependents }),
  ...('comment_count' in bead && { comment_count: bead.comments?.length ?? 0 }),
});

const dependentCounts = ({ beads }: Exported): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { dependencies = [] } of beads.values()) {
    for (const { depends_on_id, type } of dependencies) {
      if (type === 'blocks') counts.set(depends_on_id, (counts.get(depends_on_id) ?? 0) + 1);
    }
  }
  return counts;
};

const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

const isKept = (memory: Memory): boolean => memory.forgottenAt === undefined;

const memoryLine = ({ id, text }: Memory): string => goJson({ _type: 'memory', key: id, value: text });
