import type { TownView } from '../../source/town/view.ts';
import type { LineView } from '../line/pace.ts';
import type { Theme } from '../theme.ts';
import type { Sorting } from './sort.ts';

/**
 * A pane is a pure function from the view to finished terminal rows: no React, no clock, no terminal. Its rows are
 * styled, cut to the width and padded in number to the height, so that a frame is put together of them and nothing is
 * laid out, wrapped or clipped any more.
 */
export type Pane = (input: PaneInput) => PaneOutput;

/** Puts keys into a sentence: `{sling} slings it.` becomes `s slings it.`, or names the key that the person has for it. */
export type KeyWords = (text: string) => string;

export interface PaneInput {
  readonly view: TownView;
  /** Columns and rows of the body, title row excluded. */
  readonly width: number;
  readonly height: number;
  /** Id of the selected row: selection is by identity, never by index. */
  readonly selected?: string;
  /** Case-insensitive words that a row must contain; a leading `!` turns it round. */
  readonly filter?: string;
  /** Rows marked to be acted on together; a column of its own shows them while there are any. */
  readonly marked?: ReadonlySet<string>;
  /** What the list is sorted by, for its title; the view is sorted already. */
  readonly sorting?: Sorting;
  readonly focused: boolean;
  readonly theme: Theme;
  readonly keys: KeyWords;
  /** The line between the screen and the person, once it was measured. */
  readonly line?: LineView;
  /** Last lines of what the selected row runs, where they are shown beside the list. */
  readonly preview?: readonly string[];
  /** The view is one of the past: nothing can be begun there. */
  readonly past?: boolean;
  /** Ids folded by the user (convoys). */
  readonly folded?: ReadonlySet<string>;
}

export interface PaneOutput {
  /** Plain text for the title row, without the pane's number: `Plan  3 of 12  /auth`. */
  readonly title: string;
  /** Every selectable id after filtering, in screen order, beyond what fits. */
  readonly ids: readonly string[];
  /** Exactly `height` strings, none wider than `width` columns. The selected row is always among them. */
  readonly rows: readonly string[];
}
