import type { CommandPayload } from '../commands.ts';
import { gateRefusal } from '../gate-beads.ts';
import { blockedBy } from '../ready.ts';
import type { Bead, BeadTown } from '../schema.ts';
import { isKnownStatus, statusWords } from '../vocabulary.ts';
import { assertFree, closeBead, closeParkEscalation, liveBead, updateBead } from './bead-records.ts';
import { assertNoCircle } from './dependencies.ts';
import { assertNoSecret } from './texts.ts';
import { conflict, invalid, type Patch, type Reducers, type Transaction } from './transaction.ts';

export const beadUpdateReducers: Reducers<'bead.update'> = {
  'bead.update': (tx, { id, baseRev, set }) => {
    const bead = liveBead(tx, id);
    if (baseRev !== undefined && baseRev !== bead.rev) {
      throw conflict(
        `${id} has changed: it is at revision ${bead.rev}, not ${baseRev}.`,
        'Read it again and repeat the change.',
      );
    }
    for (const text of [set.design, set.notes, set.appendNotes]) if (text) assertNoSecret(text, 'text');
    const { status, assignee, agent, parent, ...fields } = set;
    const patch = fieldsPatch(bead, fields);
    if (agent !== undefined) patch.town = { ...bead.town, agent: agent ?? undefined };
    const ends = status === 'closed' && bead.status !== 'closed';
    if (status !== undefined && status !== bead.status && !ends) {
      Object.assign(patch, statusPatch(tx, bead, { status, patch }));
    }
    if (assignee !== undefined && (assignee ?? undefined) !== bead.assignee) {
      assertFree(tx, bead, 'be given to somebody else');
      patch.assignee = assignee ?? undefined;
    }
    if (parent !== undefined) patch.dependencies = underParent(tx, bead, parent);
    if (Object.keys(patch).length > 0 || !ends) updateBead(tx, id, patch);
    if (ends) {
      assertFree(tx, bead, 'be closed');
      assertClosable(tx, tx.get('beads', id));
      closeBead(tx, id, { reason: bead.close_reason ?? 'Closed' });
    }
  },
};

/** Refuses to close what waits for something that is not closed, and a gate whose condition nobody may declare fulfilled. */
export const assertClosable = (tx: Transaction, bead: Bead): void => {
  const hint = (first: string): string =>
    tx.actor.role === 'operator' ? `${first}, or repeat with --force.` : `${first}.`;
  const gate = gateRefusal(tx.data, bead, Date.parse(tx.now));
  if (gate) throw conflict(gate, hint('It closes by itself when `bd gate check` finds it so'));
  const open = openBlockers(tx, bead);
  if (open.length === 0) return;
  throw conflict(
    `${bead.id} depends on ${open.join(', ')}, which ${open.length === 1 ? 'is' : 'are'} not closed.`,
    hint('Close them first'),
  );
};

/** What a closed bead loses when it is open again; its convoy goes on with it. */
export const reopened = (tx: Transaction, bead: Bead): Patch<Bead> => {
  const convoy = bead.town.convoy === undefined ? undefined : tx.find('convoys', bead.town.convoy);
  if (convoy?.status === 'landed') tx.update('convoys', convoy.id, { status: 'approved', endedAt: undefined });
  return {
    closed_at: undefined,
    close_reason: undefined,
    closed_by_session: undefined,
    assignee: undefined,
    town: { ...bead.town, landed_sha: undefined, respawns: 0, reworks: 0 } as BeadTown,
  };
};

type PlainFields = Omit<CommandPayload<'bead.update'>['set'], 'status' | 'assignee' | 'agent' | 'parent'>;

const fieldsPatch = (bead: Bead, set: PlainFields): Patch<Bead> => {
  const { labels, addLabels, removeLabels, setMetadata, unsetMetadata, appendNotes, ...fields } = set;
  const patch: Patch<Bead> = {};
  for (const [field, value] of Object.entries(fields)) {
    if (value !== undefined) patch[field] = value === null ? undefined : value;
  }
  if (labels || addLabels || removeLabels) {
    const all = [...new Set([...(labels ?? bead.labels ?? []), ...(addLabels ?? [])])];
    const left = all.filter(label => !removeLabels?.includes(label));
    patch.labels = left.length > 0 ? left : undefined;
  }
  if (appendNotes !== undefined) {
    const notes = 'notes' in patch ? patch.notes : bead.notes;
    patch.notes = notes ? `${notes}\n\n${appendNotes}` : appendNotes;
  }
  if (setMetadata || unsetMetadata) {
    const known = 'metadata' in patch ? patch.metadata : bead.metadata;
    patch.metadata = metadataWith(bead.id, known, { set: setMetadata, unset: unsetMetadata });
  }
  return patch;
};

const metadataWith = (
  id: string,
  metadata: unknown,
  { set = {}, unset = [] }: { set?: object | undefined; unset?: readonly string[] | undefined },
): unknown => {
  if (metadata !== undefined && metadata !== null && (typeof metadata !== 'object' || Array.isArray(metadata))) {
    throw invalid(`The metadata of ${id} is no object and has no keys.`, 'Set it as a whole.');
  }
  const entries = Object.entries({ ...metadata, ...set }).filter(([key]) => !unset.includes(key));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
};

const statusPatch = (
  tx: Transaction,
  bead: Bead,
  { status, patch }: { status: string; patch: Patch<Bead> },
): Patch<Bead> => {
  if (status === 'hooked' || status === 'tombstone') {
    throw invalid(`A bead cannot be made ${status} by hand.`, status === 'hooked' ? 'Sling it.' : 'Delete it.');
  }
  if (!isKnownStatus(tx.data, status)) {
    throw invalid(`There is no status "${status}" here.`, `Known are ${statusWords(tx.data).join(', ')}.`);
  }
  assertFree(tx, bead, `become ${status}`);
  if (bead.town.parked) closeParkEscalation(tx, bead.id);
  const back = bead.status === 'closed' ? reopened(tx, bead) : {};
  const town = { ...bead.town, ...back.town, ...patch.town, parked: undefined } as BeadTown;
  return {
    ...back,
    status,
    ...(status === 'in_progress' && !bead.started_at && { started_at: tx.now }),
    ...((bead.town.parked || back.town) && { town }),
  };
};

/** Its dependencies with this parent in place of the ones it has; the order of the others stays. */
const underParent = (tx: Transaction, bead: Bead, parent: string | null): Bead['dependencies'] => {
  const others = (bead.dependencies ?? []).filter(edge => edge.type !== 'parent-child');
  if (parent === null) return others.length > 0 ? others : undefined;
  if (parent === bead.id) throw invalid(`${bead.id} cannot be its own parent.`);
  liveBead(tx, parent);
  const known = bead.dependencies?.find(edge => edge.type === 'parent-child' && edge.depends_on_id === parent);
  if (known) return [...others, known];
  const clash = others.find(edge => edge.depends_on_id === parent);
  if (clash) {
    throw conflict(
      `${bead.id} already depends on ${parent} (${clash.type}).`,
      'Remove that dependency first: a parent cannot also be what it waits for.',
    );
  }
  const edge = {
    issue_id: bead.id,
    depends_on_id: parent,
    type: 'parent-child',
    created_at: tx.now,
    created_by: tx.by,
  };
  assertNoCircle(tx, edge);
  return [...others, edge];
};

const openBlockers = (tx: Transaction, bead: Bead): string[] => {
  const held = new Set(
    (bead.dependencies ?? []).filter(edge => edge.type === 'blocks').map(edge => edge.depends_on_id),
  );
  return blockedBy(tx.data, bead).filter(id => held.has(id));
};
