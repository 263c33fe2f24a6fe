import { createMasker } from '../common/secrets.ts';
import { safeLine, safeText } from '../common/text.ts';
import type { History } from './history.ts';
import { type LandingRepository, requireObject } from './landing-repository.ts';

/** Lines of changes kept of one request: past this nobody reads it on a screen. */
export const CHANGE_LINES = 20_000;
/** Files listed of one request. */
const CHANGE_FILES = 2_000;
/** Characters read to get those lines. */
const CHANGE_CHARS = 8_000_000;
/** Characters of one line: a minified file is one. */
const LINE_CHARS = 2_000;

/** One file that a request changes. Every text is safe to print. */
export interface FileChange {
  readonly path: string;
  /** Where it was before, of a renamed or copied one. */
  readonly was?: string;
  readonly status: 'added' | 'deleted' | 'modified' | 'renamed' | 'copied' | 'retyped';
  /** Lines that came and went; absent where they cannot be counted, as in pictures. */
  readonly added?: number;
  readonly removed?: number;
  /** The file's mode before and after, where it is another one. */
  readonly modes?: string;
  readonly hunks: readonly Hunk[];
  /** Not all of it is here. */
  readonly cut?: true;
}

/** Lines that belong together, each with its ` `, `+`, `-` or `\` in front. */
export interface Hunk {
  /** What Git says it is in: a function's first line. */
  readonly title: string;
  readonly oldStart: number;
  readonly newStart: number;
  readonly lines: readonly string[];
}

/** What a request does, file by file. */
export interface ChangeSet {
  readonly files: readonly FileChange[];
  /** How much of it is not here, in words. */
  readonly cut?: string;
}

/** A piece of work: where it began and where it ended. */
export interface Span {
  readonly base: string;
  readonly head: string;
}

/** What differs between two pieces of work of which the second follows the first. */
export interface Since extends ChangeSet {
  /** Commits of the second that the first did not have. */
  readonly commits: number;
  /** The second does not build on the first: it was done again. */
  readonly rewritten: boolean;
  /** The target moved on meanwhile, and the first no longer fits onto it. */
  readonly conflicts: boolean;
}

/** Questions about what is to be looked at before it lands. Commits are full object ids; a missing one fails with `git_failed`. */
export interface Changes {
  /** What `head` did since it left `base`. */
  changes(span: Span): Promise<ChangeSet>;
  /** What the work differs in from earlier work, as if both had begun in one place: what the target did is in neither. */
  changesSince(earlier: Span, now: Span): Promise<Since>;
  /** Only how much that is. */
  countSince(earlier: Span, now: Span): Promise<Pick<Since, 'commits' | 'rewritten'>>;
}

export const createChanges = (repository: LandingRepository, history: History): Changes => {
  const countSince: Changes['countSince'] = async (earlier, now) => {
    const rewritten = !(await history.isAncestor(earlier.head, now.head));
    const count = await repository.line(['rev-list', '--count', now.head, `^${earlier.head}`, `^${now.base}`]);
    return { commits: Number(count), rewritten };
  };
  return {
    changes: async ({ base, head }) => readChanges(repository, (await history.mergeBase(base, head)) ?? base, head),
    async changesSince(earlier, now) {
      const [was, is] = await Promise.all(
        [earlier, now].map(async ({ base, head }) => (await history.mergeBase(base, head)) ?? base),
      );
      const from = was === is ? { tree: earlier.head, conflicts: false } : await onto(repository, is!, earlier.head);
      const [counted, changes] = await Promise.all([
        countSince(earlier, now),
        readChanges(repository, from.tree, now.head),
      ]);
      return { ...changes, ...counted, conflicts: from.conflicts };
    },
    countSince,
  };
};

/** The tree of earlier work as it would be on a newer base; where it does not fit, with Git's marks of conflicts in it. */
const onto = async (
  repository: LandingRepository,
  base: string,
  head: string,
): Promise<{ tree: string; conflicts: boolean }> => {
  requireObject(base, head);
  const answer = await repository.run(['merge-tree', '--write-tree', '--no-messages', '-z', base, head], {
    okCodes: [0, 1],
  });
  return { tree: answer.stdout.split('\0')[0]!.trim(), conflicts: answer.code === 1 };
};

const FLAGS = ['--no-color', '--no-ext-diff', '--no-textconv', '--submodule=short', '--find-renames'] as const;

const readChanges = async (repository: LandingRepository, from: string, to: string): Promise<ChangeSet> => {
  requireObject(from, to);
  const options = { maxOutputBytes: CHANGE_CHARS };
  const [list, patch] = await Promise.all([
    repository.run(['diff', ...FLAGS, '--raw', '--numstat', '-z', from, to], options),
    repository.run(['diff', ...FLAGS, '--patch', from, to], options),
  ]);
  const entries = parseList(list.stdout, list.truncated);
  const shown = entries.slice(0, CHANGE_FILES);
  const patches = splitPatch(patch.stdout, patch.truncated);
  let left = CHANGE_LINES;
  let at = 0;
  let isCut = list.truncated || shown.length < entries.length;
  const files = shown.map(entry => {
    // Git writes a file that became a link, or the other way round, as one that goes and one that comes.
    const parts = patches.slice(at, at + (entry.status === 'retyped' ? 2 : 1));
    at += entry.status === 'retyped' ? 2 : 1;
    const hunks: Hunk[] = [];
    let cut = parts.length === 0 || parts.some(part => part.cut);
    for (const hunk of parts.flatMap(part => parseHunks(part.lines))) {
      if (left < hunk.lines.length) {
        cut = true;
        break;
      }
      left -= hunk.lines.length;
      hunks.push(hunk);
    }
    isCut ||= cut;
    return { ...entry, hunks, ...(cut && { cut: true as const }) };
  });
  if (!isCut) return { files };
  const hidden = entries.length - shown.length;
  return {
    files,
    cut: `The change is larger than is shown here${hidden > 0 ? `: ${hidden} more files` : ''}.`,
  };
};

type Entry = Omit<FileChange, 'hunks' | 'cut'>;

const STATUS: Readonly<Record<string, FileChange['status']>> = {
  A: 'added',
  D: 'deleted',
  R: 'renamed',
  C: 'copied',
  T: 'retyped',
};

/** Git's list of files with its counts: first `:mode mode sha sha status` and names for each, then counts and names for each. */
const parseList = (text: string, truncated: boolean): readonly Entry[] => {
  const fields = text.split('\0');
  // What comes last is empty, or was cut.
  fields.pop();
  const entries: { -readonly [K in keyof Entry]: Entry[K] }[] = [];
  let at = 0;
  while (fields[at]?.startsWith(':')) {
    const [before = '', after = '', , , status = 'M'] = fields[at]!.slice(1).split(' ');
    const two = /^[RC]/.test(status);
    const name = fields[at + (two ? 2 : 1)];
    if (name === undefined) break;
    entries.push({
      path: safeLine(name),
      status: STATUS[status[0]!] ?? 'modified',
      ...(two && { was: safeLine(fields[at + 1]!) }),
      ...(before !== after && !/^0+$/.test(before) && !/^0+$/.test(after) && { modes: `${before} → ${after}` }),
    });
    at += two ? 3 : 2;
  }
  for (const entry of entries) {
    const counts = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(fields[at] ?? '');
    if (!counts) {
      if (truncated) break;
      throw new Error(`git diff --numstat gave no counts for ${entry.path}`);
    }
    if (counts[1] !== '-') {
      entry.added = Number(counts[1]);
      entry.removed = Number(counts[2]);
    }
    at += counts[3] === '' ? 3 : 1;
  }
  return entries;
};

interface Part {
  readonly lines: string[];
  cut: boolean;
}

/** A patch file by file: no line of content begins with `diff --git `, for each has its sign in front. */
const splitPatch = (text: string, truncated: boolean): readonly Part[] => {
  const lines = text.split('\n');
  lines.pop();
  const parts: Part[] = [];
  for (const line of lines) {
    if (line.startsWith('diff --git ')) parts.push({ lines: [], cut: false });
    else parts.at(-1)?.lines.push(line);
  }
  const last = parts.at(-1);
  if (truncated && last) last.cut = true;
  return parts;
};

const parseHunks = (lines: readonly string[]): readonly Hunk[] => {
  const mask = createMasker();
  const hunks: (Omit<Hunk, 'lines'> & { lines: string[] })[] = [];
  for (const line of lines) {
    const head = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)$/s.exec(line);
    if (head)
      hunks.push({
        title: safeLine(head[3]!.slice(0, LINE_CHARS)),
        oldStart: Number(head[1]),
        newStart: Number(head[2]),
        lines: [],
      });
    else hunks.at(-1)?.lines.push(line[0] + mask(safeText(line.slice(1, LINE_CHARS))));
  }
  return hunks;
};
