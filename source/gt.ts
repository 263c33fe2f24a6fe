// Agents' own command: it must start in a blink, so it loads the socket client and nothing else of the town.
import { readFile } from 'node:fs/promises';
import { putReport } from './agents/inbox.ts';
import { GastownError, isGastownError, toGastownError } from './common/errors.ts';
import { callTown } from './town/client.ts';

const HELP = `gt: report to the town that started this session

  gt prime                       what you are to do, and how to report
  gt hook [--json]               the bead on your hook
  gt done [-m <summary>]         the work is finished and committed
  gt done --no-change [-m <why>] nothing needed doing
  gt failed -m <why>             it cannot be done this way
  gt handoff -m <note>           a fresh session takes over with your note
  gt escalate <title> [-m <text>] [-s low|medium|high|critical]
  gt mail send <to> -s <subject> [-m <text>]
  gt mail inbox
`;

/** Reports that may wait in the inbox for the next town; questions cannot. */
const DEFERRABLE = new Set(['done', 'failed', 'handoff', 'escalate', 'mail.send']);

const main = async (argv: string[], env: NodeJS.ProcessEnv): Promise<number> => {
  if (argv.length === 0 || ['help', '--help', '-h'].includes(argv[0]!)) {
    process.stdout.write(HELP);
    return 0;
  }
  const { verb, args } = parse(argv);
  const socket = env.GASTOWN_SOCKET;
  const token = env.GASTOWN_TOKEN;
  if (!socket || !token) {
    throw new GastownError(
      'usage',
      'gt works inside a session that a town started: GASTOWN_SOCKET or GASTOWN_TOKEN is missing.',
    );
  }
  try {
    const answer = (await callTown(socket, { token, verb, args })) as { text: string; record?: unknown };
    process.stdout.write(
      argv.includes('--json') ? `${JSON.stringify(answer.record ?? { text: answer.text })}\n` : `${answer.text}\n`,
    );
  } catch (error) {
    if (!isGastownError(error, 'host_unreachable')) throw error;
    await withoutTown({ verb, args, token, env, error });
  }
  return 0;
};

const withoutTown = async (call: {
  verb: string;
  args: unknown;
  token: string;
  env: NodeJS.ProcessEnv;
  error: unknown;
}): Promise<void> => {
  const { verb, args, token, env, error } = call;
  if (DEFERRABLE.has(verb) && env.GASTOWN_INBOX) {
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

const parse = (argv: string[]): { verb: string; args: Record<string, unknown> } => {
  const [first, ...rest] = argv;
  if (first === 'mail') {
    const [verb, ...mail] = rest;
    const { words, flags } = scan(mail, { '-s': 'subject', '--subject': 'subject', '-m': 'body', '--message': 'body' });
    if (verb === 'inbox' || verb === undefined) return { verb: 'mail.inbox', args: {} };
    if (verb !== 'send') throw new GastownError('usage', `gt mail knows send and inbox, found "${verb}".`);
    return { verb: 'mail.send', args: { to: words[0] ?? '', ...flags } };
  }
  switch (first) {
    case 'prime':
    case 'hook':
      scan(rest, {});
      return { verb: first, args: {} };
    case 'done': {
      const { words, flags } = scan(rest, { '-m': 'summary', '--message': 'summary' }, { '--no-change': 'noChange' });
      noWords('done', words);
      return { verb: 'done', args: flags };
    }
    case 'failed': {
      const { words, flags } = scan(rest, { '-m': 'summary', '--message': 'summary' });
      return { verb: 'failed', args: { summary: flags.summary ?? words.join(' ') } };
    }
    case 'handoff': {
      const { words, flags } = scan(rest, { '-m': 'note', '--message': 'note' });
      return { verb: 'handoff', args: { note: flags.note ?? words.join(' ') } };
    }
    case 'escalate': {
      const { words, flags } = scan(rest, {
        '-m': 'body',
        '--message': 'body',
        '-s': 'severity',
        '--severity': 'severity',
      });
      return { verb: 'escalate', args: { title: words.join(' '), ...flags } };
    }
    default:
      throw new GastownError('usage', `gt knows no "${first}".`, { hint: 'gt --help lists what it knows.' });
  }
};

/** Flags with a value, flags without, and words; an unknown flag is an error, never a silent success. */
const scan = (
  argv: readonly string[],
  valued: Record<string, string>,
  bare: Record<string, string> = {},
): { words: string[]; flags: Record<string, string | boolean> } => {
  const words: string[] = [];
  const flags: Record<string, string | boolean> = {};
  for (let index = 0; index < argv.length; index++) {
    const arg = argv[index]!;
    if (arg === '--json') continue;
    if (bare[arg]) flags[bare[arg]] = true;
    else if (valued[arg]) {
      const value = argv[++index];
      if (value === undefined) throw new GastownError('usage', `${arg} wants a value.`);
      flags[valued[arg]] = value;
    } else if (arg.startsWith('-') && arg.length > 1)
      throw new GastownError('usage', `gt ${argv[0] ?? ''}: unknown flag ${arg}.`, {
        hint: 'gt --help lists what it knows.',
      });
    else words.push(arg);
  }
  return { words, flags };
};

const noWords = (verb: string, words: readonly string[]): void => {
  if (words.length > 0)
    throw new GastownError('usage', `gt ${verb} takes no words, found "${words[0]}".`, {
      hint: 'A summary goes behind -m.',
    });
};

try {
  process.exitCode = await main(process.argv.slice(2), process.env);
} catch (error) {
  const { message, hint, exitCode } = toGastownError(error);
  process.stderr.write(`gt: ${message}\n${hint ? `  ${hint}\n` : ''}`);
  process.exitCode = exitCode;
}
