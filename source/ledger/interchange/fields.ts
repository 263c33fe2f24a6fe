/** Fields of an issue in the order in which Beads writes them, those of its Git era among them. Others follow by name. */
export const ISSUE_FIELDS: readonly string[] = [
  '_type',
  'id',
  'title',
  'description',
  'design',
  'acceptance_criteria',
  'notes',
  'spec_id',
  'status',
  'priority',
  'issue_type',
  'assignee',
  'owner',
  'estimated_minutes',
  'created_at',
  'created_by',
  'updated_at',
  'started_at',
  'closed_at',
  'close_reason',
  'closed_by_session',
  'lease_expires_at',
  'heartbeat_at',
  'due_at',
  'defer_until',
  'external_ref',
  'source_system',
  'metadata',
  'compaction_level',
  'compacted_at',
  'compacted_at_commit',
  'original_size',
  'labels',
  'dependencies',
  'comments',
  'deleted_at',
  'deleted_by',
  'delete_reason',
  'original_type',
  'sender',
  'ephemeral',
  'no_history',
  'wisp_type',
  'pinned',
  'is_template',
  'bonded_from',
  'creator',
  'validations',
  'quality_score',
  'crystallizes',
  'await_type',
  'await_id',
  'timeout',
  'waiters',
  'holder',
  'source_formula',
  'source_location',
  'hook_bead',
  'role_bead',
  'agent_state',
  'last_activity',
  'role_type',
  'rig',
  'mol_type',
  'work_type',
  'event_kind',
  'actor',
  'target',
  'payload',
  'dependency_count',
  'dependent_count',
  'comment_count',
  'parent',
];

export const DEPENDENCY_FIELDS: readonly string[] = [
  'issue_id',
  'depends_on_id',
  'type',
  'created_at',
  'created_by',
  'metadata',
  'thread_id',
];

export const COMMENT_FIELDS: readonly string[] = ['id', 'issue_id', 'author', 'text', 'created_at'];

/** Moments that the ledger keeps in UTC milliseconds. */
export const TIME_FIELDS: ReadonlySet<string> = new Set([
  'created_at',
  'updated_at',
  'started_at',
  'closed_at',
  'due_at',
  'defer_until',
  'deleted_at',
]);

/** Names that the ledger uses for itself: such a field of an issue is kept as text only. */
export const RESERVED_FIELDS: ReadonlySet<string> = new Set(['rev', 'town', 'as_written', '__proto__']);

/** Under `metadata`, or beside it where that is no object: what only this program knows of a bead. */
export const TOWN_FIELD = 'gastown';

/** Field names in their order: known ones first. */
export const inOrder = (names: Iterable<string>, order: readonly string[]): string[] => {
  const present = new Set(names);
  const known = order.filter(name => present.delete(name));
  return [...known, ...[...present].sort()];
};
