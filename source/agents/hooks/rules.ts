import type { Invocation } from './invocations.ts';

/** Why something is not done, and what to do instead. Neither ever names a way around. */
export interface Refusal {
  readonly what: string;
  readonly instead: string;
}

/** What rules know of the place. All paths are absolute and normal. */
export interface RuleContext {
  /** The checkout. */
  readonly root: string;
  readonly home: string;
  /** Folders in which anything may be removed, but not themselves. */
  readonly temporary: readonly string[];
}

/** Judges one start of a program. */
export type Rule = (invocation: Invocation, context: RuleContext) => Refusal | undefined;
