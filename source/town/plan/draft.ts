import type { Field } from './fields.ts';
import type { PlanNode } from './text.ts';

export interface PlannedBead {
  readonly key: string;
  readonly title: string;
  /** Keys of beads of the same plan. */
  readonly needs: string[];
  readonly priority?: number;
  readonly type?: string;
  readonly agent?: string;
  readonly touches?: string[];
  readonly labels?: string[];
  /** As written, Markdown, fenced `sh` blocks included. */
  readonly description: string;
  /** What stands below `### Design`. */
  readonly design?: string;
  /** What stands below `### Accepted when`. */
  readonly acceptance?: string;
}

/** A bead with where it stands in the file. */
export interface Draft {
  readonly bead: PlannedBead;
  readonly heading: PlanNode;
  /** Its description has a fenced `sh` block. */
  readonly hasScript: boolean;
  /** The `needs:` line, where an error about it points. */
  readonly needs?: Field;
}
