import type { AskOption } from '../../agents/wire/protocol.ts';
import type { Severity } from '../../ledger/schema.ts';

export type AttentionKind =
  | 'approval'
  | 'escalation'
  | 'plan'
  | 'parked'
  | 'question'
  | 'permission'
  | 'held'
  | 'blocked'
  | 'budget';

export interface AttentionRow {
  /** Stable identity of this very question: a changed head or text is a new one. */
  readonly key: string;
  readonly kind: AttentionKind;
  readonly subject: string;
  readonly title: string;
  /** What happens on `y` and on `n`, in words: `land it`, `send it back`. Absent keys do nothing. */
  readonly yes?: string;
  readonly no?: string;
  readonly severity: Severity;
  readonly since: number;
  /** Beads that wait behind it. */
  readonly behind: number;
  /** Levels that an escalation has risen by itself. */
  readonly climbs?: number;
  readonly detail?: string;
  /** What the decision is pinned to, for approvals. */
  readonly head?: string;
  /** What may be answered, where it is more than yes and no: an agent's question or wish. */
  readonly options?: readonly { readonly id: string; readonly label: string; readonly kind: AskOption['kind'] }[];
}
