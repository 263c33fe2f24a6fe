import { type Escalation, HELP_SEVERITIES, SEVERITIES } from '../schema.ts';
import { liveSession } from './sessions.ts';
import { assertNoSecret } from './texts.ts';
import { conflict, invalid, type Reducers } from './transaction.ts';

export const escalationReducers: Reducers<
  | 'question.ask'
  | 'question.answer'
  | 'question.told'
  | 'escalation.open'
  | 'escalation.acknowledge'
  | 'escalation.climb'
  | 'escalation.remind'
  | 'escalation.close'
> = {
  'escalation.open': (tx, { severity, category, title, body, subject, key }) => {
    if (key !== undefined) {
      for (const escalation of tx.data.escalations.values()) if (escalation.key === key && !escalation.closedAt) return;
    }
    // What the town itself tells a person must reach that person.
    if (tx.actor.role === 'polecat') assertNoSecret(`${title}\n${body ?? ''}`, 'escalation');
    tx.create('escalations', {
      id: tx.mintId('escalations', 'e'),
      severity: severity ?? (category ? HELP_SEVERITIES[category] : 'medium'),
      title,
      body,
      by: tx.by,
      at: tx.now,
      climbs: 0,
      ...(category && { category }),
      ...(subject !== undefined && { subject }),
      ...(key !== undefined && { key }),
    });
    tx.explain(subject);
  },

  'question.ask': (tx, { session: sessionId, title, body, choices }) => {
    const session = liveSession(tx, sessionId);
    assertNoSecret([title, body, ...choices].join('\n'), 'question');
    const question = { session: session.id, choices: [...new Set(choices)] };
    const asked = [...tx.data.escalations.values()].find(
      one => one.question && !one.closedAt && one.subject === session.bead && one.title === title,
    );
    if (asked) tx.update('escalations', asked.id, { question });
    else
      tx.create('escalations', {
        id: tx.mintId('escalations', 'e'),
        severity: HELP_SEVERITIES.decision,
        category: 'decision',
        title,
        body,
        by: tx.by,
        subject: session.bead,
        question,
        at: tx.now,
        climbs: 0,
      });
    tx.explain(session.bead);
  },

  'question.answer': (tx, { id, answer }) => {
    const asked = tx.get('escalations', id);
    if (!asked.question) throw invalid(`${id} asks nothing that could be answered.`, 'Acknowledge or close it.');
    if (asked.closedAt) throw conflict(`${id} was answered or closed already.`);
    tx.update('escalations', id, { closedAt: tx.now, closedBy: tx.by, resolution: answer });
    tx.explain(asked.subject);
  },

  'question.told': (tx, { id }) => {
    const { question, closedAt } = tx.get('escalations', id);
    if (!question || !closedAt) throw conflict(`${id} has no answer that could have been told.`);
    if (!question.toldAt) tx.update('escalations', id, { question: { ...question, toldAt: tx.now } });
  },

  'escalation.acknowledge': (tx, { id }) => {
    const { acknowledgedAt, closedAt } = tx.get('escalations', id);
    if (!acknowledgedAt && !closedAt) {
      tx.update('escalations', id, { acknowledgedAt: tx.now, acknowledgedBy: tx.by });
    }
  },

  'escalation.climb': (tx, { id }) => {
    const escalation = tx.get('escalations', id);
    if (escalation.closedAt) throw conflict(`${id} is closed.`);
    if (escalation.acknowledgedAt) throw conflict(`${id} is acknowledged: somebody looks after it.`);
    tx.update('escalations', id, { severity: above(escalation), climbs: escalation.climbs + 1, climbedAt: tx.now });
  },

  'escalation.remind': (tx, { id }) => {
    const { acknowledgedAt, closedAt } = tx.get('escalations', id);
    if (closedAt) throw conflict(`${id} is closed.`);
    if (!acknowledgedAt) throw conflict(`${id} waits to be acknowledged already.`);
    tx.update('escalations', id, { acknowledgedAt: undefined, acknowledgedBy: undefined, remindedAt: tx.now });
  },

  'escalation.close': (tx, { id, reason }) => {
    if (tx.get('escalations', id).closedAt) return;
    tx.update('escalations', id, { closedAt: tx.now, closedBy: tx.by, ...(reason && { resolution: reason }) });
  },
};

const above = ({ severity }: Escalation): Escalation['severity'] =>
  SEVERITIES[Math.min(SEVERITIES.indexOf(severity) + 1, SEVERITIES.length - 1)]!;
