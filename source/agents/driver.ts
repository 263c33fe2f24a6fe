import type { HostClient } from './host-client.ts';
import type { HostSession } from './protocol.ts';

/** What a driver needs to start an agent. */
export interface Launch {
  readonly session: string;
  /** The script file for a shell agent. */
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly columns: number;
  readonly rows: number;
  readonly logFile: string;
}

/** What an agent does just now, and from what that is known. `unknown` is honest: it never drives anything destructive. */
export interface AgentState {
  readonly state: 'working' | 'done' | 'failed' | 'unknown';
  /** Ms since the epoch. */
  readonly since: number;
  readonly source: 'process' | 'none';
  /** One line for people. */
  readonly evidence: string;
}

/** How the town talks to one kind of agent CLI. */
export interface AgentDriver {
  start(host: HostClient, launch: Launch): Promise<{ pid: number; startTime: number }>;
  /** Gives a line or a text to a running agent. */
  prompt(host: HostClient, session: string, text: string): Promise<void>;
  /** Asks it to stop what it does, as Ctrl-C would. */
  interrupt(host: HostClient, session: string): Promise<void>;
  /** `seen` is absent when the host does not know the session. */
  state(seen: HostSession | undefined, now: number): AgentState;
}
