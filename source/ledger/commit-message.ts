import { plural, safeLine } from '../common/text.ts';
import { type Actor, actorName } from './commands.ts';

/** One command of a commit. */
export interface Line {
  readonly seq: number;
  /** ISO time. */
  readonly at: string;
  readonly type: string;
  readonly actor: Actor;
  readonly subject: string;
  readonly because?: string;
}

/** Commands listed in one message; the rest is in the records themselves. */
const LINES_MAX = 50;
/** Characters of a reason in a message: the whole of it is in the decisions record. */
const REASON_CHARS = 300;

/** Message, author (`name <mail>`) and time (s since the epoch) of a commit. Foreign text cannot forge a trailer: it never brings a line break. */
export const commitMessage = (lines: readonly Line[]): { message: string; author: string; time: number } => {
  const last = lines.at(-1);
  const time = last ? Math.floor(Date.parse(last.at) / 1000) : 0;
  const actors = [...new Set(lines.map(line => actorName(line.actor)))];
  const types = [...new Set(lines.map(line => line.type))];
  const subject =
    lines.length === 1 ? headline(lines[0]!) : `${plural(lines.length, 'change')}: ${types.slice(0, 5).join(', ')}`;
  const listed =
    lines.length === 1 ? [] : lines.slice(0, LINES_MAX).map(line => `- ${headline(line)} (${actorName(line.actor)})`);
  const rest = lines.length - LINES_MAX;
  const seqs = lines.length === 1 ? `${last!.seq}` : `${lines[0]?.seq}-${last?.seq}`;
  const trailers = [`Actor: ${capped(actors)}`, `Command: ${capped(types)}`, `Seq: ${seqs}`].map(safeLine);
  const body = [...listed, ...(rest > 0 ? [`- and ${rest} more`] : [])].map(safeLine);
  const message = [safeLine(subject), ...(body.length > 0 ? ['', ...body] : []), '', ...trailers, ''].join('\n');
  return { message, author: actors.length === 1 ? identity(lines[0]!.actor) : 'gastown <town@gastown.invalid>', time };
};

const headline = (line: Line): string => {
  const because = line.because ? `: ${safeLine(line.because).slice(0, REASON_CHARS)}` : '';
  return `${line.type} ${line.subject}${because}`;
};

const capped = (words: readonly string[]): string =>
  words.length <= LINES_MAX ? words.join(', ') : `${words.slice(0, LINES_MAX).join(', ')}, …`;

/** Git's author line ends a name at `<` and a line at LF. */
const identity = (actor: Actor): string => {
  const plain = (text: string) => safeLine(text).replace(/[<>]/g, '');
  const mail = plain(actor.name).replace(/[^A-Za-z0-9._-]+/g, '.');
  return `${plain(actorName(actor))} <${mail}@gastown.invalid>`;
};
