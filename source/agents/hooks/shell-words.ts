/**
 * Reads a script of sh as far as a guard needs it: which simple commands it has, with their words as sh would hand them
 * on. It never fails: what it cannot read it takes as it stands.
 */
export interface SimpleCommand {
  /** Without assignments and redirections. */
  readonly words: readonly string[];
  /** `NAME=value` before the command, or alone. */
  readonly assignments: readonly (readonly [string, string])[];
  /** What it is known to get on standard input: a here-document, a here-string, or what `echo` says before a pipe. */
  readonly input?: string;
  /** Its output goes into the next command. */
  readonly pipes: boolean;
}

/** Stands in a word for what only a running shell knows: `$(…)` and the like, followed by the names of its commands. */
export const UNKNOWN = '\uFFFC';

/** Characters of a script that are read: what an agent writes by hand is far below. */
const SCRIPT_CHARS = 200_000;
/** Substitutions within substitutions that are read. */
const MAX_DEPTH = 20;

/** The simple commands of a script in the order in which they stand, also those within `$(…)`, subshells and groups. */
export const simpleCommands = (script: string): readonly SimpleCommand[] => {
  const reader = new Reader(script.slice(0, SCRIPT_CHARS), 0);
  reader.readAll();
  return reader.commands;
};

const SEPARATORS = new Set([';', '&', '|', '(', ')', '\n']);
const BLANKS = new Set([' ', '\t', '\r']);
/** Words that begin or go on with a compound command: the simple command comes after them. */
const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{', '}', 'time', 'fi', 'done']);
const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)\+?=([\s\S]*)$/;

class Reader {
  readonly commands: SimpleCommand[] = [];
  private readonly text: string;
  private at = 0;
  private words: { text: string; quoted: boolean }[] = [];
  private input: string | undefined;
  private heredocs: { delimiter: string; stripTabs: boolean; command: number }[] = [];

  private readonly depth: number;

  constructor(text: string, depth: number) {
    this.text = text;
    this.depth = depth;
  }

  readAll(): void {
    while (this.at < this.text.length) this.readOne();
    this.end(false);
  }

  private readOne(): void {
    const char = this.text[this.at]!;
    if (BLANKS.has(char)) this.at += 1;
    else if (this.text.startsWith('\\\n', this.at)) this.at += 2;
    else if (char === '#') this.skipTo('\n');
    else if (char === '<' || char === '>' || this.text.startsWith('&>', this.at)) this.readRedirection();
    else if (SEPARATORS.has(char)) this.readSeparator(char);
    else this.readPlainWord();
  }

  private readPlainWord(): void {
    const word = this.readWord();
    // A number right before a redirection is the file descriptor that it is about.
    if (/^\d+$/.test(word.text) && /[<>]/.test(this.text[this.at] ?? '')) return;
    this.words.push(word);
  }

  private readSeparator(char: string): void {
    const isPipe = char === '|' && this.text[this.at + 1] !== '|';
    this.at += 1;
    if (isPipe && this.text[this.at] === '&') this.at += 1;
    this.end(isPipe);
    if (char === '\n') this.readHeredocs();
  }

  /** `<file`, `2>&1`, `<<EOF`, `<<<word`, `<(command)`. */
  private readRedirection(): void {
    const rest = this.text.slice(this.at, this.at + 3);
    if (rest.startsWith('<(') || rest.startsWith('>(')) {
      this.at += 2;
      this.readNested(this.takeBalanced());
      this.words.push({ text: UNKNOWN, quoted: true });
      return;
    }
    const operator = /^(<<<|<<-|<<|<>|<&|>>|>&|>\||&>>|&>|<|>)/.exec(rest)?.[0] ?? '<';
    this.at += operator.length;
    while (BLANKS.has(this.text[this.at] ?? '')) this.at += 1;
    const target = this.readWord();
    if (operator === '<<<') this.input = target.text;
    else if (operator === '<<' || operator === '<<-') {
      this.heredocs.push({ delimiter: target.text, stripTabs: operator === '<<-', command: this.commands.length });
    }
  }

  private readHeredocs(): void {
    const waiting = this.heredocs;
    this.heredocs = [];
    for (const { delimiter, stripTabs, command } of waiting) {
      const lines: string[] = [];
      while (this.at < this.text.length) {
        const end = this.text.indexOf('\n', this.at);
        const line = this.text.slice(this.at, end < 0 ? undefined : end);
        this.at = end < 0 ? this.text.length : end + 1;
        if ((stripTabs ? line.replace(/^\t+/, '') : line) === delimiter) break;
        lines.push(line);
      }
      this.giveInput(command, lines.join('\n'));
    }
  }

  /** `cat <<EOF | psql`: what goes into `cat` goes into the next command too. */
  private giveInput(command: number, input: string): void {
    const known = this.commands[command];
    if (!known) return;
    this.commands[command] = { ...known, input };
    if (known.pipes && known.words[0] === 'cat') this.giveInput(command + 1, input);
  }

  /** One word with its quotes taken off. */
  private readWord(): { text: string; quoted: boolean } {
    let text = '';
    let quoted = false;
    while (this.at < this.text.length) {
      const char = this.text[this.at]!;
      if (BLANKS.has(char) || SEPARATORS.has(char) || char === '<' || char === '>') break;
      if (char === "'" || char === '"' || char === '\\') quoted = true;
      text += this.readPart(char);
    }
    return { text, quoted };
  }

  private readPart(char: string): string {
    switch (char) {
      case '\\': {
        const next = this.text[this.at + 1] ?? '';
        this.at += 2;
        return next === '\n' ? '' : next;
      }
      case "'":
        return this.readSingleQuoted();
      case '"':
        return this.readDoubleQuoted();
      case '`':
        return this.readBackticks();
      case '$':
        return this.readDollar();
      default:
        this.at += 1;
        return char;
    }
  }

  private readSingleQuoted(): string {
    const end = this.text.indexOf("'", this.at + 1);
    const inside = this.text.slice(this.at + 1, end < 0 ? undefined : end);
    this.at = end < 0 ? this.text.length : end + 1;
    return inside;
  }

  private readDoubleQuoted(): string {
    let text = '';
    this.at += 1;
    while (this.at < this.text.length && this.text[this.at] !== '"') {
      const char = this.text[this.at]!;
      if (char === '\\' && /[$`"\\\n]/.test(this.text[this.at + 1] ?? '')) text += this.readPart(char);
      else if (char === '$' || char === '`') text += this.readPart(char);
      else {
        text += char;
        this.at += 1;
      }
    }
    this.at += 1;
    return text;
  }

  private readBackticks(): string {
    const end = this.text.indexOf('`', this.at + 1);
    const inside = this.text.slice(this.at + 1, end < 0 ? undefined : end);
    this.at = end < 0 ? this.text.length : end + 1;
    return this.readNested(inside);
  }

  /** `$(…)` is read for its own commands; `$name` and `${name}` stay as they stand; `$'…'` and `$"…"` are quotes. */
  private readDollar(): string {
    const next = this.text[this.at + 1];
    if (next === '(') {
      this.at += 2;
      const inside = this.takeBalanced();
      return inside.startsWith('(') ? UNKNOWN : this.readNested(inside);
    }
    if (next === "'" || next === '"') {
      this.at += 1;
      return this.readPart(next);
    }
    const name = /^\$(\{[^}]*\}|[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/.exec(
      this.text.slice(this.at, this.at + 200),
    )?.[0];
    this.at += name?.length ?? 1;
    return name ?? '$';
  }

  /** Commands of a substitution count like others; what they print is unknown, but that they ask for pids may matter. */
  private readNested(script: string): string {
    if (this.depth >= MAX_DEPTH) return UNKNOWN;
    const inner = new Reader(script, this.depth + 1);
    inner.readAll();
    this.commands.push(...inner.commands.map(command => ({ ...command, pipes: false })));
    for (const waiting of this.heredocs) waiting.command += inner.commands.length;
    const first = inner.commands.map(({ words }) => words[0] ?? '').join(' ');
    return `${UNKNOWN}(${first})`;
  }

  /** Up to the parenthesis that closes the one before; quotes are passed over. */
  private takeBalanced(): string {
    const from = this.at;
    let depth = 1;
    while (this.at < this.text.length) {
      const char = this.text[this.at]!;
      if (char === "'") this.readSingleQuoted();
      else if (char === '"') this.skipDoubleQuoted();
      else if (char === '\\') this.at += 2;
      else {
        if (char === '(') depth += 1;
        if (char === ')') depth -= 1;
        this.at += 1;
        if (depth === 0) return this.text.slice(from, this.at - 1);
      }
    }
    return this.text.slice(from);
  }

  private skipDoubleQuoted(): void {
    this.at += 1;
    while (this.at < this.text.length && this.text[this.at] !== '"') this.at += this.text[this.at] === '\\' ? 2 : 1;
    this.at += 1;
  }

  private skipTo(char: string): void {
    const end = this.text.indexOf(char, this.at);
    this.at = end < 0 ? this.text.length : end;
  }

  private end(pipes: boolean): void {
    const words = [...this.words];
    const { input } = this;
    this.words = [];
    this.input = undefined;
    const assignments: [string, string][] = [];
    while (words.length > 0) {
      const [first] = words;
      const match = ASSIGNMENT.exec(first!.text);
      if (match) assignments.push([match[1]!, match[2]!]);
      else if (first!.quoted || !KEYWORDS.has(first!.text)) break;
      words.shift();
    }
    if (words.length === 0 && assignments.length === 0 && this.heredocs.length === 0) return;
    const said = input ?? this.echoedBefore();
    this.commands.push({
      words: words.map(({ text }) => text),
      assignments,
      ...(said !== undefined && { input: said }),
      pipes,
    });
  }

  /** What the command before a pipe prints, where that is plain. */
  private echoedBefore(): string | undefined {
    const before = this.commands.at(-1);
    if (!before?.pipes) return undefined;
    const [name, ...said] = before.words;
    if (name === 'echo' || name === 'printf') return said.filter(word => !/^-[neE]+$/.test(word)).join(' ');
    return name === 'cat' ? before.input : undefined;
  }
}
