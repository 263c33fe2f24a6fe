import { z } from 'zod';
import { GastownError, isGastownError } from '../common/errors.ts';
import { ledgerGit } from './git.ts';
import { META_PATH, recordAt } from './paths.ts';
import { type AnyRecord, emptyData, type Kind, type RecordOf, SCHEMA_VERSION, SCHEMAS } from './schema.ts';

/** All records in memory, by kind, by id. */
export type Memory = { [K in Kind]: Map<string, RecordOf<K>> };

/** An operation id that was executed, with what it did. */
export const operationSchema = z.object({
  op: z.string(),
  type: z.string(),
  seq: z.number().int(),
  written: z.array(z.object({ kind: z.string(), id: z.string(), rev: z.number().int() })),
});
export type Operation = z.infer<typeof operationSchema>;

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
  const [metaBlob, ...blobs] = await readBlobs(gitDir, [meta.sha, ...records.map(({ sha }) => sha)]);
  const { seq, ops } = readMeta(metaBlob ?? Buffer.alloc(0));
  const memory: Memory = emptyData();
  const quarantined: Quarantined[] = [];
  for (const [index, file] of records.entries()) {
    const read = readRecord(file, blobs[index]);
    if ('record' in read) put(memory, file.kind, read.record);
    else quarantined.push(await quarantine(gitDir, { head, file, reason: read.reason, memory }));
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

const readRecord = (file: RecordFile, blob: Buffer | undefined): { record: AnyRecord } | { reason: string } => {
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
    file.path,
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
  try {
    const read = readRecord(file, await ledgerGit(gitDir, ['cat-file', 'blob', `${commit}:${file.path}`]));
    return 'record' in read ? read.record : undefined;
  } catch (error) {
    // This version is damaged too: the one before it may not be.
    if (isGastownError(error, 'git_failed')) return undefined;
    throw error;
  }
};

const listTree = async (gitDir: string, head: string): Promise<{ path: string; sha: string }[]> => {
  let listing: Buffer;
  try {
    listing = await ledgerGit(gitDir, ['ls-tree', '-r', '-z', head]);
  } catch (error) {
    throw new GastownError('ledger_corrupt', `The ledger's newest commit ${head} cannot be read.`, {
      hint: 'Restore the town from a backup bundle: see the folder backups/.',
      cause: error,
    });
  }
  return listing
    .toString('utf8')
    .split('\0')
    .filter(Boolean)
    .map(line => {
      const tab = line.indexOf('\t');
      return { path: line.slice(tab + 1), sha: line.slice(0, tab).split(' ')[2]! };
    });
};

/** Blobs in the order asked for; undefined for one that is missing or damaged. */
const readBlobs = async (gitDir: string, shas: readonly string[]): Promise<(Buffer | undefined)[]> => {
  try {
    return parseBatch(await ledgerGit(gitDir, ['cat-file', '--batch', '--buffer'], { input: `${shas.join('\n')}\n` }));
  } catch (error) {
    if (!isGastownError(error, 'git_failed')) throw error;
    // Git gives up at the first damaged object: halving finds it, and everything else is read.
    if (shas.length === 1) return [undefined];
    const middle = shas.length >> 1;
    return [...(await readBlobs(gitDir, shas.slice(0, middle))), ...(await readBlobs(gitDir, shas.slice(middle)))];
  }
};

const parseBatch = (output: Buffer): (Buffer | undefined)[] => {
  const blobs: (Buffer | undefined)[] = [];
  for (let offset = 0; offset < output.length; ) {
    const end = output.indexOf(0x0a, offset);
    const [, type, size] = output.toString('latin1', offset, end).split(' ');
    offset = end + 1;
    if (type !== 'blob') {
      blobs.push(undefined);
      continue;
    }
    blobs.push(output.subarray(offset, offset + Number(size)));
    offset += Number(size) + 1;
  }
  return blobs;
};

/** What a commit says about itself. Rejects with `ledger_corrupt` or `town_schema_newer`. */
export const readMeta = (bytes: Buffer): z.infer<typeof metaSchema> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw metaError(error);
  }
  const schema = (parsed as { schema?: unknown } | null)?.schema;
  if (typeof schema === 'number' && schema > SCHEMA_VERSION) {
    throw new GastownError(
      'town_schema_newer',
      `This town's records are of version ${schema}; this gastown knows ${SCHEMA_VERSION}.`,
      {
        hint: 'Update gastown. An older one would drop what it does not know.',
      },
    );
  }
  const meta = metaSchema.safeParse(parsed);
  if (!meta.success) throw metaError(meta.error);
  return meta.data;
};

const metaError = (cause: unknown): GastownError =>
  new GastownError('ledger_corrupt', `The ledger's ${META_PATH} cannot be read.`, {
    hint: 'Restore the town from a backup bundle: see the folder backups/.',
    cause,
  });

/** Older versions of a broken record that are tried. */
const OLDER_VERSIONS_MAX = 20;

const metaSchema = z.looseObject({
  schema: z.number().int(),
  seq: z.number().int().min(0),
  ops: z.array(operationSchema).default([]),
});
