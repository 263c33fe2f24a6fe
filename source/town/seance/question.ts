/** A model that looks through a checkout before it answers. The caller waits a little longer. */
export const SEANCE_LIMIT_MS = 5 * 60_000;

/** To one session of a bead, by its number or its id. */
export interface SeanceQuestion {
  readonly bead: string;
  readonly which: string;
  readonly question: string;
}

/** What came of a question: the agent's own words, or the end of its log where it cannot be asked, and why. */
export type SeanceAnswer =
  | { readonly kind: 'answer'; readonly session: string; readonly text: string }
  | { readonly kind: 'tail'; readonly session: string; readonly why: string; readonly lines: readonly string[] };
