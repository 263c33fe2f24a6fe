import type { GuardFinding } from '../../ledger/schema.ts';
import { atMost, finding, shownPath } from './finding.ts';

/** Two names that are one on a file system that does not tell capitals or accents apart: a checkout there loses one of them. */
export const collisions = (added: readonly string[], all: readonly string[]): GuardFinding[] => {
  if (added.length === 0) return [];
  const spellings = new Map<string, Set<string>>();
  for (const path of all) {
    for (const part of placesOf(path)) {
      const folded = fold(part);
      const known = spellings.get(folded);
      if (known) known.add(part);
      else spellings.set(folded, new Set([part]));
    }
  }
  const told = new Set<string>();
  const found = [...added].sort().flatMap(path =>
    placesOf(path).flatMap(part => {
      const folded = fold(part);
      const other = [...(spellings.get(folded) ?? [])].find(spelling => spelling !== part);
      if (other === undefined || told.has(folded)) return [];
      told.add(folded);
      return [
        finding('collisions', 'ask', {
          summary: `${shownPath(part)} and ${shownPath(other)} are one name on some systems`,
          path,
        }),
      ];
    }),
  );
  return atMost(found);
};

/** `a`, `a/b`, `a/b/c`: a folder collides as a file does. */
const placesOf = (path: string): string[] => {
  const places: string[] = [];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) places.push(path.slice(0, at));
  return [...places, path];
};

const fold = (path: string): string => path.normalize('NFC').toLowerCase();
