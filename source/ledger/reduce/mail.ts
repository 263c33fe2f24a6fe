import { GastownError } from '../../common/errors.ts';
import type { Mail } from '../schema.ts';
import { assertNoSecret } from './texts.ts';
import { cutTitle, invalid, type Reducers, type Transaction } from './transaction.ts';

/** Who besides polecats has a mailbox. */
const MAILBOXES: ReadonlySet<string> = new Set(['operator', 'mayor', 'witness', 'refinery', 'deacon']);

export const mailReducers: Reducers<'mail.send' | 'mail.deliver' | 'mail.read'> = {
  'mail.send': (tx, { to, subject, body, type, priority, replyTo }) => {
    const from = address(tx);
    const earlier = replyTo === undefined ? undefined : tx.get('mail', replyTo);
    const recipient = to ?? (earlier && otherSide(earlier, from));
    const about = subject ?? (earlier && replySubject(earlier.subject));
    if (recipient === undefined) throw invalid('A message wants a recipient.', 'Name one, or the message it answers.');
    if (about === undefined) throw invalid('A message wants a subject.', 'Say in one line what it is about.');
    assertNoSecret(`${about}\n${body ?? ''}`, 'message');
    const kind = type ?? (earlier ? 'reply' : undefined);
    tx.create('mail', {
      id: tx.mintId('mail', 'm'),
      from,
      to: mailbox(tx, recipient),
      subject: about,
      body,
      at: tx.now,
      ...(kind && { type: kind }),
      ...(priority && { priority }),
      ...(earlier && { replyTo: earlier.id, thread: earlier.thread ?? earlier.id }),
    });
    if (earlier?.to === from) markRead(tx, earlier);
  },

  'mail.deliver': (tx, { ids }) => {
    for (const id of ids) if (!tx.get('mail', id).deliveredAt) tx.update('mail', id, { deliveredAt: tx.now });
  },

  'mail.read': (tx, { ids }) => {
    for (const id of ids) markRead(tx, tx.get('mail', id));
  },
};

const markRead = (tx: Transaction, { id, readAt, deliveredAt }: Mail): void => {
  if (!readAt) tx.update('mail', id, { readAt: tx.now, deliveredAt: deliveredAt ?? tx.now });
};

/** Where an answer is sent. */
const address = (tx: Transaction): string => (tx.actor.role === 'polecat' ? tx.actor.name : tx.actor.role);

/** Whoever follows up on a message of their own writes to the same reader once more. */
const otherSide = ({ from, to }: Mail, self: string): string => (from === self ? to : from);

const replySubject = (subject: string): string => (/^re:/i.test(subject) ? subject : cutTitle(`Re: ${subject}`));

/** A role, a polecat's id, or a polecat's name where only one has it. */
const mailbox = (tx: Transaction, to: string): string => {
  if (MAILBOXES.has(to) || tx.find('polecats', to)) return to;
  const named = [...tx.data.polecats.values()].filter(polecat => polecat.name === to);
  if (named.length === 1) return named[0]!.id;
  throw new GastownError(
    'not_found',
    named.length === 0 ? `Nobody here is called ${to}.` : `${named.length} polecats are called ${to}.`,
    {
      hint: `Write to operator, mayor, or a polecat by its whole id${named[0] ? `, such as ${named[0].id}` : ' (<rig>/<name>)'}.`,
    },
  );
};
