import type { Style, Theme } from '../theme.ts';
import type { Piece } from './compose.ts';

/** A share as a bar of so many columns: never full before all of it, and never empty once there is some. */
export const gauge = (
  share: number,
  { columns, style, theme }: { columns: number; style: Style; theme: Theme },
): readonly Piece[] => {
  const within = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 1;
  const full = within > 0 && within * columns < 1 ? 1 : Math.floor(within * columns);
  return [
    { text: theme.glyph.bar.repeat(full), style },
    { text: theme.glyph.barEmpty.repeat(columns - full), style: theme.dim },
  ];
};
