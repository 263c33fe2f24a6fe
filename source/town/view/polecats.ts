import type { AgentObservation } from '../../../roles/role.ts';
import type { PolecatState } from '../../ledger/schema.ts';
import type { RowCost } from './plan.ts';

/** Its cost is that of the session it has or had last. */
export interface PolecatRow extends RowCost {
  readonly id: string;
  readonly name: string;
  readonly rig: string;
  readonly state: PolecatState;
  /** Ms since the epoch. */
  readonly since: number;
  readonly bead?: string;
  readonly beadTitle?: string;
  readonly session?: string;
  /** The session it has or had last: its log. */
  readonly lastSession?: string;
  /** A process runs for it and can be attached to. */
  readonly live: boolean;
  readonly agent?: string;
  /** What it does just now: in its own words, else the last line of its screen. */
  readonly doing?: string;
  /** What the agent itself does, and how that is known. Absent between sessions. */
  readonly activity?: AgentActivity;
  /** How the town has it: talked to by its protocol, on a screen of its own, or in the hands of a person. */
  readonly mode?: 'wired' | 'terminal' | 'attached';
  /** What the state is known from, and how old that is. */
  readonly evidence: string;
  readonly lastOutputAt?: number;
  readonly attempt: number;
  readonly landed: number;
  readonly bounced: number;
  readonly failed: number;
  /** What the processes of its session hold in memory, to ten megabytes; what they share is counted for each. */
  readonly memoryBytes?: number;
  /** Runs without a sandbox, with the reason. */
  readonly unsandboxed?: string;
}

/** A state with its evidence: `unknown` where nothing says it. */
export interface AgentActivity {
  readonly state: AgentObservation['state'];
  /** When it was entered, ms since the epoch. */
  readonly since: number;
  readonly source: AgentObservation['source'];
  readonly confidence: NonNullable<AgentObservation['confidence']>;
  /** One line. */
  readonly evidence: string;
  /** The model's service turns it away until then, ms since the epoch. */
  readonly limitedUntil?: number;
}
