import type { McpAccess, Protocol } from './wire/protocol.ts';

/** The model services whose calls the metering proxy reads. */
export type ModelApi = 'anthropic' | 'openai' | 'gemini';

/** Where an agent sends its model calls: the metering proxy, which holds the real key, or a server of the user's own. */
export interface ModelEndpoint {
  readonly api: ModelApi;
  /** Without the version path: `http://127.0.0.1:4711/s/<token>`; each CLI adds `/v1/…` or `/v1beta/…` as it does. */
  readonly baseUrl: string;
  /** What the agent shows as its key. Never the person's own where the proxy stands between. */
  readonly key: string;
}

/** What an agent's private home and command line are made from. */
export interface CliSetup {
  /** The private HOME, absolute. */
  readonly home: string;
  /** The checkout it works in, absolute. */
  readonly cwd: string;
  readonly model?: string;
  /** Absent: the CLI uses the person's own login, copied into its home (see `AgentCli.login`). */
  readonly endpoint?: ModelEndpoint;
  readonly mcp?: McpAccess;
  /** A command for the CLI's pre-tool hook: `gt guard <cli>`; JSON on stdin, refuses by exit code 2 and a reason on stderr. */
  readonly guard: string;
  /** A command for its end-of-turn hook: `gt remind <cli>`; says whether the turn may end without a report. */
  readonly remind: string;
  /** `ask`: dangerous tools need a person's word; `auto`: it works on by itself (inside the sandbox). */
  readonly permissions: 'ask' | 'auto';
  /** Whether it runs as root, where some CLIs refuse to be let loose. */
  readonly isRoot: boolean;
}

/** A file of the private home. Written anew at each start, mode 0600. */
export interface HomeFile {
  /** Relative to HOME. */
  readonly path: string;
  readonly text: string;
}

/** Everything the town knows of one agent CLI. Data and pure functions: one file a CLI in `drivers/`. */
export interface AgentCli {
  /** Name of its preset, and what its hooks call it. */
  readonly name: string;
  /** In plain words. */
  readonly title: string;
  /** Looked up on the person's PATH. */
  readonly program: string;
  /** How to get it: one command. */
  readonly install: string;
  /** Oldest version seen working here; an older one is warned of. */
  readonly oldest: string;
  readonly api: ModelApi;
  /** Environment variables in which people keep its key, most usual first. */
  readonly keys: readonly string[];
  /** Files of the person's own login, relative to the person's HOME, copied to the same place in the private one. */
  readonly login: readonly string[];
  /** Names to be written so that it asks nothing at start: onboarding, trust, permission gates, updates, telemetry. */
  files(setup: CliSetup): readonly HomeFile[];
  /** Beside the allow-list. */
  env(setup: CliSetup): Readonly<Record<string, string>>;
  /** Words of the command that speaks the protocol; `argv[0]` is `program`. */
  wired?: {
    argv(setup: CliSetup & { session: string; resume?: string }): readonly string[];
    readonly protocol: Protocol;
  };
  /** Words of the command that a person sees in a terminal, going on with an earlier conversation where one is named. */
  terminal(setup: CliSetup & { session: string; resume?: string; prompt?: string }): readonly string[];
  /** It keeps its model in a sandbox of its own where a person is asked before what is dangerous. */
  readonly hasOwnSandbox?: boolean;
  /** What it can do, for `gastown agents`. */
  readonly can: {
    readonly ask: boolean;
    readonly steer: boolean;
    readonly resume: boolean;
    readonly mcp: boolean;
    readonly hooks: boolean;
  };
}
