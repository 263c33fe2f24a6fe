import type { AttentionRow, TownView } from '../../source/town/view.ts';

/** The question with this key; undefined once it was settled or has become another one. */
export const attentionRow = (view: TownView, key: string): AttentionRow | undefined =>
  view.attention.find(row => row.key === key);

/** Lines of evidence under the question. */
export const decideLines = (view: TownView, key: string): readonly string[] =>
  attentionRow(view, key)?.detail?.split('\n') ?? [];
