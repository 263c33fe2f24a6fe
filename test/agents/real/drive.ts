import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { AgentCli, CliSetup } from '../../../source/agents/cli.ts';
import { advance, type Conversation, newConversation } from '../../../source/agents/wire/conversation.ts';
import type { Act, Step, TranscriptLine, UsageReport } from '../../../source/agents/wire/protocol.ts';
import { CACHE } from './cache.ts';

/**
 * Runs a real agent CLI from its `AgentCli` data over plain pipes: home files written, environment from nothing, its
 * protocol folded line by line. What the town's wire does with a FIFO and a file, without the town.
 */
export interface Drive {
  readonly conversation: Conversation;
  readonly transcript: readonly TranscriptLine[];
  readonly usage: readonly UsageReport[];
  /** The conversation after each step that changed it, oldest first. */
  readonly history: readonly Conversation[];
  /** What the CLI wrote, each line as JSON; `sent` is what was written to it. */
  readonly lines: readonly unknown[];
  readonly sent: readonly unknown[];
  /** Its standard error, and lines of its output that are not JSON. */
  readonly noise: readonly string[];
  /** Both directions in order, as a fixture is made from: `> ` sent, `< ` received. */
  readonly record: readonly string[];
  /** The process itself, or the leader of its group. */
  readonly pid: number;
  /** Throws the protocol's refusal. */
  act(act: Act): void;
  /** Waits for a conversation like this; fails with all that is known when it does not come, or the CLI ends before. */
  until(what: string, want: (conversation: Conversation) => boolean, limitMs?: number): Promise<Conversation>;
  /** Ends its process group and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Closes its standard input and waits for its end: the exit code, or null after a signal. */
  finish(): Promise<number | null>;
}

export interface DriveOptions {
  /** A folder of the test's own: HOME is `<dir>/home`. */
  readonly dir: string;
  readonly cwd: string;
  readonly prompt: string;
  /** Base URL of a scripted model on loopback. */
  readonly model: string;
  readonly setup?: Partial<CliSetup>;
  readonly session?: string;
  readonly resume?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A real CLI starts in up to seconds on a machine that is busy with others. */
const LIMIT_MS = 30_000;

/** The program of a CLI in the cache: `<cache>/<name>/node_modules/.bin/<program>`, or undefined when it is not there. */
export const agentProgram = (cli: AgentCli): string | undefined => {
  const modules = path.join(CACHE, cli.name, 'node_modules');
  const platform = `${process.platform}-${process.arch}`;
  return [
    // The npm package links its binary in a script that an installation without scripts does not run.
    path.join(modules, '@anthropic-ai', `claude-code-${platform}`, cli.program),
    path.join(modules, `opencode-${platform}`, 'bin', cli.program),
    path.join(modules, '.bin', cli.program),
  ].find(file => fs.existsSync(file));
};

/** What `drive` gives the CLI's functions, for tests that look at files, environment or words by themselves. */
export const setupOf = (cli: AgentCli, { dir, cwd, model, setup }: DriveOptions): CliSetup => ({
  home: path.join(dir, 'home'),
  cwd,
  endpoint: { api: cli.api, baseUrl: model, key: 'dummy-key-of-a-test-0123456789' },
  guard: 'true',
  remind: 'true',
  permissions: 'auto',
  isRoot: process.getuid?.() === 0,
  ...setup,
});

/** Writes the private home anew, as each start of a session does. */
export const writeHome = (cli: AgentCli, setup: CliSetup): void => {
  for (const { path: name, text } of cli.files(setup)) {
    const file = path.join(setup.home, name);
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    fs.writeFileSync(file, text, { mode: 0o600 });
  }
};

/** The environment that an agent gets: nothing of this process but where programs are found. */
export const environmentOf = (cli: AgentCli, setup: CliSetup, extra: Readonly<Record<string, string>> = {}) => {
  const tmp = path.join(setup.home, 'tmp');
  fs.mkdirSync(tmp, { recursive: true });
  return {
    PATH: [path.dirname(process.execPath), '/usr/local/bin:/usr/bin:/bin'].join(':'),
    HOME: setup.home,
    TMPDIR: tmp,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    GIT_AUTHOR_NAME: 'Nux',
    GIT_AUTHOR_EMAIL: 'nux@example.invalid',
    GIT_COMMITTER_NAME: 'Nux',
    GIT_COMMITTER_EMAIL: 'nux@example.invalid',
    ...cli.env(setup),
    ...extra,
  };
};

/** Starts the CLI and its conversation. The caller ends it by `finish` or `kill`. */
export const drive = (cli: AgentCli, options: DriveOptions): Drive => {
  const program = agentProgram(cli);
  if (!program || !cli.wired) throw new Error(`${cli.name} cannot be driven here`);
  const { protocol } = cli.wired;
  const session = options.session ?? `s-${createHash('sha256').update(options.dir).digest('hex').slice(0, 12)}`;
  const setup = setupOf(cli, options);
  writeHome(cli, setup);
  const [, ...words] = cli.wired.argv({ ...setup, session, ...(options.resume && { resume: options.resume }) });
  const child = spawn(program, words, {
    cwd: setup.cwd,
    env: environmentOf(cli, setup, options.env),
    detached: true,
  });

  const state = {
    conversation: newConversation(Date.now()),
    memory: undefined as unknown,
    transcript: [] as TranscriptLine[],
    usage: [] as UsageReport[],
    history: [] as Conversation[],
    lines: [] as unknown[],
    sent: [] as unknown[],
    noise: [] as string[],
    record: [] as string[],
    failure: undefined as unknown,
  };
  const waiting = new Set<() => void>();
  const look = () => {
    for (const check of waiting) check();
  };
  const apply = (step: Step<unknown>) => {
    state.memory = step.memory;
    const before = state.conversation;
    state.conversation = advance(before, step.now, Date.now());
    if (state.conversation !== before) state.history.push(state.conversation);
    state.transcript.push(...(step.transcript ?? []));
    state.usage.push(...(step.usage ?? []));
    for (const value of step.send ?? []) {
      state.sent.push(value);
      state.record.push(`> ${JSON.stringify(value)}`);
      child.stdin.write(`${JSON.stringify(value)}\n`);
    }
    look();
  };
  child.stdin.on('error', error => state.noise.push(String(error)));
  child.stderr.on('data', (chunk: Buffer) => state.noise.push(chunk.toString()));
  onLines(child.stdout, line => {
    if (line.trim() === '') return;
    try {
      const value: unknown = JSON.parse(line);
      state.lines.push(value);
      state.record.push(`< ${line}`);
      apply(protocol.receive(state.memory, value));
    } catch (error) {
      if (!(error instanceof SyntaxError)) state.failure ??= error;
      state.noise.push(error instanceof SyntaxError ? line : String(error));
      look();
    }
  });
  const gone = goneOf(child, look);
  apply(
    protocol.open({
      session,
      cwd: setup.cwd,
      prompt: options.prompt,
      ...(setup.model && { model: setup.model }),
      ...(options.resume && { resume: options.resume }),
      ...(setup.mcp && { mcp: setup.mcp }),
    }),
  );

  const seen = () =>
    [
      JSON.stringify(state.conversation),
      ...state.noise.slice(-5),
      ...state.record.slice(-5).map(line => line.slice(0, 400)),
    ].join('\n');
  const { history, transcript, usage, lines, sent, noise, record } = state;
  return {
    history,
    transcript,
    usage,
    lines,
    sent,
    noise,
    record,
    pid: child.pid!,
    get conversation() {
      return state.conversation;
    },
    act(act) {
      const step = protocol.act(state.memory, act);
      if (step.refusal !== undefined) throw new Error(step.refusal);
      apply(step);
    },
    until: (what, want, limitMs = LIMIT_MS) =>
      new Promise((resolve, reject) => {
        const settle = (end: () => void) => {
          waiting.delete(check);
          clearTimeout(timer);
          end();
        };
        const check = () => {
          if (state.failure) settle(() => reject(state.failure));
          else if (want(state.conversation)) settle(() => resolve(state.conversation));
          else if (gone.ended) settle(() => reject(new Error(`${cli.name} ended before ${what}: ${seen()}`)));
        };
        const timer = setTimeout(
          () => settle(() => reject(new Error(`${cli.name} did not come to this: ${what}. ${seen()}`))),
          limitMs,
        );
        waiting.add(check);
        check();
      }),
    async kill(signal = 'SIGKILL') {
      if (!gone.ended) process.kill(-child.pid!, signal);
      await gone.promise;
    },
    async finish() {
      child.stdin.end();
      return gone.promise;
    },
  };
};

/** Splits at newlines only: `readline` also splits at U+2028, which may stand in JSON. */
const onLines = (stream: Readable, onLine: (line: string) => void) => {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) onLine(line);
  });
};

const goneOf = (child: ChildProcessWithoutNullStreams, onEnd: () => void) => {
  const gone: { ended: boolean; promise: Promise<number | null> } = { ended: false, promise: Promise.resolve(null) };
  gone.promise = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => {
      gone.ended = true;
      onEnd();
      resolve(code);
    });
  });
  return gone;
};
