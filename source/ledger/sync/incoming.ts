import { GastownError } from '../../common/errors.ts';
import { safeLine } from '../../common/text.ts';
import type { SomeRecords } from '../merge/ledgers.ts';
import { readMeta } from '../meta.ts';
import { readBlobs } from '../objects.ts';
import { META_PATH, pathsOf, recordAt } from '../paths.ts';
import { type AnyRecord, emptyData, type Kind, SCHEMAS, type Town } from '../schema.ts';
import { changedFiles, EMPTY_TREE } from './commits.ts';

/** What another machine's commit brings, every record of it checked. */
export interface Incoming {
  /** Records that differ between the base and the commit, and always the town; each as it was, and as it is there. */
  readonly base: SomeRecords;
  readonly theirs: SomeRecords;
  /** How many records of theirs differ from the base. */
  readonly count: number;
}

type Found = { [K in Kind]: Map<string, AnyRecord> };

/**
 * Reads what changed from `base` to `head`, or all of both when `whole`. One file that cannot be accepted rejects with
 * `invalid` and its name: a half-understood ledger is not merged. `town_schema_newer` for one of a newer version. A file
 * that is gone counts as unchanged: absence is no deletion.
 */
export const readIncoming = async (
  gitDir: string,
  { base, head, whole = false }: { base: string | undefined; head: string; whole?: boolean },
): Promise<Incoming> => {
  await requireLedger(gitDir, head);
  const changed = await changedFiles(gitDir, base ?? EMPTY_TREE, head);
  const files = (whole ? await changedFiles(gitDir, EMPTY_TREE, head) : changed).filter(file => file.isThere);
  const records = files.filter(({ path }) => path !== META_PATH).map(file => ({ ...file, ...recordOf(file) }));
  const theirs = emptyData() as unknown as Found;
  const blobs = await readBlobs(
    gitDir,
    records.map(({ sha }) => sha),
  );
  for (const [index, file] of records.entries()) put(theirs, file.kind, parse(file, blobs[index]));
  const before = emptyData() as unknown as Found;
  if (base !== undefined) {
    const wanted = whole
      ? (await changedFiles(gitDir, EMPTY_TREE, base)).flatMap(({ path }) => recordAt(path) ?? [])
      : records;
    await readInto(gitDir, before, { commit: base, records: wanted });
    await readInto(gitDir, before, { commit: base, records: [TOWN] });
  }
  await readInto(gitDir, theirs, { commit: head, records: [TOWN] });
  const count = changed.filter(({ path, isThere }) => isThere && path !== META_PATH).length;
  return { base: before as unknown as SomeRecords, theirs: theirs as unknown as SomeRecords, count };
};

/** The town that a commit is of. Rejects when it is none. */
export const townAt = async (gitDir: string, head: string): Promise<Town> => {
  await requireLedger(gitDir, head);
  const found = emptyData() as unknown as Found;
  await readInto(gitDir, found, { commit: head, records: [TOWN] });
  const town = found.town.get(TOWN.id) as Town | undefined;
  if (town) return town;
  throw notLedger();
};

/** Of these beads those that are alive in a commit. */
export const liveBeadsAt = async (gitDir: string, head: string, ids: readonly string[]): Promise<string[]> => {
  const found = emptyData() as unknown as Found;
  await readInto(gitDir, found, { commit: head, records: ids.map(id => ({ kind: 'beads', id })) });
  return ids.filter(id => {
    const bead = found.beads.get(id) as { status?: string } | undefined;
    return bead !== undefined && bead.status !== 'tombstone';
  });
};

const TOWN = { kind: 'town', id: 'town' } as const;
/** A plain file; links and programs have no place in a ledger. */
const PLAIN_MODE = '100644';

const requireLedger = async (gitDir: string, head: string): Promise<void> => {
  const [meta] = await readBlobs(gitDir, [`${head}:${META_PATH}`]);
  if (!meta) throw notLedger();
  readMeta(meta);
};

const notLedger = (): GastownError =>
  new GastownError('invalid', 'What lies at the remote is not the ledger of a town.', {
    hint: 'Name the repository that another copy of this town was synced with.',
  });

const refused = (path: string, reason: string): GastownError =>
  new GastownError('invalid', `The remote's file ${safeLine(path)} cannot be accepted: ${safeLine(reason)}.`, {
    hint: 'Nothing was changed. A newer gastown may have written it; else have it corrected on the machine that pushed it.',
  });

const recordOf = ({ path, mode }: { path: string; mode: string }): { kind: Kind; id: string } => {
  if (mode !== PLAIN_MODE) throw refused(path, `it is no plain file (mode ${mode})`);
  const record = recordAt(path);
  if (!record) throw refused(path, 'no record lies at such a path');
  return record;
};

const parse = (file: { path: string; kind: Kind; id: string }, blob: Buffer | undefined): AnyRecord => {
  if (!blob) throw refused(file.path, 'its object is missing');
  let value: unknown;
  try {
    value = JSON.parse(blob.toString('utf8'));
  } catch (error) {
    throw refused(file.path, (error as Error).message);
  }
  const parsed = SCHEMAS[file.kind].safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw refused(file.path, `${issue.path.join('.') || 'record'}: ${issue.message}`);
  }
  if (parsed.data.id !== file.id) throw refused(file.path, `it holds the id ${JSON.stringify(parsed.data.id)}`);
  return parsed.data;
};

/** Records of a commit that is ours, or checked otherwise; what cannot be read there was never agreed on. */
const readInto = async (
  gitDir: string,
  found: Found,
  { commit, records }: { commit: string; records: readonly { kind: Kind; id: string }[] },
): Promise<void> => {
  if (records.length === 0) return;
  const blobs = await readBlobs(
    gitDir,
    records.flatMap(({ kind, id }) => pathsOf(kind, id).map(file => `${commit}:${file}`)),
  );
  for (const [index, { kind, id }] of records.entries()) {
    const blob = blobs[index * 2] ?? blobs[index * 2 + 1];
    const parsed = blob && SCHEMAS[kind].safeParse(jsonOf(blob));
    if (parsed?.success && parsed.data.id === id) put(found, kind, parsed.data);
  }
};

const jsonOf = (blob: Buffer): unknown => {
  try {
    return JSON.parse(blob.toString('utf8'));
  } catch {
    // Damaged: as if it were not there.
    return undefined;
  }
};

const put = (found: Found, kind: Kind, record: AnyRecord): void => {
  found[kind].set(record.id, record);
};
