import type { Situation } from '../situation.ts';
import type { Theme } from '../theme.ts';

/** What a dialog's rows are made from. Like a pane: no React, no clock, no terminal. */
export interface DialogInput {
  /** Columns of the content, frame excluded. */
  readonly width: number;
  /** Rows of the content at most, frame excluded. */
  readonly height: number;
  readonly theme: Theme;
  readonly situation: Situation;
}
