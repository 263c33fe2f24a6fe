import { conflict, type Reducers, type Transaction } from './transaction.ts';

const TOWN = 'town';

export const townReducers: Reducers<
  'town.create' | 'town.estop' | 'town.thaw' | 'town.dispatch' | 'town.dog' | 'merge.pause' | 'merge.resume'
> = {
  'town.create': (tx, { name }) => {
    tx.create('town', { id: TOWN, name, createdAt: tx.now, mergePaused: {} });
  },

  'town.estop': (tx, { reason }) => {
    if (tx.get('town', TOWN).estop) return;
    tx.update('town', TOWN, { estop: { at: tx.now, by: tx.by, reason } });
  },

  'town.thaw': tx => {
    if (tx.get('town', TOWN).estop) tx.update('town', TOWN, { estop: undefined });
  },

  'town.dispatch': (tx, { paused }) => {
    if (tx.get('town', TOWN).dispatchPaused?.reason === paused) return;
    tx.update('town', TOWN, {
      dispatchPaused: paused === undefined ? undefined : { at: tx.now, reason: paused },
    });
  },

  'town.dog': (tx, { dog, off }) => {
    const { [dog]: known, ...others } = tx.get('town', TOWN).dogsOff ?? {};
    if (off === (known !== undefined)) return;
    tx.update('town', TOWN, { dogsOff: off ? { ...others, [dog]: { at: tx.now, by: tx.by } } : others });
    tx.explain(dog);
  },

  'merge.pause': (tx, { rig }) => {
    tx.get('rigs', rig);
    const { mergePaused } = tx.get('town', TOWN);
    if (mergePaused[rig]) return;
    tx.update('town', TOWN, { mergePaused: { ...mergePaused, [rig]: { at: tx.now, by: tx.by } } });
    tx.explain(rig);
  },

  'merge.resume': (tx, { rig }) => {
    const { [rig]: paused, ...others } = tx.get('town', TOWN).mergePaused;
    if (!paused) return;
    tx.update('town', TOWN, { mergePaused: others });
    tx.explain(rig);
  },
};

/** Under the emergency stop nothing is dispatched, started or landed, whatever a role decided a moment ago. */
export const assertNotStopped = (tx: Transaction): void => {
  const estop = tx.find('town', TOWN)?.estop;
  if (estop) throw conflict(`The town is stopped: ${estop.reason}.`, 'Thaw it first: gastown thaw.');
};

export const assertMergesNotPaused = (tx: Transaction, rig: string): void => {
  const paused = tx.find('town', TOWN)?.mergePaused[rig];
  if (paused) throw conflict(`The merge queue of ${rig} is paused by ${paused.by}.`, 'Resume it first.');
};
