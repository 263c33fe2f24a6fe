import { hash } from 'node:crypto';
import type { CommandPayload } from '../commands.ts';
import { addUsage } from '../costs.ts';
import type { Cost } from '../schema.ts';
import { conflict, invalid, type Reducers, type Transaction } from './transaction.ts';

type Entry = CommandPayload<'usage.set'>['entries'][number];

export const costReducers: Reducers<'usage.add' | 'usage.set' | 'budget.set'> = {
  'usage.add': (tx, { log, offset, entries }) => {
    for (const entry of entries) {
      const upto = tx.find('costs', costId(entry, entry.source))?.upto;
      if (upto?.log === log && upto.offset >= offset) {
        throw conflict(`What ${entry.session} used up to ${offset} is counted already.`);
      }
    }
    for (const entry of entries) {
      const id = costId(entry, entry.source);
      const known = tx.find('costs', id);
      const counts = known ? sum(known, entry) : countsOf(entry);
      write(tx, { ...placeOf(tx, entry), ...counts, id, source: entry.source, upto: { log, offset } });
    }
  },

  'usage.set': (tx, { entries }) => {
    for (const entry of entries) {
      const id = costId(entry, 'transcript');
      const known = tx.find('costs', id);
      if (known && known.calls === entry.calls && known.nanos === entry.nanos) continue;
      write(tx, { ...placeOf(tx, entry), ...countsOf(entry), id, source: 'transcript' });
    }
  },

  'budget.set': (tx, { scope, usd, letStop }) => {
    if (!SCOPES.has(scope) && !/^day:\d{4}-\d\d-\d\d$/.test(scope) && !tx.find('convoys', scope))
      tx.get('beads', scope);
    const town = tx.get('town', 'town');
    const { [scope]: before, ...others } = town.budgets ?? {};
    if (usd === null) {
      if (!before) throw invalid(`No budget was set for ${scope}.`, 'Those of town.toml are changed there.');
      tx.update('town', 'town', { budgets: Object.keys(others).length > 0 ? others : undefined });
      return;
    }
    const set = { usd, at: tx.now, by: tx.by, ...(letStop && { letStop }) };
    tx.update('town', 'town', { budgets: { ...others, [scope]: set } });
  },
};

const SCOPES: ReadonlySet<string> = new Set(['bead', 'convoy', 'day', 'town']);

/** One record for each session, source, day and model. Names of models may hold anything, ids may not be long. */
const costId = (entry: Pick<Entry, 'session' | 'day' | 'model'>, source: Cost['source']): string =>
  `${entry.session}.${source}.${entry.day}.${hash('sha256', entry.model).slice(0, MODEL_CHARS)}`;

/** Of the hash of a model's name: a session speaks with a handful of them. */
const MODEL_CHARS = 12;

const placeOf = (tx: Transaction, { session: id, model, day }: Entry) => {
  const session = tx.get('sessions', id);
  const convoy = tx.find('beads', session.bead)?.town.convoy;
  const { bead, polecat, rig, agent } = session;
  return { session: id, bead, polecat, rig, agent, model, day, at: tx.now, ...(convoy !== undefined && { convoy }) };
};

const countsOf = ({ calls, usage, nanos, unpriced }: Entry) => ({ calls, usage, nanos, unpriced });

const sum = (known: Cost, entry: Entry) => ({
  calls: known.calls + entry.calls,
  usage: addUsage(known.usage, entry.usage),
  nanos: known.nanos + entry.nanos,
  unpriced: known.unpriced + entry.unpriced,
});

const write = (tx: Transaction, record: Omit<Cost, 'rev'> & { id: string }): void => {
  if (tx.find('costs', record.id)) tx.update('costs', record.id, record);
  else tx.create('costs', record as Cost);
};
