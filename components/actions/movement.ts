import { within } from './step.ts';

/** How far a movement goes: lines, pages, or to an end. */
export type Move = { readonly by: number } | { readonly pages: number } | { readonly to: 'top' | 'bottom' };

/** Index after a movement in a list of `count` with `page` rows a page. */
export const moved = (index: number, movement: Move, { count, page }: { count: number; page: number }): number => {
  if ('to' in movement) return movement.to === 'top' ? 0 : Math.max(0, count - 1);
  const by = 'by' in movement ? movement.by : Math.trunc(movement.pages * Math.max(1, page));
  return within(index + by, count);
};
