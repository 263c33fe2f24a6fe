import ignore from 'ignore';

/** One line of a CODEOWNERS file that names files. */
export interface OwnerRule {
  readonly pattern: string;
  /** Empty: files that it matches belong to nobody. */
  readonly owners: readonly string[];
  /** In its file, from 1. */
  readonly line: number;
  /** GitLab: each section decides by itself. */
  readonly section: number;
  /** Names every file there is. */
  readonly isCatchAll: boolean;
  matches(path: string): boolean;
}

/** Where such a file may lie, the first that exists counts (GitHub). */
export const CODEOWNERS_PATHS = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'] as const;

/** Lines that can be read; GitHub passes over the others as well (a negated pattern, a range of characters). */
export const parseOwners = (text: string, { ignoreCase = false }: { ignoreCase?: boolean } = {}): OwnerRule[] => {
  const rules: OwnerRule[] = [];
  let section = { number: 0, owners: [] as readonly string[] };
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const header = SECTION.exec(line.trim());
    if (header) {
      section = { number: section.number + 1, owners: wordsOf(header[1] ?? '') };
      continue;
    }
    const [pattern, ...owners] = wordsOf(line);
    if (pattern === undefined || UNREADABLE.test(pattern)) continue;
    rules.push({
      pattern,
      owners: owners.length > 0 ? owners : section.owners,
      line: index + 1,
      section: section.number,
      isCatchAll: CATCH_ALL.test(pattern),
      matches: matcherOf(pattern, ignoreCase),
    });
  }
  return rules;
};

/** The line that says who owns a path: the last that matches, in each section. Undefined when nobody does. */
export const ownerOf = (rules: readonly OwnerRule[], path: string): OwnerRule | undefined => {
  const decided = new Set<number>();
  for (const rule of rules.toReversed()) {
    if (decided.has(rule.section) || !rule.matches(path)) continue;
    if (rule.owners.length > 0) return rule;
    decided.add(rule.section);
  }
  return undefined;
};

/** The last line that matches, whether it names an owner or not. */
export const lastMatch = (rules: readonly OwnerRule[], path: string): OwnerRule | undefined =>
  rules.findLast(rule => rule.matches(path));

const SECTION = /^\^?\[[^\]]+\](?:\[\d+\])?((?:\s+\S+)*)$/;
const UNREADABLE = /^!|(?<!\\)\[/;
const CATCH_ALL = /^\/?\*{1,2}(?:\/\*{1,2})?$/;

/** Words of a line up to a comment; `\ ` is a space within one. Only the pattern can hold `#`, and only inside of it. */
const wordsOf = (line: string): string[] => {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:\\.|[^\s\\]|\\$)+/g)) {
    if (word.startsWith('#')) break;
    words.push(word);
  }
  return words;
};

/**
 * As in .gitignore, but that a pattern which ends in `/*` stops there: `docs/*` names the files in `docs`, not those in
 * folders of it.
 */
const matcherOf = (pattern: string, ignoreCase: boolean): ((path: string) => boolean) => {
  const fresh = () => ignore({ ignorecase: ignoreCase, allowRelativePaths: true }).add({ pattern });
  let manager = fresh();
  let asked = 0;
  const isFlat = /[^*]\/\*$/.test(pattern);
  return path => {
    // It remembers each path that it was asked about, for as long as it is kept.
    if (++asked % REMEMBERED_MAX === 0) manager = fresh();
    if (!manager.ignores(path)) return false;
    const folder = path.lastIndexOf('/');
    return !isFlat || folder < 0 || !manager.ignores(path.slice(0, folder + 1));
  };
};

/** Paths, some 100 bytes each in each of a hundred patterns. */
const REMEMBERED_MAX = 200;
