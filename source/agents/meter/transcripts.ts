import { constants, type Dirent } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Usage } from '../../ledger/schema.ts';
import { anthropicUsage, countAt, inclusive } from './usage.ts';

/** A model call as a CLI wrote it down for itself. */
export interface TranscriptCall {
  /** Ms since the epoch. */
  readonly at: number;
  readonly model: string;
  readonly usage: Usage;
}

/** How a CLI keeps transcripts in its private home. Pure but for where they lie. */
interface Kept {
  /** Below HOME; looked through with all folders in it. */
  readonly folder: string;
  readonly name: RegExp;
  /** Calls of one file's rows by what names them; a call that stands in several files is one. */
  read(rows: Iterable<unknown>, calls: Map<string, TranscriptCall & { readonly isAside?: boolean }>): void;
}

/** Past this a file is no transcript of one bead's work; reading it would hold up the town. */
const FILE_MAX_BYTES = 256 * 1024 * 1024;
/** Files looked at: a polecat's whole history has some hundreds. */
const FILES_MAX = 5_000;

/** Claude Code writes one row a content block, each with the usage of the whole call; a side chain repeats its parent's. */
const CLAUDE: Kept = {
  folder: '.claude/projects',
  name: /\.jsonl$/,
  read(rows, calls) {
    for (const row of rows) {
      const id = textAt(row, 'message', 'id');
      const model = textAt(row, 'message', 'model');
      if (textAt(row, 'type') !== 'assistant' || id === '' || model === '' || model.startsWith('<')) continue;
      const usage = anthropicUsage(valueAt(row, 'message', 'usage'));
      const isAside = valueAt(row, 'isSidechain') === true;
      const call = { at: timeOf(row), model, usage, isAside };
      const exact = `${id} ${textAt(row, 'requestId')}`;
      const known = calls.get(exact);
      if (!known || tokens(usage) > tokens(known.usage)) calls.set(exact, call);
    }
    dropAsides(calls);
  },
};

/** Of one message in two requests, one of them a side chain's, the other one counts. */
const dropAsides = (calls: Map<string, TranscriptCall & { readonly isAside?: boolean }>): void => {
  const main = new Set([...calls].flatMap(([key, call]) => (call.isAside ? [] : [key.split(' ')[0]])));
  for (const [key, call] of calls) if (call.isAside && main.has(key.split(' ')[0])) calls.delete(key);
};

/** Codex names each answer; a copied thread (a fork, a sub-agent's file) repeats those of its parent. */
const CODEX: Kept = {
  folder: '.codex/sessions',
  name: /^rollout-.*\.jsonl$/,
  read(rows, calls) {
    let model = '';
    for (const row of rows) {
      const type = textAt(row, 'type');
      if (type === 'turn_context') model = textAt(row, 'payload', 'model') || model;
      if (type !== 'token_usage_record') continue;
      const usage = valueAt(row, 'payload', 'usage');
      const id = textAt(row, 'payload', 'response_id');
      if (id === '' || calls.has(id)) continue;
      calls.set(id, {
        at: timeOf(row),
        model,
        usage: inclusive({
          input: countAt(usage, 'input_tokens'),
          cacheRead: countAt(usage, 'cached_input_tokens'),
          cacheWrite: countAt(usage, 'cache_write_input_tokens'),
          out: countAt(usage, 'output_tokens'),
          reasoning: countAt(usage, 'reasoning_output_tokens'),
        }),
      });
    }
  },
};

const KEPT: Readonly<Record<string, Kept>> = { claude: CLAUDE, codex: CODEX };

/** CLIs whose transcripts can be read. */
export const keepsTranscripts = (cli: string): boolean => Object.hasOwn(KEPT, cli);

/**
 * Calls that a CLI's transcripts in this private home tell of, of files that changed since. The agent owns its home: what
 * is no plain file there is passed over, and lines that make no sense are no calls.
 */
export const readTranscripts = async (cli: string, home: string, sinceMs: number): Promise<TranscriptCall[]> => {
  const kept = KEPT[cli];
  if (!kept) return [];
  const calls = new Map<string, TranscriptCall>();
  for (const file of await filesOf(path.join(home, kept.folder), kept.name)) {
    kept.read(rowsOf(await readChanged(file, sinceMs)), calls);
  }
  return [...calls.values()];
};

const filesOf = async (folder: string, name: RegExp): Promise<string[]> => {
  let found: Dirent[];
  try {
    found = await fs.readdir(folder, { withFileTypes: true, recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return found
    .filter(entry => entry.isFile() && name.test(entry.name))
    .slice(0, FILES_MAX)
    .map(entry => path.join(entry.parentPath, entry.name))
    .sort();
};

/** Empty when it did not change since. Opened without following a link that took the file's place. */
const readChanged = async (file: string, sinceMs: number): Promise<string> => {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile() || stat.size > FILE_MAX_BYTES || stat.mtimeMs < sinceMs) return '';
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
};

function* rowsOf(text: string): Iterable<unknown> {
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      yield JSON.parse(line);
    } catch {
      // Cut short by a crash, or just being written.
    }
  }
}

const tokens = (usage: Usage): number => usage.uncachedIn + usage.cacheRead + usage.cacheWrite + usage.out;

const timeOf = (row: unknown): number => {
  const at = Date.parse(textAt(row, 'timestamp'));
  return Number.isFinite(at) ? at : 0;
};

const valueAt = (value: unknown, ...names: readonly string[]): unknown =>
  names.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined),
    value,
  );

const textAt = (value: unknown, ...names: readonly string[]): string => {
  const found = valueAt(value, ...names);
  return typeof found === 'string' ? found.slice(0, TEXT_CHARS) : '';
};

/** Ids and names of models are shorter. */
const TEXT_CHARS = 200;
