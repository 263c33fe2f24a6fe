import { isGastownError } from '../common/errors.ts';
import { ledgerGit } from './git.ts';
import { metaError, type Operation, readMeta } from './meta.ts';
import { DAMAGED_MAX, listTree, tooManyDamaged, visitBlobs } from './objects.ts';
import { META_PATH, pathsOf, recordAt } from './paths.ts';
import { type AnyRecord, emptyData, type Kind, type RecordOf, SCHEMAS } from './schema.ts';

/** All records in memory, by kind, by id. */
export type Memory = { [K in Kind]: Map<string, RecordOf<K>> };

/** A record that cannot be read, and what is shown in its place. */
export interface Quarantined {
  /** Path in the ledger's tree. */
  readonly file: string;
  readonly kind: Kind;
  readonly id: string;
  readonly reason: string;
  /** Commit whose version is shown; absent when no version of it can be read. */
  readonly shownFrom?: string;
}

export interface Loaded {
  readonly memory: Memory;
  /** Sequence that the newest commit holds; 0 in a new ledger. */
  readonly seq: number;
  readonly operations: readonly Operation[];
  readonly quarantined: readonly Quarantined[];
}

/** Reads a whole commit. Rejects with `ledger_corrupt` or `town_schema_newer`; single broken records are quarantined. */
export const loadTree = async (gitDir: string, head: string): Promise<Loaded> => {
  const files = await listTree(gitDir, head);
  const meta = files.find(file => file.path === META_PATH);
  if (!meta) throw metaError(undefined);
  const records = files.flatMap(file => {
    const record = recordAt(file.path);
    return record ? [{ ...file, ...record }] : [];
  });
  const memory: Memory = emptyData();
  const quarantined: Quarantined[] = [];
  const read: ReturnType<typeof readRecord>[] = new Array(records.length);
  let metaBlob: Buffer | undefined;
  await visitBlobs(
    gitDir,
    [...records, meta].map(({ sha }) => sha),
    (index, blob) => {
      const file = records[index];
      if (file) read[index] = readRecord(file, blob);
      else metaBlob = blob;
    },
  );
  const { seq, ops } = readMeta(metaBlob ?? Buffer.alloc(0));
  for (const [index, file] of records.entries()) {
    const result = read[index]!;
    if ('record' in result) put(memory, file.kind, result.record);
    else if (quarantined.length === DAMAGED_MAX) throw tooManyDamaged();
    else quarantined.push(await quarantine(gitDir, { head, file, reason: result.reason, memory }));
  }
  return { memory, seq, operations: ops, quarantined };
};

const put = (memory: Memory, kind: Kind, record: AnyRecord): void => {
  (memory[kind] as Map<string, AnyRecord>).set(record.id, record);
};

interface RecordFile {
  readonly path: string;
  readonly kind: Kind;
  readonly id: string;
}

/** One record from its file, or why it is none. */
export const readRecord = (file: RecordFile, blob: Buffer | undefined): { record: AnyRecord } | { reason: string } => {
  if (!blob) return { reason: 'its object is missing' };
  try {
    const parsed = SCHEMAS[file.kind].safeParse(JSON.parse(blob.toString('utf8')));
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      return { reason: `${issue.path.join('.') || 'record'}: ${issue.message}` };
    }
    if (parsed.data.id !== file.id) return { reason: `it holds the id ${JSON.stringify(parsed.data.id)}` };
    return { record: parsed.data };
  } catch (error) {
    return { reason: (error as Error).message };
  }
};

/** Shows the newest older version that can be read. */
const quarantine = async (
  gitDir: string,
  broken: { head: string; file: RecordFile; reason: string; memory: Memory },
): Promise<Quarantined> => {
  const { file, reason } = broken;
  const entry: Quarantined = { file: file.path, kind: file.kind, id: file.id, reason };
  const log = await ledgerGit(gitDir, [
    'log',
    '--format=%H',
    `--max-count=${OLDER_VERSIONS_MAX}`,
    broken.head,
    '--',
    ...pathsOf(file.kind, file.id),
  ]);
  for (const commit of log.toString('utf8').split('\n').filter(Boolean)) {
    const read = await readOlder(gitDir, commit, file);
    if (!read) continue;
    put(broken.memory, file.kind, read);
    return { ...entry, shownFrom: commit };
  }
  return entry;
};

const readOlder = async (gitDir: string, commit: string, file: RecordFile): Promise<AnyRecord | undefined> => {
  for (const path of pathsOf(file.kind, file.id)) {
    try {
      const read = readRecord(file, await ledgerGit(gitDir, ['cat-file', 'blob', `${commit}:${path}`]));
      if ('record' in read) return read.record;
    } catch (error) {
      // This version is damaged too, or not there: the one before it may be whole.
      if (!isGastownError(error, 'git_failed')) throw error;
    }
  }
  return undefined;
};

/** Older versions of a broken record that are tried. */
const OLDER_VERSIONS_MAX = 20;
