import { plural, safeLine } from '../common/text.ts';
import { type Actor, actorName } from './commands.ts';
import type { Entry } from './frames.ts';

/** Commands listed in one message; the rest is in the records themselves. */
const LINES_MAX = 50;
/** Characters of a reason in a message: the whole of it is in the decisions record. */
const REASON_CHARS = 300;

/** Message, author (`name <mail>`) and time (s since the epoch) of a commit. Foreign text cannot forge a trailer: it never brings a line break. */
export const commitMessage = (entries: readonly Entry[]): { message: string; author: string; time: number } => {
  const last = entries.at(-1);
  const time = last ? Math.floor(Date.parse(last.at) / 1000) : 0;
  const actors = [...new Set(entries.map(entry => actorName(entry.actor)))];
  const types = [...new Set(entries.map(entry => entry.type))];
  const subject =
    entries.length === 1
      ? headline(entries[0]!)
      : `${plural(entries.length, 'change')}: ${types.slice(0, 5).join(', ')}`;
  const listed =
    entries.length === 1
      ? []
      : entries.slice(0, LINES_MAX).map(entry => `- ${headline(entry)} (${actorName(entry.actor)})`);
  const rest = entries.length - LINES_MAX;
  const seqs = entries.length === 1 ? `${last!.seq}` : `${entries[0]?.seq}-${last?.seq}`;
  const trailers = [`Actor: ${capped(actors)}`, `Command: ${capped(types)}`, `Seq: ${seqs}`].map(safeLine);
  const body = [...listed, ...(rest > 0 ? [`- and ${rest} more`] : [])].map(safeLine);
  const message = [safeLine(subject), ...(body.length > 0 ? ['', ...body] : []), '', ...trailers, ''].join('\n');
  return {
    message,
    author: actors.length === 1 ? identity(entries[0]!.actor) : 'gastown <town@gastown.invalid>',
    time,
  };
};

const headline = (entry: Entry): string => {
  const because = entry.because ? `: ${safeLine(entry.because).slice(0, REASON_CHARS)}` : '';
  return `${entry.type} ${subjectOf(entry)}${because}`;
};

const subjectOf = (entry: Entry): string => {
  if (entry.type !== 'sync.apply') return entry.writes[0]!.id;
  const { remote } = entry.payload as { remote: string };
  return `${plural(entry.writes.length, 'record')} from ${remote}`;
};

const capped = (words: readonly string[]): string =>
  words.length <= LINES_MAX ? words.join(', ') : `${words.slice(0, LINES_MAX).join(', ')}, …`;

/** Git's author line ends a name at `<` and a line at LF. */
const identity = (actor: Actor): string => {
  const plain = (text: string) => safeLine(text).replace(/[<>]/g, '');
  const mail = plain(actor.name).replace(/[^A-Za-z0-9._-]+/g, '.');
  return `${plain(actorName(actor))} <${mail}@gastown.invalid>`;
};
