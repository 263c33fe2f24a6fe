import type { Attachment, LogSource, OperatorIntent, Outcome, TownHandle, TownView } from '../../source/town/view.ts';

/** A town for component tests only: it answers from what a test gave it and remembers what it was asked. */
export const createFakeTown = (first: TownView) => {
  let view = first;
  const listeners = new Set<() => void>();
  const logListeners = new Set<() => void>();
  const asked: OperatorIntent[] = [];
  const logs = new Map<string, readonly string[]>();
  let outcome: (intent: OperatorIntent) => Outcome | Promise<Outcome> = intent => ({
    ok: true,
    message: `done: ${intent.type}`,
  });
  let attachment: Attachment | Outcome = { ok: false, message: 'There is nothing to attach to.' };

  const handle: TownHandle = {
    getView: () => view,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async dispatch(intent) {
      asked.push(intent);
      return outcome(intent);
    },
    readLog: async source => logs.get(logKey(source)) ?? [],
    followLog(_source, listener) {
      logListeners.add(listener);
      return () => logListeners.delete(listener);
    },
    diff: async merge => [`diff of ${merge}`, '@@ -1 +1 @@', '-old line', '+new line'],
    why: async subject => [`why ${subject}`, 'because it was ready'],
    attach: async () => attachment,
  };

  return {
    handle,
    asked,
    /** Shows another view, as a refresh of the town would. */
    show(next: TownView) {
      view = next;
      for (const listener of listeners) listener();
    },
    view: () => view,
    answerWith(answer: typeof outcome) {
      outcome = answer;
    },
    attachTo(next: Attachment | Outcome) {
      attachment = next;
    },
    writeLog(source: LogSource, lines: readonly string[]) {
      logs.set(logKey(source), lines);
      for (const listener of logListeners) listener();
    },
    listeners: () => listeners.size + logListeners.size,
  };
};

const logKey = (source: LogSource): string => JSON.stringify(source);
