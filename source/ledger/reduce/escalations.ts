import { type Escalation, HELP_SEVERITIES, SEVERITIES } from '../schema.ts';
import { conflict, type Reducers } from './transaction.ts';

export const escalationReducers: Reducers<
  'escalation.open' | 'escalation.acknowledge' | 'escalation.climb' | 'escalation.remind' | 'escalation.close'
> = {
  'escalation.open': (tx, { severity, category, title, body, subject, key }) => {
    if (key !== undefined) {
      for (const escalation of tx.data.escalations.values()) if (escalation.key === key && !escalation.closedAt) return;
    }
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
