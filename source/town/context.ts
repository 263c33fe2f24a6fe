import type { Logger } from 'pino';
import type { CommandBody } from '../../roles/role.ts';
import type { HostClient, TownStart } from '../agents/host-client.ts';
import type { Wire } from '../agents/wire/conversation.ts';
import type { Landing } from '../git/landing.ts';
import type { Actor, Receipt } from '../ledger/commands.ts';
import type { Ledger } from '../ledger/store.ts';
import type { TownConfig } from './config.ts';
import type { LiveExport } from './live-export.ts';
import type { TownMcp } from './mcp.ts';
import type { TownMeter } from './meter.ts';
import type { TownPaths } from './paths.ts';
import type { Post } from './post.ts';
import type { Wires } from './wires.ts';
import type { World } from './world.ts';

/** What effects, the socket and the views work with: the one running town of this process. */
export interface TownContext {
  readonly paths: TownPaths;
  /** Short private folder for sockets. */
  readonly runDir: string;
  readonly townSocket: string;
  readonly ledger: Ledger;
  readonly config: TownConfig;
  readonly world: World;
  /** What is told to sessions in passing. */
  readonly post: Post;
  readonly log: Logger;
  /** The file of issues that follows the ledger, while the town is open. */
  liveExport?: LiveExport;
  /** The environment that the town itself was started with. Never handed to agents or gates as it is. */
  readonly env: NodeJS.ProcessEnv;
  now(): number;
  /** ISO time for records. */
  isoNow(): string;
  execute(actor: Actor, body: CommandBody, because?: string): Promise<Receipt>;
  /** The terminal host, started when it is missing. */
  host(): Promise<HostClient>;
  /** The host if one runs, connected to if need be; none is started. */
  hostIfRunning(): Promise<HostClient | undefined>;
  /** The host if there is a connection already. */
  hostIfConnected(): HostClient | undefined;
  /** How the host is to start a town in the place of this one, should it vanish. */
  successor: TownStart | undefined;
  /** A rig's landing repository, opened once. */
  landing(rig: string): Promise<Landing>;
  landingIfOpen(rig: string): Landing | undefined;
  /** The live conversation of a structured session, if there is one. */
  wire(session: string): Wire | undefined;
  /** All of them. */
  readonly wires: Wires;
  /** `gt` as tools of models. */
  readonly mcp: TownMcp;
  /** Where agents' model calls go, and what they cost. */
  readonly meter: TownMeter;
  /** Asks for a tick soon. */
  wake(): void;
  /** Tells views that something outside the ledger changed. */
  changed(): void;
  /** Aborted when the town closes: gates end, waits stop. */
  readonly closing: AbortSignal;
}

export const TOWN_ACTOR: Actor = { role: 'town', name: 'town' };
/** In whose name a planning session proposes. */
export const MAYOR_ACTOR: Actor = { role: 'mayor', name: 'mayor' };
export const OPERATOR: Actor = { role: 'operator', name: 'operator' };
