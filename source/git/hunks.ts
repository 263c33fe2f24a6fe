import { type LandingRepository, requireObject } from './landing-repository.ts';

/** Lines of one place that a difference takes out and puts in. */
export interface Hunk {
  /** First line on the old side, from 1; where nothing is taken out, the line after which is put in. */
  readonly oldStart: number;
  readonly newStart: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** Hunks by path, without context. Undefined for a difference too large to compare line by line. */
export const readHunks = async (
  repository: Pick<LandingRepository, 'run'>,
  from: string,
  to: string,
): Promise<ReadonlyMap<string, readonly Hunk[]> | undefined> => {
  requireObject(from, to);
  const { stdout, truncated } = await repository.run(
    ['-c', 'core.quotePath=false', 'diff-tree', '-r', '-p', '-U0', '-M', ...PLAIN, from, to],
    { maxOutputBytes: MAX_CHARS },
  );
  return truncated ? undefined : parseHunks(stdout);
};

/** Characters of a difference: beyond, it is no work of hands. */
const MAX_CHARS = 8_000_000;
const PLAIN = [
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--submodule=short',
  '--src-prefix=a/',
  '--dst-prefix=b/',
];
const HEADER = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Lines are counted off as the header says, so that a line of content that looks like a header is none. */
const parseHunks = (text: string): Map<string, Hunk[]> => {
  const found = new Map<string, Hunk[]>();
  const lines = text.split('\n');
  let path: string | undefined;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (line.startsWith('--- ')) path = nameIn(line, 'a/');
    else if (line.startsWith('+++ ')) path = nameIn(line, 'b/') ?? path;
    const header = HEADER.exec(line);
    if (!header || path === undefined) continue;
    const [oldLines, newLines] = [Number(header[2] ?? 1), Number(header[4] ?? 1)];
    const hunk = {
      oldStart: Number(header[1]),
      newStart: Number(header[3]),
      removed: [] as string[],
      added: [] as string[],
    };
    while (hunk.removed.length < oldLines || hunk.added.length < newLines) {
      const content = lines[++at];
      if (content === undefined) break;
      if (content.startsWith('-')) hunk.removed.push(content.slice(1));
      else if (content.startsWith('+')) hunk.added.push(content.slice(1));
    }
    found.set(path, [...(found.get(path) ?? []), hunk]);
  }
  return found;
};

/** A name that Git had to quote stays quoted: it is compared, and shown as safe text. Git ends one with spaces in it with a tab. */
const nameIn = (line: string, prefix: string): string | undefined => {
  const name = line.slice(4).replace(/\t$/, '');
  return name === '/dev/null' ? undefined : name.startsWith(prefix) ? name.slice(prefix.length) : name;
};
