import { GastownError } from '../../common/errors.ts';
import { type Escalation, SEVERITIES } from '../schema.ts';
import { conflict, type Reducers, type Transaction } from './transaction.ts';

/** Who besides polecats has a mailbox. */
const MAILBOXES: ReadonlySet<string> = new Set(['operator', 'mayor', 'witness', 'refinery', 'deacon']);

export const mailReducers: Reducers<
  | 'mail.send'
  | 'mail.deliver'
  | 'mail.read'
  | 'escalation.open'
  | 'escalation.acknowledge'
  | 'escalation.climb'
  | 'escalation.close'
  | 'memory.remember'
  | 'memory.forget'
> = {
  'mail.send': (tx, { to, subject, body }) => {
    tx.create('mail', {
      id: tx.mintId('mail', 'm'),
      from: address(tx),
      to: mailbox(tx, to),
      subject,
      body,
      at: tx.now,
    });
  },

  'mail.deliver': (tx, { ids }) => {
    for (const id of ids) if (!tx.get('mail', id).deliveredAt) tx.update('mail', id, { deliveredAt: tx.now });
  },

  'mail.read': (tx, { ids }) => {
    for (const id of ids) {
      const { deliveredAt, readAt } = tx.get('mail', id);
      if (!readAt) tx.update('mail', id, { readAt: tx.now, deliveredAt: deliveredAt ?? tx.now });
    }
  },

  'escalation.open': (tx, { severity, title, body, subject, key }) => {
    if (key !== undefined) {
      for (const escalation of tx.data.escalations.values()) if (escalation.key === key && !escalation.closedAt) return;
    }
    const id = tx.mintId('escalations', 'e');
    tx.create('escalations', {
      id,
      severity,
      title,
      body,
      by: tx.by,
      at: tx.now,
      climbs: 0,
      ...(subject !== undefined && { subject }),
      ...(key !== undefined && { key }),
    });
    tx.explain(subject);
  },

  'escalation.acknowledge': (tx, { id }) => {
    const escalation = tx.get('escalations', id);
    if (!escalation.acknowledgedAt && !escalation.closedAt) tx.update('escalations', id, { acknowledgedAt: tx.now });
  },

  'escalation.climb': (tx, { id }) => {
    const escalation = tx.get('escalations', id);
    if (escalation.closedAt) throw conflict(`${id} is closed.`);
    if (escalation.acknowledgedAt) throw conflict(`${id} is acknowledged: somebody looks after it.`);
    tx.update('escalations', id, { severity: above(escalation), climbs: escalation.climbs + 1, climbedAt: tx.now });
  },

  'escalation.close': (tx, { id }) => {
    if (!tx.get('escalations', id).closedAt) tx.update('escalations', id, { closedAt: tx.now });
  },

  'memory.remember': (tx, { id, text }) => {
    if (id === undefined || !tx.find('memories', id)) {
      tx.create('memories', { id: id ?? tx.mintId('memories', 'mem'), text, by: tx.by, at: tx.now });
    } else {
      tx.update('memories', id, { text, by: tx.by, at: tx.now, forgottenAt: undefined });
    }
  },

  'memory.forget': (tx, { id }) => {
    if (!tx.get('memories', id).forgottenAt) tx.update('memories', id, { text: '', forgottenAt: tx.now });
  },
};

const above = ({ severity }: Escalation): Escalation['severity'] =>
  SEVERITIES[Math.min(SEVERITIES.indexOf(severity) + 1, SEVERITIES.length - 1)]!;

/** Where an answer is sent. */
const address = (tx: Transaction): string => (tx.actor.role === 'polecat' ? tx.actor.name : tx.actor.role);

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
