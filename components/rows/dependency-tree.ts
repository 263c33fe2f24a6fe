import type { BeadRow, TownView } from '../../source/town/view.ts';
import type { Theme } from '../theme.ts';
import { beadStatus } from './status.ts';

/** `before`: what must be done before a bead. `behind`: what waits until it is done. */
export type Direction = 'before' | 'behind';

/** Lines of one tree: more is no longer looked at, and a plan may hold 10,000 beads. */
const LINES_MAX = 100;
/** Levels that are drawn further in; deeper ones stand under each other. */
const LEVELS_MAX = 8;

/** All that a bead waits for, or that waits for it, at any depth, as a tree of lines. A bead is opened once; empty where there is none. */
export const dependencyTree = (
  view: TownView,
  { bead, direction, theme }: { bead: string; direction: Direction; theme: Theme },
): readonly string[] => {
  const lines: string[] = [];
  const opened = new Set([bead]);
  const nextOf = (id: string): readonly string[] =>
    direction === 'before' ? needsOf(view.beads.get(id)) : (behindOf(view.beads).get(id) ?? []);
  let left = 0;
  const walk = (id: string, level: number): void => {
    for (const next of nextOf(id)) {
      if (lines.length >= LINES_MAX) {
        left++;
        continue;
      }
      const again = opened.has(next);
      const more = again && nextOf(next).length > 0 ? '  (shown above)' : '';
      lines.push(`${' '.repeat(2 * Math.min(level, LEVELS_MAX))}${lineOf(view.beads.get(next), next, theme)}${more}`);
      if (again) continue;
      opened.add(next);
      walk(next, level + 1);
    }
  };
  walk(bead, 0);
  return left > 0 ? [...lines, `… and ${left} more`] : lines;
};

const lineOf = (bead: BeadRow | undefined, id: string, theme: Theme): string => {
  if (!bead) return `${theme.glyph.ok} ${id}  is over, or not shown here`;
  const { glyph, word } = beadStatus(bead.phase, theme);
  return `${glyph} ${word}  ${id}  ${bead.title}`;
};

/** What keeps it now, then what its plan names and is done. */
const needsOf = (bead: BeadRow | undefined): readonly string[] => {
  if (!bead || (bead.blockedBy.length === 0 && !bead.needs)) return NOTHING;
  return [...new Set([...bead.blockedBy, ...(bead.needs ?? [])])];
};

/** Most beads of a large plan wait for nothing: they cost nothing to look at. */
const NOTHING: readonly string[] = [];

const reversed = new WeakMap<TownView['beads'], ReadonlyMap<string, readonly string[]>>();

/** Made once a view, and only when somebody looks. What is closed waits for nothing. */
const behindOf = (beads: TownView['beads']): ReadonlyMap<string, readonly string[]> => {
  const known = reversed.get(beads);
  if (known) return known;
  const behind = new Map<string, string[]>();
  for (const bead of beads.values()) {
    if (bead.status === 'closed') continue;
    for (const id of needsOf(bead)) {
      const waiting = behind.get(id);
      if (waiting) waiting.push(bead.id);
      else behind.set(id, [bead.id]);
    }
  }
  reversed.set(beads, behind);
  return behind;
};
