import { activeRig } from './rigs.ts';
import { assertNoSecret } from './texts.ts';
import { invalid, type Reducers } from './transaction.ts';

/** Typed on command lines and shown in rows. */
const KEY = /^[^\s\p{C}]{1,200}$/u;

export const memoryReducers: Reducers<'memory.remember' | 'memory.forget'> = {
  'memory.remember': (tx, { id, text, type, rig }) => {
    assertNoSecret(text, 'memory');
    if (typeof rig === 'string') activeRig(tx, rig);
    const said = {
      text,
      by: tx.by,
      at: tx.now,
      ...(type && { type }),
      ...(rig !== undefined && { rig: rig ?? undefined }),
    };
    if (id === undefined || !tx.find('memories', id)) {
      if (id !== undefined && !KEY.test(id))
        throw invalid('A memory’s key is one word without spaces.', 'Join words by dashes.');
      tx.create('memories', { id: id ?? tx.mintId('memories', 'mem'), ...said });
    } else {
      tx.update('memories', id, { ...said, forgottenAt: undefined, forgottenBy: undefined });
    }
  },

  'memory.forget': (tx, { id }) => {
    if (!tx.get('memories', id).forgottenAt) {
      tx.update('memories', id, { text: '', forgottenAt: tx.now, forgottenBy: tx.by });
    }
  },
};
