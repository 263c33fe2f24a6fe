import { GastownError } from '../common/errors.ts';

export const GT_HELP = `gt: report to the town that started this session

  gt prime                       what you are to do, and how to report
  gt hook [--json]               the bead on your hook
  gt done [-m <summary>]         the work is finished and committed
  gt done --no-change [-m <why>] nothing needed doing
  gt failed -m <why>             it cannot be done this way
  gt handoff -m <note>           a fresh session takes over with your note
  gt escalate <title> [-m <text>] [-s low|medium|high|critical]
              [-k decision|help|blocked|failed|emergency|lifecycle|gate_timeout]
  gt ask <question> [--choice <answer>]… [-m <details>]
                                 ask a person; their answer is printed, or comes as a message
  gt propose -f <plan.md>|- [--base <version>]
                                 hand in a plan, where your bead asks for one
  gt plan                        the plan that you proposed, or that your bead belongs to
  gt note [<text>|-f <file>|-]   add to the notes of your bead; without a text, show them
  gt design [-m <text>|-f <file>|-] [--base <version>]
                                 replace its design, naming the version you saw; or show it
          --convoy               for both: of the plan that your bead belongs to
  gt remember <text> [--key <key>] [--type feedback|project|user|reference] [--rig <rig>]
  gt seance [<bead>] [-s <n>]    earlier sessions of your bead; or how one of them ended
  gt recall <words> · gt memories [--type <type>] · gt forget <key>
  gt mail inbox [--all] · gt mail read <id>… · gt mail ack <id>…
  gt mail send <to> -s <subject> [-m <text>] [--type <type>] [--priority low|normal|high|urgent]
  gt mail reply <id> -m <text>
`;

/**
 * How long `gt ask` waits for the answer before it says that it will come as a message: the shell tools of agents give a
 * command one to two minutes, and their MCP clients one.
 */
export const ASK_WAIT_MS = 45_000;

export interface GtCall {
  readonly verb: string;
  readonly args: Record<string, unknown>;
  /** A file (`-`: standard input) whose text becomes `args.text`. */
  readonly textFrom?: string;
}

/** What a command line of `gt` asks for. Throws `usage` on anything it does not know: never a silent success. */
export const parseGt = (argv: readonly string[]): GtCall => {
  const [first = '', ...rest] = argv;
  const path = first === 'mail' ? `mail ${rest.find(word => !word.startsWith('-')) ?? 'inbox'}` : first;
  const form = Object.hasOwn(FORMS, path) ? FORMS[path]! : undefined;
  if (!form) throw unknown(first, path);
  const words = first === 'mail' ? withoutFirstWord(rest) : rest;
  const given = scan(path, words, form);
  const { file, ...flags } = given.flags;
  const args = { ...flags, ...wordsOf(path, form, given) };
  // A lone dash stands for standard input where a text is wanted.
  const textFrom = file ?? (form.words === 'text' && args.text === '-' ? '-' : undefined);
  if (textFrom === undefined) return { verb: form.verb, args };
  const { text, ...others } = args;
  if (text !== undefined && text !== '-') throw usage(`gt ${path} takes a text or a file, not both.`);
  return { verb: form.verb, args: others, textFrom: String(textFrom) };
};

interface Form {
  readonly verb: string;
  /** Flags with a value, by their spelling. */
  readonly valued?: Readonly<Record<string, string>>;
  /** Flags with a value that may be given several times, by the list they fill. */
  readonly many?: Readonly<Record<string, string>>;
  /** Flags without. */
  readonly bare?: Readonly<Record<string, string>>;
  /** What its words are: joined into one argument of that name, a single one, or a list. Absent: it takes none. */
  readonly words?: string;
  readonly wordsAre?: 'joined' | 'single' | 'list';
}

interface Given {
  readonly words: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | string[]>>;
}

const message = (name: string) => ({ '-m': name, '--message': name });
const FILE = { '-f': 'file', '--file': 'file' };
const TYPE = { '--type': 'type', '-t': 'type' };
const MAIL_FLAGS = { ...message('body'), ...TYPE, '--priority': 'priority', '-p': 'priority' };

const FORMS: Readonly<Record<string, Form>> = {
  // Called by the agents' CLIs, not by agents: the help is silent about both.
  guard: { verb: 'guard', words: 'cli', wordsAre: 'single' },
  remind: { verb: 'remind', words: 'cli', wordsAre: 'single' },
  prime: { verb: 'prime' },
  hook: { verb: 'hook' },
  done: { verb: 'done', valued: message('summary'), bare: { '--no-change': 'noChange' } },
  failed: { verb: 'failed', valued: message('summary'), words: 'summary' },
  handoff: { verb: 'handoff', valued: message('note'), words: 'note' },
  escalate: {
    verb: 'escalate',
    valued: {
      ...message('body'),
      '-s': 'severity',
      '--severity': 'severity',
      '-k': 'category',
      '--kind': 'category',
    },
    words: 'title',
  },
  ask: { verb: 'ask', valued: message('body'), many: { '--choice': 'choices', '-c': 'choices' }, words: 'text' },
  propose: { verb: 'propose', valued: { ...FILE, '--base': 'base' }, words: 'text' },
  plan: { verb: 'plan' },
  note: { verb: 'note', valued: { ...message('text'), ...FILE }, bare: { '--convoy': 'convoy' }, words: 'text' },
  design: {
    verb: 'design',
    valued: { ...message('text'), ...FILE, '--base': 'base' },
    bare: { '--convoy': 'convoy' },
    words: 'text',
  },
  remember: {
    verb: 'remember',
    valued: { ...message('text'), ...TYPE, '--key': 'key', '--rig': 'rig' },
    words: 'text',
  },
  seance: {
    verb: 'seance',
    valued: { '-s': 'session', '--session': 'session' },
    words: 'bead',
    wordsAre: 'single',
  },
  recall: { verb: 'recall', words: 'query' },
  memories: { verb: 'memories', valued: TYPE },
  forget: { verb: 'forget', words: 'key', wordsAre: 'single' },
  'mail inbox': { verb: 'mail.inbox', bare: { '--all': 'all' } },
  'mail read': { verb: 'mail.read', words: 'ids', wordsAre: 'list' },
  'mail ack': { verb: 'mail.ack', words: 'ids', wordsAre: 'list' },
  'mail send': {
    verb: 'mail.send',
    valued: { ...MAIL_FLAGS, '-s': 'subject', '--subject': 'subject' },
    words: 'to',
    wordsAre: 'single',
  },
  'mail reply': { verb: 'mail.reply', valued: MAIL_FLAGS, words: 'id', wordsAre: 'single' },
};

const withoutFirstWord = (argv: readonly string[]): string[] => {
  const at = argv.findIndex(word => !word.startsWith('-'));
  return argv.filter((_, index) => index !== at);
};

const scan = (path: string, argv: readonly string[], { valued = {}, many = {}, bare = {} }: Form): Given => {
  const words: string[] = [];
  const flags: Record<string, string | boolean | string[]> = {};
  let onlyWords = false;
  for (let index = 0; index < argv.length; index++) {
    const arg = argv[index]!;
    if (onlyWords || !arg.startsWith('-') || arg.length === 1) words.push(arg);
    else if (arg === '--') onlyWords = true;
    else if (arg === '--json') continue;
    else if (Object.hasOwn(bare, arg)) flags[bare[arg]!] = true;
    else if (Object.hasOwn(valued, arg) || Object.hasOwn(many, arg)) {
      const value = argv[++index];
      if (value === undefined) throw usage(`${arg} wants a value.`);
      const list = many[arg];
      if (list === undefined) flags[valued[arg]!] = value;
      else flags[list] = [...((flags[list] as string[] | undefined) ?? []), value];
    } else throw usage(`gt ${path}: unknown flag ${arg}.`, 'gt --help lists what it knows.');
  }
  return { words, flags };
};

const wordsOf = (path: string, form: Form, { words, flags }: Given): Record<string, unknown> => {
  if (form.words === undefined) {
    if (words.length === 0) return {};
    throw usage(`gt ${path} takes no words, found "${words[0]}".`, 'A text goes behind -m.');
  }
  if (form.wordsAre === 'list') return { [form.words]: words };
  if (form.wordsAre === 'single' && words.length > 1)
    throw usage(`gt ${path} takes one word, found "${words[1]}" too.`, 'Put a text of several words into quotes.');
  return words.length === 0 || flags[form.words] !== undefined ? {} : { [form.words]: words.join(' ') };
};

const unknown = (first: string, path: string): GastownError => {
  const verbs = Object.keys(FORMS).flatMap(name => (name.startsWith('mail ') ? [name.slice(5)] : []));
  return first === 'mail'
    ? usage(`gt mail knows ${verbs.join(', ')}, found "${path.slice(5)}".`)
    : usage(`gt knows no "${first}".`, 'gt --help lists what it knows.');
};

const usage = (text: string, hint?: string): GastownError => new GastownError('usage', text, hint ? { hint } : {});
