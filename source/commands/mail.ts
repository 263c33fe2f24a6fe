import { GastownError } from '../common/errors.ts';
import { duration, plural, safeLine } from '../common/text.ts';
import { MAIL_PRIORITIES, MAIL_TYPES, type Mail, type MailPriority, type MailType } from '../ledger/schema.ts';
import type { TownAccess } from '../town/access.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** Whose mail a person reads. */
const OWN = 'operator';

/** `gastown mail` and `gastown mail inbox` */
export const inbox = (
  { output, ...invocation }: Invocation,
  _args: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown({ output, ...invocation }, async town => {
    const all = (await town.records('mail')).filter(({ to }) => to === OWN);
    const shown = all.filter(letter => options.all === true || !letter.readAt).sort(mostUrgentFirst);
    for (const letter of shown) output.record('mail', told(letter));
    if (shown.length === 0) {
      output.say(
        all.length > 0 ? `No new mail; ${plural(all.length, 'message')} read: gastown mail --all` : 'No mail.',
      );
      return undefined;
    }
    output.table(
      ['ID', 'AGO', 'FROM', 'PRIORITY', 'SUBJECT', ''],
      shown.map(letter => [
        letter.id,
        duration(Date.now() - Date.parse(letter.at)),
        letter.from,
        letter.priority ?? 'normal',
        letter.subject,
        letter.readAt ? 'read' : 'new',
      ]),
    );
    return undefined;
  });

/** `gastown mail read <ids…>` */
export const read = (invocation: Invocation, ids: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const letters = await lettersOf(town, ids);
    const unread = letters.filter(({ to, readAt }) => to === OWN && !readAt).map(({ id }) => id);
    if (unread.length > 0) await town.dispatch({ type: 'mail.read', payload: { ids: unread } });
    const { output } = invocation;
    for (const letter of letters) {
      output.record('mail', told(letter));
      output.say(`${letter.id} from ${letter.from} to ${letter.to}, ${letter.at}`);
      output.say(safeLine(letter.subject));
      if (letter.body) output.say(`\n${letter.body}`);
      if (letter.to === OWN) output.say(`\nAnswer with: gastown mail reply ${letter.id} -m "…"`);
    }
    return undefined;
  });

/** `gastown mail send <to>` */
export const send = (invocation: Invocation, [to]: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, town => post(invocation, town, { to: to!, subject: String(options.subject), options }));

/** `gastown mail reply <id>` */
export const reply = (invocation: Invocation, [id]: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, async town => {
    const [letter] = await lettersOf(town, [id!]);
    if (letter!.to !== OWN && letter!.from !== OWN)
      throw new GastownError(
        'invalid',
        `${id} was not written to you: it is between ${letter!.from} and ${letter!.to}.`,
      );
    return post(invocation, town, { replyTo: id!, options });
  });

const post = async (
  { output }: Invocation,
  town: TownAccess,
  { options, ...letter }: { to?: string; subject?: string; replyTo?: string; options: Record<string, unknown> },
): Promise<undefined> => {
  const priority = oneOf<MailPriority>('--priority', options.priority, MAIL_PRIORITIES);
  const type = oneOf<MailType>('--type', options.type, MAIL_TYPES);
  const { subject } = await town.dispatch({
    type: 'mail.send',
    payload: {
      ...letter,
      ...(options.message !== undefined && { body: options.message as string }),
      ...(priority && { priority }),
      ...(type && { type }),
    },
  });
  const [sent] = await lettersOf(town, [subject!]);
  output.record('mail', told(sent!));
  output.say(`${sent!.id} sent to ${sent!.to}.`);
  return undefined;
};

const lettersOf = async (town: TownAccess, ids: readonly string[]): Promise<Mail[]> => {
  const all = new Map((await town.records('mail')).map(letter => [letter.id, letter]));
  return ids.map(id => {
    const letter = all.get(id);
    if (letter) return letter;
    throw new GastownError('not_found', `There is no mail "${id}".`, { hint: 'gastown mail lists yours.' });
  });
};

const oneOf = <T extends string>(flag: string, given: unknown, known: readonly T[]): T | undefined => {
  if (given === undefined || known.includes(given as T)) return given as T | undefined;
  throw new GastownError('usage', `${flag} wants one of ${known.join(', ')}, found "${String(given)}".`);
};

const mostUrgentFirst = (a: Mail, b: Mail): number => urgency(b) - urgency(a) || (a.at < b.at ? 1 : -1);
const urgency = ({ priority = 'normal' }: Mail): number => MAIL_PRIORITIES.indexOf(priority);

/** `type` names the kind of the line, so the message's own is its `kind`. */
const told = ({ type = 'notification', ...letter }: Mail): object => ({ ...letter, kind: type });
