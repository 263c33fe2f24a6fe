import { plural } from '../../common/text.ts';
import { OWNERS, PROTECTED_PATHS } from '../../ledger/guards.ts';
import type { Gate, GuardFinding, GuardSettings } from '../../ledger/schema.ts';
import { lastMatch, type OwnerRule, ownerOf, parseOwners } from './code-owners.ts';
import { atMost, finding, shownPath } from './finding.ts';
import { protectedByDefault } from './protected-defaults.ts';

export interface ProtectedQuestion {
  /** Paths before and after, of all that changed. */
  readonly paths: readonly string[];
  /** The target's own CODEOWNERS, never the branch's. */
  readonly owners: string | undefined;
  readonly settings: GuardSettings | undefined;
  readonly gates: readonly Pick<Gate, 'name' | 'command'>[];
}

/**
 * What only a person may let through. Three voices: the rig's own lines, which decide wherever one matches; what is
 * protected everywhere; and the repository's CODEOWNERS. A file that is owned only because all are is told apart.
 */
export const protectedPaths = ({ paths, owners, settings, gates }: ProtectedQuestion): GuardFinding[] => {
  const own = parseOwners((settings?.protect ?? []).join('\n'));
  const repository = parseOwners(owners ?? '');
  const found: GuardFinding[] = [];
  const everybodys = new Map<OwnerRule, string[]>();
  for (const path of [...new Set(paths)].sort()) {
    const mine = lastMatch(own, path);
    if (mine?.owners.length === 0) continue;
    const why = mine ? `protected in this rig (${mine.pattern})` : (defaultOf(path) ?? gateOf(path, gates));
    if (why !== undefined) {
      found.push(finding(PROTECTED_PATHS, 'ask', { summary: `changes ${shownPath(path)}, ${why}`, path }));
      continue;
    }
    const rule = ownerOf(repository, path);
    if (!rule) continue;
    if (rule.isCatchAll) everybodys.set(rule, [...(everybodys.get(rule) ?? []), path]);
    else found.push(finding(PROTECTED_PATHS, 'ask', { summary: `changes ${shownPath(path)}, ${ownedBy(rule)}`, path }));
  }
  const shared = [...everybodys].map(([rule, files]) =>
    finding(OWNERS, 'ask', {
      summary: `changes ${files.length === 1 ? shownPath(files[0]!) : plural(files.length, 'file')}, ${ownedBy(rule)} as every file is`,
      ...(files.length === 1 && { path: files[0]! }),
    }),
  );
  return [...atMost(found), ...shared];
};

const defaultOf = (path: string): string | undefined =>
  ownerOf(protectedByDefault(), path)?.owners[0]?.replaceAll('_', ' ');

const ownedBy = ({ owners, line }: OwnerRule): string => `owned by ${owners.join(' ')} (CODEOWNERS line ${line})`;

/** A program that a gate starts by its path, and the makefile of one that calls make: the work would judge itself. */
const gateOf = (path: string, gates: ProtectedQuestion['gates']): string | undefined => {
  const gate = gates.find(({ command }) => runsFile(command, path));
  return gate && `which the gate ${gate.name} runs`;
};

const runsFile = (command: string, path: string): boolean => {
  const tool = MAKERS.find(({ file }) => file.test(path));
  if (tool && new RegExp(`(?:^|[\\s;&|])${tool.name}(?:\\s|$)`).test(command)) return true;
  return [...command.matchAll(STARTED)].some(match => match[1]!.replace(/^\.\//, '') === path);
};

const MAKERS = [
  { name: 'make', file: /^(?:GNUm|m|M)akefile$/ },
  { name: 'just', file: /^\.?justfile$/i },
  { name: 'rake', file: /^Rakefile$/ },
] as const;

/** `sh check.sh`, `node --flag test/run.ts`, `./check`. */
const STARTED =
  /(?:\b(?:sh|bash|zsh|node|python3?|ruby|perl|php|deno run|bun|tsx)\s+(?:-[^\s]+\s+)*|(?:^|[\s;&|])(?=\.\/))([\w./@+-]+)/g;
