// Agents' own command: it must start in a blink, so it loads the socket client and nothing else of the town.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { putReport } from './agents/inbox.ts';
import { GastownError, isGastownError, toGastownError } from './common/errors.ts';
import { callTown } from './town/client.ts';
import { ASK_WAIT_MS, GT_HELP, parseGt } from './town/gt-arguments.ts';

/** Reports that may wait in the inbox for the next town; questions cannot. */
const DEFERRABLE = new Set([
  'done',
  'failed',
  'handoff',
  'escalate',
  'note',
  'remember',
  'mail.send',
  'mail.reply',
  'mail.ack',
]);

/** The town ends the wait by itself; past this it hangs. */
const ASK_LIMIT_MS = ASK_WAIT_MS + 15_000;

/** By 2 a hook refuses the call, or the end of a turn, to the model: what is only broken must say so by another number. */
const HOOKS: ReadonlySet<string> = new Set(['guard', 'remind']);
const BROKEN_HOOK = 1;

interface Answer {
  readonly text: string;
  readonly record?: unknown;
  /** What the session is told beside its question. */
  readonly nudges?: readonly string[];
}

const main = async (argv: string[], env: NodeJS.ProcessEnv): Promise<number> => {
  if (argv.length === 0 || ['help', '--help', '-h'].includes(argv[0]!)) {
    process.stdout.write(GT_HELP);
    return 0;
  }
  const { verb, args, textFrom } = parseGt(argv);
  if (verb === 'guard')
    return (await import('./agents/hooks/guard-command.ts')).guardCommand(String(args.cli ?? ''), env);
  if (verb === 'remind') return (await import('./town/remind-command.ts')).remindCommand(String(args.cli ?? ''), env);
  if (textFrom !== undefined) args.text = await readText(textFrom);
  const socket = env.GASTOWN_SOCKET;
  const token = env.GASTOWN_TOKEN;
  if (!socket || !token) {
    throw new GastownError(
      'usage',
      'gt works inside a session that a town started: GASTOWN_SOCKET or GASTOWN_TOKEN is missing.',
    );
  }
  try {
    const answer = (await callTown(socket, { token, verb, args }, verb === 'ask' ? ASK_LIMIT_MS : undefined)) as Answer;
    process.stdout.write(
      argv.includes('--json') ? `${JSON.stringify(answer.record ?? { text: answer.text })}\n` : `${answer.text}\n`,
    );
    for (const nudge of answer.nudges ?? []) process.stderr.write(`${nudge}\n`);
  } catch (error) {
    if (!isGastownError(error, 'host_unreachable')) throw error;
    await withoutTown({ verb, args, token, env, error });
  }
  return 0;
};

const withoutTown = async (call: {
  verb: string;
  args: Record<string, unknown>;
  token: string;
  env: NodeJS.ProcessEnv;
  error: unknown;
}): Promise<void> => {
  const { verb, args, token, env, error } = call;
  if (isReport(verb, args) && env.GASTOWN_INBOX) {
    await putReport(env.GASTOWN_INBOX, { token, verb, args });
    process.stdout.write('No town runs just now: the report is kept and applied when it starts.\n');
    return;
  }
  if (verb === 'prime' && env.GASTOWN_PRIME) {
    process.stdout.write(await readFile(env.GASTOWN_PRIME, 'utf8'));
    return;
  }
  throw error;
};

/** Without a text, `note` is a question. */
const isReport = (verb: string, args: Record<string, unknown>): boolean =>
  DEFERRABLE.has(verb) && (verb !== 'note' || args.text !== undefined);

/** What stands in a file of the agent's, or on standard input, which is its call and nobody else's to read. */
const readText = async (from: string): Promise<string> => {
  try {
    return from === '-' ? readFileSync(process.stdin.fd, 'utf8') : await readFile(from, 'utf8');
  } catch (error) {
    throw new GastownError('usage', `${from === '-' ? 'Standard input' : from} cannot be read.`, { cause: error });
  }
};

try {
  process.exitCode = await main(process.argv.slice(2), process.env);
} catch (error) {
  const { message, hint, exitCode } = toGastownError(error);
  process.stderr.write(`gt: ${message}\n${hint ? `  ${hint}\n` : ''}`);
  process.exitCode = HOOKS.has(process.argv[2]!) ? BROKEN_HOOK : exitCode;
}
