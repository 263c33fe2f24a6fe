import type { Actor, CommandPayload, CommandType } from './commands.ts';
import { defaultReason } from './default-reason.ts';
import type { Write } from './frames.ts';
import { beadUpdateReducers } from './reduce/bead-update.ts';
import { beadReducers } from './reduce/beads.ts';
import { beadsConfigReducers } from './reduce/beads-config.ts';
import { compactionReducers } from './reduce/compaction.ts';
import { costReducers } from './reduce/costs.ts';
import { dependencyReducers } from './reduce/dependencies.ts';
import { dispatchReducers } from './reduce/dispatch.ts';
import { duplicateReducers } from './reduce/duplicates.ts';
import { escalationReducers } from './reduce/escalations.ts';
import { historyReducers } from './reduce/history.ts';
import { importReducers } from './reduce/import.ts';
import { integrationReducers } from './reduce/integrations.ts';
import { landingReducers } from './reduce/landing.ts';
import { mailReducers } from './reduce/mail.ts';
import { memoryReducers } from './reduce/memories.ts';
import { mergeReducers } from './reduce/merges.ts';
import { planReducers } from './reduce/plans.ts';
import { proposalReducers } from './reduce/proposals.ts';
import { quarantineReducers } from './reduce/quarantine.ts';
import { revertReducers } from './reduce/reverts.ts';
import { rigReducers } from './reduce/rigs.ts';
import { sessionReducers } from './reduce/sessions.ts';
import { syncReducers } from './reduce/sync.ts';
import { textReducers } from './reduce/texts.ts';
import { townReducers } from './reduce/town.ts';
import { beginTransaction, cutText, type ReduceContext, type Reducer, type Transaction } from './reduce/transaction.ts';
import { workReducers } from './reduce/work.ts';
import { type LedgerData, LIMITS } from './schema.ts';

export type { ReduceContext } from './reduce/transaction.ts';

/** A command whose payload was parsed by its schema, from an actor who may give it. */
export type ParsedCommand = {
  [T in CommandType]: {
    readonly type: T;
    readonly payload: CommandPayload<T>;
    readonly actor: Actor;
    readonly because?: string;
  };
}[CommandType];

/**
 * What a command changes: whole new records, each with the next `rev`, the command's subject first; none where
 * everything already is as asked. Pure: the same ledger, command and context give the same records.
 */
export const reduce = (data: LedgerData, command: ParsedCommand, context: ReduceContext): readonly Write[] => {
  const tx = beginTransaction(data, command.actor, context);
  (REDUCERS[command.type] as Reducer<never>)(tx, command.payload as never);
  const subject = tx.writes[0];
  if (!subject) return [];
  if (isExplained(command.type)) {
    const because = cutText(command.because ?? defaultReason(tx.actor), REASON_CHARS);
    for (const id of new Set([subject.id, ...tx.explained])) remember(tx, { id, action: command.type, because });
  }
  return tx.writes;
};

/** Characters of one reason. */
const REASON_CHARS = 1_000;

/** The reason for such a command is kept with the records that it is about. */
export const isExplained = (type: CommandType): boolean => !UNEXPLAINED.has(type);

/** Bookkeeping that explains nothing to anybody, and what brings its reasons with it. */
const UNEXPLAINED: ReadonlySet<CommandType> = new Set([
  'mail.deliver',
  'mail.read',
  'question.told',
  'usage.add',
  'usage.set',
  'sync.apply',
]);

const remember = (tx: Transaction, decision: { id: string; action: string; because: string }): void => {
  const { id, action, because } = decision;
  const known = tx.find('decisions', id);
  const entry = { at: tx.now, by: tx.by, action, because };
  if (known) tx.update('decisions', id, { entries: [...known.entries, entry].slice(-LIMITS.decisionEntries) });
  else tx.create('decisions', { id, entries: [entry] });
};

const REDUCERS: { readonly [T in CommandType]: Reducer<T> } = {
  ...townReducers,
  ...rigReducers,
  ...quarantineReducers,
  ...planReducers,
  ...proposalReducers,
  ...beadReducers,
  ...beadUpdateReducers,
  ...beadsConfigReducers,
  ...importReducers,
  ...dependencyReducers,
  ...dispatchReducers,
  ...sessionReducers,
  ...workReducers,
  ...mergeReducers,
  ...landingReducers,
  ...revertReducers,
  ...integrationReducers,
  ...costReducers,
  ...textReducers,
  ...mailReducers,
  ...duplicateReducers,
  ...escalationReducers,
  ...memoryReducers,
  ...historyReducers,
  ...compactionReducers,
  ...syncReducers,
};
