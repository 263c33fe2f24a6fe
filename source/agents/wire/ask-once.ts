import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { GastownError } from '../../common/errors.ts';
import { isSameProcess, processStartTime, signalProcess } from '../process.ts';
import { advance, type Conversation, newConversation } from './conversation.ts';
import type { Act, Ask, Protocol, Step, UsageReport, WireStart } from './protocol.ts';

export interface AskOnce {
  readonly protocol: Protocol;
  readonly start: WireStart;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** Tokens used, each report once. */
  onUsage(reports: readonly UsageReport[]): void;
}

/** Of standard error and of lines that are not JSON, for the message when it ends without an answer. */
const NOISE_CHARS = 2_000;
/** A line of a CLI holds a file at most; one without an end is no line. */
const LINE_CHARS = 64 * 1024 * 1024;
/** To write down its conversation after its input was closed. */
const LEAVE_MS = 3_000;

/**
 * Starts an agent CLI over plain pipes, says one thing to it by its protocol, and answers with what it said in that turn.
 * Whatever it asks is denied. Its process group is ended in any case; when this process dies, the end of its input ends it.
 * Throws `timeout`, or `terminal` when it ends or cannot go on before it has answered.
 */
export const askOnce = async (options: AskOnce): Promise<string> => {
  const { protocol, argv, env, cwd, limitMs, signal } = options;
  const child = spawn(argv[0]!, argv.slice(1), { cwd, env, detached: true, stdio: 'pipe' });
  const startTime = child.pid === undefined ? undefined : processStartTime(child.pid);
  const talk = createTalk(protocol, { write: line => child.stdin.write(line), onUsage: options.onUsage });
  const gone = new Promise<void>(resolve => {
    child.once('error', error => {
      talk.noise(error.message);
      resolve();
    });
    child.once('close', () => resolve());
  });
  child.stdin.on('error', error => talk.noise(error.message));
  child.stderr.setEncoding('utf8').on('data', (text: string) => talk.noise(text));
  onLines(child.stdout, line => talk.hear(line));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new GastownError('timeout', `It did not answer within ${limitMs / 1_000} s.`)),
      limitMs,
    );
    signal.addEventListener('abort', () => reject(new GastownError('terminal', 'The town closed before it answered.')));
  });
  try {
    talk.begin(options.start);
    return await Promise.race([talk.answer, gone.then(() => talk.unanswered()), late]);
  } finally {
    clearTimeout(timer);
    await leave(child, { gone, startTime });
  }
};

/** Its input ends, and then, if need be, it does. Only what was started here: the pid is checked by its start time. */
const leave = async (
  child: ChildProcess,
  { gone, startTime }: { gone: Promise<void>; startTime: number | undefined },
): Promise<void> => {
  const { pid } = child;
  child.stdin?.end();
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>(resolve => {
    timer = setTimeout(resolve, LEAVE_MS);
  });
  await Promise.race([gone, patience]);
  clearTimeout(timer);
  if (pid === undefined || startTime === undefined) return;
  if (isSameProcess(pid, startTime)) signalProcess(-pid, 'SIGKILL');
  await gone;
};

interface Talk {
  readonly answer: Promise<string>;
  begin(start: WireStart): void;
  hear(line: string): void;
  noise(text: string): void;
  unanswered(): never;
}

const createTalk = (protocol: Protocol, io: { write(line: string): void; onUsage: AskOnce['onUsage'] }): Talk => {
  let memory: unknown;
  let conversation: Conversation = newConversation(0);
  let said: string[] = [];
  let noise = '';
  const { promise: answer, resolve, reject } = Promise.withResolvers<string>();
  // Whoever races it is told elsewhere; nobody else listens.
  answer.catch(() => {});
  const denied = new Set<string>();

  const apply = (step: Step<unknown>): void => {
    memory = step.memory;
    conversation = advance(conversation, step.now, 0);
    for (const { kind, text } of step.transcript ?? []) {
      // What an earlier conversation is repeated with ends where the question stands.
      if (kind === 'town' && conversation.turns === 0 && denied.size === 0) said = [];
      if (kind === 'agent') said.push(text);
    }
    if (step.usage?.length) io.onUsage(step.usage);
    for (const value of step.send ?? []) io.write(`${JSON.stringify(value)}\n`);
  };
  const deny = (): void => {
    for (const ask of conversation.asks) {
      if (denied.has(ask.id)) continue;
      denied.add(ask.id);
      apply(protocol.act(memory, refusalOf(ask)));
    }
  };
  const settle = (): void => {
    deny();
    if (conversation.state === 'failed')
      reject(new GastownError('terminal', `It cannot go on: ${conversation.failure}.`));
    if (conversation.state === 'idle' && conversation.turns > 0) resolve(said.join('\n\n'));
  };
  const guarded = (make: () => Step<unknown>): void => {
    try {
      apply(make());
      settle();
    } catch (error) {
      reject(error);
    }
  };
  return {
    answer,
    begin: start => guarded(() => protocol.open(start)),
    hear(line) {
      if (line.trim() === '') return;
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        // Banners and complaints.
        this.noise(`${line}\n`);
        return;
      }
      guarded(() => protocol.receive(memory, value));
    },
    noise(text) {
      noise = (noise + text).slice(-NOISE_CHARS);
    },
    unanswered() {
      const why = noise.trim().split('\n').at(-1) ?? '';
      throw new GastownError('terminal', `It ended without an answer${why === '' ? '.' : `: ${why}`}`);
    },
  };
};

/** Nobody is there to allow anything. */
const refusalOf = (ask: Ask): Act => {
  const by = (kind: Ask['options'][number]['kind']) => ask.options.find(option => option.kind === kind);
  const option = by('deny') ?? by('answer');
  if (!option) return { type: 'interrupt' };
  return {
    type: 'answer',
    ask: ask.id,
    option: option.id,
    text: 'Nothing may be changed, and nobody is asked: answer from what you know.',
  };
};

/** Splits at newlines only: `readline` also splits at U+2028, which may stand in JSON. */
const onLines = (stream: Readable, onLine: (line: string) => void): void => {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    if (rest.length > LINE_CHARS) rest = '';
    for (const line of lines) onLine(line);
  });
};
