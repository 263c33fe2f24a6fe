import { type LandingRepository, requireObject } from './landing-repository.ts';

/** A file that differs between where a branch left its target and its head. */
export interface ChangedFile {
  readonly status: 'added' | 'deleted' | 'changed' | 'renamed';
  /** With U+FFFD where the name is not UTF-8. */
  readonly path: string;
  readonly isUtf8: boolean;
  /** Where it was, when it was moved. */
  readonly oldPath?: string;
  /** `100644`, `100755`, `120000`, `160000`; `000000` for no file. */
  readonly oldMode: string;
  readonly mode: string;
  readonly oldBlob: string;
  readonly blob: string;
}

export interface NewBlob {
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
}

/** All that would come onto a target with a branch. */
export interface Change {
  /** Where it left the target. */
  readonly from: string;
  readonly head: string;
  readonly files: readonly ChangedFile[];
  /** Commits that the target lacks, newest first, with author and message. */
  readonly commits: readonly { readonly id: string; readonly text: string }[];
  /** Files of any of these commits that the target lacks, also such as a later commit removes again. */
  readonly blobs: readonly NewBlob[];
}

type Git = Pick<LandingRepository, 'run'>;

/** Reads what `head` would bring onto `tip`. `base` stands in where the two have no common commit. */
export const readChange = async (
  repository: Git,
  { base, head, tip }: { base: string; head: string; tip: string },
): Promise<Change> => {
  requireObject(base, head, tip);
  const [from, commits, blobs] = await Promise.all([
    mergeBase(repository, { base, head, tip }),
    readCommitTexts(repository, { head, tip }),
    readNewBlobs(repository, { head, tip }),
  ]);
  return { from, head, commits, blobs, files: await readFiles(repository, from, head) };
};

/** Contents by id, in a child for each `BATCH_BYTES`. */
export const readBlobs = async (
  repository: Git,
  blobs: readonly { readonly id: string; readonly bytes: number }[],
): Promise<ReadonlyMap<string, Buffer>> => {
  const contents = new Map<string, Buffer>();
  for (const batch of batches(blobs)) {
    const { stdout } = await repository.run(['cat-file', '--batch'], {
      input: `${batch.map(blob => blob.id).join('\n')}\n`,
      encoding: 'latin1',
    });
    for (let at = 0; at < stdout.length; ) {
      const end = stdout.indexOf('\n', at);
      const [id = '', , size] = stdout.slice(at, end).split(' ');
      at = end + 1;
      if (size === undefined) continue; // `<id> missing`
      contents.set(id, Buffer.from(stdout.slice(at, at + Number(size)), 'latin1'));
      at += Number(size) + 1;
    }
  }
  return contents;
};

/** Sizes of objects that the repository has. */
export const readSizes = async (repository: Git, ids: readonly string[]): Promise<ReadonlyMap<string, number>> => {
  const sizes = new Map<string, number>();
  if (ids.length === 0) return sizes;
  const { stdout } = await repository.run(['cat-file', '--batch-check=%(objectname) %(objectsize)'], {
    input: `${ids.join('\n')}\n`,
  });
  for (const line of stdout.split('\n')) {
    const [id = '', size] = line.split(' ');
    if (/^\d+$/.test(size ?? '')) sizes.set(id, Number(size));
  }
  return sizes;
};

/** The first of these files that a commit has, as text. Asked of each commit once. */
export const readFirst = async (
  repository: Pick<LandingRepository, 'run' | 'memory'>,
  commit: string,
  paths: readonly string[],
): Promise<string | undefined> => {
  requireObject(commit);
  const { files } = repository.memory;
  const key = `${commit} ${paths.join(' ')}`;
  const known = files.get(key) ?? { text: await askFirst(repository, commit, paths) };
  files.set(key, known);
  return known.text;
};

const askFirst = async (repository: Git, commit: string, paths: readonly string[]): Promise<string | undefined> => {
  const { stdout } = await repository.run(['cat-file', '--batch'], {
    input: `${paths.map(path => `${commit}:${path}`).join('\n')}\n`,
    encoding: 'latin1',
  });
  for (let at = 0; at < stdout.length; ) {
    const end = stdout.indexOf('\n', at);
    const [, type, size] = stdout.slice(at, end).split(' ');
    at = end + 1;
    if (size === undefined || type === 'missing') continue;
    if (type === 'blob') return Buffer.from(stdout.slice(at, at + Number(size)), 'latin1').toString('utf8');
    at += Number(size) + 1;
  }
  return undefined;
};

/** Every path of a commit's tree. */
export const readPaths = async (repository: Git, commit: string): Promise<string[]> => {
  requireObject(commit);
  const { stdout } = await repository.run(['ls-tree', '-r', '-z', '--name-only', commit]);
  return stdout.split('\0').filter(Boolean);
};

/** The oldest of the new commits that has this blob. */
export const introducedBy = async (
  repository: Git,
  { blob, head, tip }: { blob: string; head: string; tip: string },
): Promise<string | undefined> => {
  requireObject(blob, head, tip);
  const { stdout } = await repository.run([
    'log',
    '--format=%H',
    '-m',
    '--no-renames',
    `--find-object=${blob}`,
    head,
    `^${tip}`,
    '--',
  ]);
  return stdout.split('\n').filter(Boolean).at(-1);
};

/** Latin-1 characters in one answer of `cat-file`: well under what one child may print. */
const BATCH_BYTES = 16_000_000;

const batches = <T extends { readonly bytes: number }>(blobs: readonly T[]): T[][] => {
  const all: T[][] = [];
  let room = 0;
  for (const blob of blobs) {
    if (blob.bytes > room || all.length === 0) {
      all.push([]);
      room = BATCH_BYTES;
    }
    all.at(-1)!.push(blob);
    room -= blob.bytes;
  }
  return all;
};

const mergeBase = async (
  repository: Git,
  { base, head, tip }: { base: string; head: string; tip: string },
): Promise<string> => (await repository.run(['merge-base', tip, head], { okCodes: [0, 1] })).stdout.trim() || base;

const readCommitTexts = async (repository: Git, { head, tip }: { head: string; tip: string }) => {
  const { stdout } = await repository.run(['log', '-z', '--format=%H%n%an <%ae>%n%B', head, `^${tip}`, '--']);
  return stdout
    .split('\0')
    .filter(Boolean)
    .map(entry => {
      const end = entry.indexOf('\n');
      return { id: entry.slice(0, end), text: entry.slice(end + 1) };
    });
};

/** Some may be as old as the target's history, where a branch brings an old version back: looking at those again costs little. */
const readNewBlobs = async (repository: Git, { head, tip }: { head: string; tip: string }): Promise<NewBlob[]> => {
  const listed = await repository.run(['rev-list', '--objects', head, `^${tip}`], { encoding: 'latin1' });
  const named = listed.stdout.split('\n').filter(line => line.includes(' '));
  if (named.length === 0) return [];
  const { stdout } = await repository.run(
    ['cat-file', '--batch-check=%(objecttype) %(objectname) %(objectsize) %(rest)'],
    { input: Buffer.from(`${named.join('\n')}\n`, 'latin1'), encoding: 'latin1' },
  );
  return stdout.split('\n').flatMap(line => {
    const [type, id = '', bytes = '', ...path] = line.split(' ');
    return type === 'blob' ? { id, bytes: Number(bytes), path: nameOf(path.join(' ')).name } : [];
  });
};

const readFiles = async (repository: Git, from: string, to: string): Promise<ChangedFile[]> => {
  const { stdout } = await repository.run(['diff-tree', '-r', '-z', '-M', '--raw', from, to], { encoding: 'latin1' });
  const parts = stdout.split('\0');
  const files: ChangedFile[] = [];
  for (let at = 0; at + 1 < parts.length; ) {
    const [oldMode = '', mode = '', oldBlob = '', blob = '', letter = ''] = parts[at]!.slice(1).split(' ');
    const isMove = letter.startsWith('R');
    const { name, isUtf8 } = nameOf(parts[at + (isMove ? 2 : 1)]!);
    files.push({
      status: STATUS[letter[0]!] ?? 'changed',
      path: name,
      isUtf8,
      ...(isMove && { oldPath: nameOf(parts[at + 1]!).name }),
      oldMode,
      mode,
      oldBlob,
      blob,
    });
    at += isMove ? 3 : 2;
  }
  return files;
};

const STATUS: Readonly<Record<string, ChangedFile['status']>> = { A: 'added', D: 'deleted', R: 'renamed' };

const UTF8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** A name that Git gave as bytes, one a character. */
const nameOf = (latin1: string): { name: string; isUtf8: boolean } => {
  const bytes = Buffer.from(latin1, 'latin1');
  const name = UTF8.decode(bytes);
  return { name, isUtf8: Buffer.from(name, 'utf8').equals(bytes) };
};
