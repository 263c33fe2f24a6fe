import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { GastownError, isGastownError } from '../common/errors.ts';
import { canonicalJson } from '../common/json.ts';
import { commitMessage, type Line } from './commit-message.ts';
import type { Write } from './frames.ts';
import { ledgerGit } from './git.ts';
import { META_PATH, recordAt, recordPath } from './paths.ts';
import { type AnyRecord, emptyData, type Kind, type RecordOf, SCHEMA_VERSION, SCHEMAS } from './schema.ts';
import { createUpkeep } from './upkeep.ts';

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

/** What one commit brings. */
export interface Group {
  /** Everything up to this sequence is in it or in an earlier commit. */
  readonly seq: number;
  readonly writes: readonly Write[];
  readonly operations: readonly Operation[];
  readonly lines: readonly Line[];
}

export interface Repository {
  load(): Promise<Loaded>;
  /**
   * Writes a group as one commit on the head that this process knows, by one `git fast-import` child: no index, no
   * worktree, no index.lock. Where the head has moved (a child of a killed predecessor that finished late) the new one
   * is read and the group put on top; nothing is ever forced. Rejects when the group is not in Git.
   */
  commit(group: Group): Promise<void>;
  /** Waits for upkeep under way. */
  close(): Promise<void>;
}

/** Opens or creates the bare repository `<dir>/ledger.git`. The town's lock must be held: leftovers of a crash are removed. */
export const openRepository = async (dir: string): Promise<Repository> => {
  const gitDir = path.join(dir, 'ledger.git');
  // `objects` is the last thing that `git init` makes: without it a first start was cut short.
  if (!existsSync(path.join(gitDir, 'HEAD')) || !existsSync(path.join(gitDir, 'objects'))) {
    await fs.mkdir(gitDir, { recursive: true, mode: 0o700 });
    await ledgerGit(gitDir, ['init', '--quiet', '--bare', '--initial-branch=main', '--template=']);
  }
  await removeStale(gitDir);
  let head: string | undefined;
  const upkeep = createUpkeep(gitDir);

  const readHead = async () => {
    const listed = await ledgerGit(gitDir, ['for-each-ref', '--format=%(objectname)', BRANCH]);
    return listed.toString('utf8').trim() || undefined;
  };

  return {
    async load() {
      head = await readHead();
      return head === undefined
        ? { memory: emptyData(), seq: 0, operations: [], quarantined: [] }
        : loadTree(gitDir, head);
    },
    async commit(group) {
      for (let attempt = 1; ; attempt++) {
        try {
          head = await importGroup(gitDir, group, head);
          break;
        } catch (error) {
          const moved = await readHead();
          if (moved === head || attempt === HEAD_MOVES_MAX) throw error;
          if (moved !== undefined) await assertOurs(gitDir, moved, group.seq);
          head = moved;
        }
      }
      upkeep.afterCommit();
    },
    close: () => upkeep.done(),
  };
};

const BRANCH = 'refs/heads/main';
/** Only a late child of a killed predecessor moves the head, once. */
const HEAD_MOVES_MAX = 3;
/** Fewer objects than this become loose files, one by one; more stay the pack they came as, which is far quicker to write. */
const UNPACK_BELOW_OBJECTS = 30;
/** Older versions of a broken record that are tried. */
const OLDER_VERSIONS_MAX = 20;

const metaSchema = z.looseObject({
  schema: z.number().int(),
  seq: z.number().int().min(0),
  ops: z.array(operationSchema).default([]),
});

/** Writes the group as a commit on `head` and answers with the new head. */
const importGroup = async (gitDir: string, group: Group, head: string | undefined): Promise<string> => {
  const flags = ['-c', `fastimport.unpackLimit=${UNPACK_BELOW_OBJECTS}`];
  const answer = await ledgerGit(gitDir, [...flags, 'fast-import', '--quiet', '--done', '--date-format=raw'], {
    input: stream(group, head),
  });
  return answer.toString('latin1').trim();
};

/** `done` at the end: a stream cut short by the writer's death is then an error, never half a commit. */
const stream = (group: Group, head: string | undefined): Buffer => {
  const chunks: Buffer[] = [];
  const text = (line: string) => chunks.push(Buffer.from(`${line}\n`));
  const data = (content: string) => {
    const bytes = Buffer.from(content);
    text(`data ${bytes.length}`);
    chunks.push(bytes);
    text('');
  };
  const { message, author, time } = commitMessage(group.lines);
  text(`commit ${BRANCH}`);
  text('mark :1');
  text(`author ${author} ${time} +0000`);
  text(`committer gastown <ledger@gastown.invalid> ${time} +0000`);
  data(message);
  if (head !== undefined) text(`from ${head}`);
  for (const { kind, id, record } of group.writes) {
    text(`M 100644 inline ${recordPath(kind, id)}`);
    data(canonicalJson(record));
  }
  text(`M 100644 inline ${META_PATH}`);
  data(canonicalJson({ schema: SCHEMA_VERSION, seq: group.seq, ops: group.operations }));
  text('get-mark :1');
  text('done');
  return Buffer.concat(chunks);
};

/** A head that is ahead of everything this process knows was written by somebody who does not hold the lock. */
const assertOurs = async (gitDir: string, head: string, seq: number): Promise<void> => {
  const meta = readMeta(await ledgerGit(gitDir, ['cat-file', 'blob', `${head}:${META_PATH}`]));
  if (meta.seq > seq) {
    throw new GastownError(
      'ledger_corrupt',
      `Another process wrote entry ${meta.seq} to the ledger; this one is at ${seq}.`,
      {
        hint: 'Close this town and open it again.',
      },
    );
  }
};

const readMeta = (bytes: Buffer): z.infer<typeof metaSchema> => {
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

const loadTree = async (gitDir: string, head: string): Promise<Loaded> => {
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
  const output = await ledgerGit(gitDir, ['cat-file', '--batch', '--buffer'], { input: `${shas.join('\n')}\n` });
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

/** Locks and temporary files of processes that no longer are: the town's lock is held, so they are nobody's. */
const removeStale = async (gitDir: string): Promise<void> => {
  const stale = /(\.lock|^tmp_(pack|idx|obj|rev)_.*|^fast_import_crash_\d+)$/;
  const entries = await fs.readdir(gitDir, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isDirectory() && stale.test(entry.name))
      await fs.rm(path.join(entry.parentPath, entry.name), { force: true });
  }
};
