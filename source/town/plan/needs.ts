import type { Draft } from './draft.ts';
import { didYouMean } from './suggest.ts';
import { invalidAt, type PlanText, planInvalid } from './text.ts';

/** Refuses two beads of one key, a need that names neither a bead of the plan nor a `known` one, and beads that wait for each other. */
export const checkNeeds = (text: PlanText, drafts: readonly Draft[], known: ReadonlySet<string> = new Set()): void => {
  const byKey = new Map<string, Draft>();
  for (const draft of drafts) {
    const { key } = draft.bead;
    const earlier = byKey.get(key);
    if (earlier) {
      throw planInvalid(
        text,
        draft.heading,
        'expected a key of its own',
        `\`${key}\` a second time; the first is line ${earlier.heading.position!.start.line}`,
        'Give one of them another key: `## Title {#key}`.',
      );
    }
    byKey.set(key, draft);
  }
  for (const draft of drafts) {
    for (const need of draft.bead.needs) {
      if (byKey.has(need) || known.has(need)) continue;
      throw invalidAt(
        text.file,
        draft.needs!.line,
        'expected the key of a bead of this plan',
        `\`${need}\`${didYouMean(need, byKey.keys())}`,
      );
    }
  }
  const circle = findCircle(byKey);
  if (circle) {
    const at = byKey.get(circle[0]!)!;
    throw invalidAt(
      text.file,
      at.needs!.line,
      'expected beads that do not wait for each other',
      circle.join('→'),
      'Remove one of these needs.',
    );
  }
};

/** Keys of a circle, its first again at the end; undefined when there is none. Iterative: a plan may be a chain of a thousand. */
const findCircle = (byKey: ReadonlyMap<string, Draft>): string[] | undefined => {
  const done = new Set<string>();
  for (const start of byKey.keys()) {
    const path: { key: string; next: number }[] = done.has(start) ? [] : [{ key: start, next: 0 }];
    while (path.length > 0) {
      const top = path.at(-1)!;
      const need = byKey.get(top.key)!.bead.needs[top.next++];
      if (need !== undefined && !byKey.has(need)) continue;
      if (need === undefined) {
        done.add(top.key);
        path.pop();
        continue;
      }
      const at = path.findIndex(step => step.key === need);
      if (at >= 0) return [...path.slice(at).map(step => step.key), need];
      if (!done.has(need)) path.push({ key: need, next: 0 });
    }
  }
  return undefined;
};
