import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GastownError } from '../common/errors.ts';
import { readFileIfPresent } from '../common/files.ts';
import { canonicalJson } from '../common/json.ts';
import { commitMessage } from './commit-message.ts';
import type { Entry, Write } from './frames.ts';
import { ledgerGit } from './git.ts';
import { type Loaded, loadTree } from './load.ts';
import { metaJson, type Operation, readMeta } from './meta.ts';
import { formerPath, META_PATH, recordPath } from './paths.ts';
import { emptyData } from './schema.ts';
import { createUpkeep } from './upkeep.ts';

/** What is brought into Git at once: all of it or none. */
export interface Group {
  /** In sequence. Never empty. */
  readonly entries: readonly Entry[];
  /** For the time after a restart. */
  readonly operations: readonly Operation[];
}

export interface Repository {
  /**
   * Everything in the newest commit. `isNew`: the journal holds the town from its first entry. Without that and without
   * a head, a repository that is not empty has lost its branch, and rejects with `ledger_corrupt` rather than be taken
   * for a new town.
   */
  load(options?: { isNew?: boolean }): Promise<Loaded>;
  /**
   * Writes a group on the head that this process knows, by one `git fast-import` child: no index, no worktree, no
   * index.lock. It is one commit, or as many as it takes to keep each version of each record: history shows every
   * change by itself, and any of them can be taken back. Where the head has moved (a child of a killed predecessor that finished late) the new one
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
    // As Git itself does: a branch that has a file of its own is what that file says, whatever else is packed.
    const file = await readFileIfPresent(path.join(gitDir, BRANCH));
    if (file !== undefined && /^[0-9a-f]{40}\n$/.test(file)) return file.trim();
    const listed = await ledgerGit(gitDir, ['for-each-ref', '--format=%(objectname)', BRANCH]);
    return listed.toString('utf8').trim() || undefined;
  };

  return {
    async load({ isNew = false } = {}) {
      head = await readHead();
      if (head !== undefined) return loadTree(gitDir, head);
      if (!isNew) await assertEmpty(gitDir);
      return { memory: emptyData(), seq: 0, operations: [], quarantined: [] };
    },
    async commit({ entries, operations }) {
      let left = entries;
      for (let attempt = 1; left.length > 0; attempt++) {
        try {
          head = await importGroup(gitDir, { entries: left, operations }, head);
          break;
        } catch (error) {
          // A child that was killed leaves its lock, and nobody else's can be there.
          await fs.rm(path.join(gitDir, `${BRANCH}.lock`), { force: true });
          const moved = await readHead();
          if (moved === head || attempt === HEAD_MOVES_MAX) throw error;
          const seq = moved === undefined ? 0 : await seqOf(gitDir, moved, entries.at(-1)!.seq);
          // What the late one brought is in the history already, and must not be there twice.
          left = entries.filter(entry => entry.seq > seq);
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
/** Records put into words before keys and acknowledgements get their turn: under a millisecond. */
const RECORDS_A_TURN = 8;
/** Fewer objects than this become loose files, one by one; more stay the pack they came as, which is far quicker to write. */
const UNPACK_BELOW_OBJECTS = 30;
/** Writes the group as a commit on `head` and answers with the new head. */
const importGroup = async (gitDir: string, group: Group, head: string | undefined): Promise<string> => {
  const flags = ['-c', `fastimport.unpackLimit=${UNPACK_BELOW_OBJECTS}`];
  const answer = await ledgerGit(gitDir, [...flags, 'fast-import', '--quiet', '--done', '--date-format=raw'], {
    input: await stream(group, head),
  });
  return answer.toString('latin1').trim();
};

/** `done` at the end: a stream cut short by the writer's death is then an error, never half a commit. */
const stream = async (group: Group, head: string | undefined): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  const commits = splitByRecord(group.entries);
  let written = 0;
  const text = (line: string) => chunks.push(Buffer.from(`${line}\n`));
  const data = (content: string) => {
    const bytes = Buffer.from(content);
    text(`data ${bytes.length}`);
    chunks.push(bytes);
    text('');
  };
  for (const [number, entries] of commits.entries()) {
    const { message, author, time } = commitMessage(entries);
    text(`commit ${BRANCH}`);
    text(`mark :${number + 1}`);
    text(`author ${author} ${time} +0000`);
    text(`committer gastown <ledger@gastown.invalid> ${time} +0000`);
    data(message);
    if (number > 0) text(`from :${number}`);
    else if (head !== undefined) text(`from ${head}`);
    for (const { parent } of entries) if (parent !== undefined) text(`merge ${parent}`);
    for (const { kind, id, record } of newestWrites(entries)) {
      if (written++ % RECORDS_A_TURN === 0) await nextTurn();
      text(`D ${formerPath(kind, id)}`);
      text(`M 100644 inline ${recordPath(kind, id)}`);
      data(canonicalJson(record));
    }
    text(`M 100644 inline ${META_PATH}`);
    // Only the last can ever be a head.
    data(metaJson(entries, number === commits.length - 1 ? group.operations : []));
  }
  text(`get-mark :${commits.length}`);
  text('done');
  return Buffer.concat(chunks);
};

/**
 * Cuts the entries, in order, so that no record is written twice in one part. Reasons do not count: they are a ring that
 * holds the earlier ones. What has a second parent stands alone: only it came from there.
 */
const splitByRecord = (entries: readonly Entry[]): Entry[][] => {
  const parts: Entry[][] = [];
  let written = new Set<string>();
  for (const entry of entries) {
    const keys = entry.writes.filter(({ kind }) => kind !== 'decisions').map(({ kind, id }) => `${kind} ${id}`);
    const last = parts.at(-1);
    const stands = entry.parent !== undefined || last?.at(-1)?.parent !== undefined;
    if (last && !stands && !keys.some(key => written.has(key))) last.push(entry);
    else {
      parts.push([entry]);
      written = new Set();
    }
    for (const key of keys) written.add(key);
  }
  return parts;
};

const newestWrites = (entries: readonly Entry[]): Iterable<Write> =>
  new Map(entries.flatMap(({ writes }) => writes.map(write => [`${write.kind} ${write.id}`, write] as const))).values();

const assertEmpty = async (gitDir: string): Promise<void> => {
  const count = (await ledgerGit(gitDir, ['count-objects', '-v'])).toString('latin1');
  const [loose, packed] = ['count', 'in-pack'].map(name => new RegExp(`^${name}: 0$`, 'm').test(count));
  if (loose && packed) return;
  throw new GastownError('ledger_corrupt', `The ledger ${gitDir} has lost its branch ${BRANCH}.`, {
    hint: 'Restore the town from a backup bundle, or point the branch at the newest commit that `git fsck` names.',
  });
};

/** What a head that was moved holds. One ahead of everything this process knows (`seq`) was written by somebody who does not hold the lock. */
const seqOf = async (gitDir: string, head: string, seq: number): Promise<number> => {
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
  return meta.seq;
};

/** Locks and temporary files of processes that no longer are: the town's lock is held, so they are nobody's. */
const removeStale = async (gitDir: string): Promise<void> => {
  const stale = /(\.lock|^tmp_[a-z]+_.*|^\.tmp-\d+-.*|^fast_import_crash_\d+|^packed-refs\.new)$/;
  const entries = await fs.readdir(gitDir, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isDirectory() && stale.test(entry.name))
      await fs.rm(path.join(entry.parentPath, entry.name), { force: true });
  }
};
