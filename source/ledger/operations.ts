import { GastownError } from '../common/errors.ts';
import type { Command, Receipt } from './commands.ts';
import type { Entry } from './frames.ts';
import type { Operation } from './meta.ts';

/** Operation ids remembered: a retry comes within seconds, and a thousand clients may retry at once. */
const REMEMBERED = 5_000;
/** Of these, kept in each commit's meta.json for the time after a restart; every commit pays for them. */
const COMMITTED = 50;

/** Remembers which operation ids were executed, so that a retry is harmless. */
export interface Operations {
  /** Runs a command unless its operation id was seen: then the first receipt, also while the first is still under way. */
  once(command: Command, run: () => Promise<Receipt>): Promise<Receipt>;
  /** A durable entry and what it did. */
  remember(entry: Pick<Entry, 'opId' | 'type'>, receipt: Pick<Receipt, 'seq' | 'written'>): void;
  restore(operations: readonly Operation[]): void;
  /** The newest ones, for the next commit. */
  newest(): Operation[];
}

export const createOperations = (): Operations => {
  const done = new Map<string, Operation>();
  const underWay = new Map<string, Promise<Receipt>>();

  const add = (operation: Operation) => {
    done.delete(operation.op);
    done.set(operation.op, operation);
    if (done.size > REMEMBERED) done.delete(done.keys().next().value!);
  };

  return {
    async once(command, run) {
      const { opId, type } = command;
      if (opId === undefined) return run();
      const known = done.get(opId);
      if (known && known.type !== type) {
        throw new GastownError('conflict', `The operation id ${opId} was used for ${known.type} before.`, {
          hint: 'Use a new id for each command.',
        });
      }
      if (known) return { seq: known.seq, written: known.written, replayed: true };
      const first = underWay.get(opId);
      if (first) return { ...(await first), replayed: true };
      // `run` may throw before it returns a promise: the retry then checks the command anew.
      const running = run();
      underWay.set(opId, running);
      try {
        return await running;
      } finally {
        underWay.delete(opId);
      }
    },
    remember({ opId, type }, { seq, written }) {
      if (opId !== undefined) add({ op: opId, type, seq, written: [...written] });
    },
    restore(operations) {
      for (const operation of operations) add(operation);
    },
    newest: () => [...done.values()].slice(-COMMITTED),
  };
};
