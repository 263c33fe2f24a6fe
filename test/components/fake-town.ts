import type {
  Attachment,
  LogSource,
  OperatorIntent,
  Outcome,
  PastMoment,
  Review,
  TownHandle,
  TownView,
  UndoOffer,
} from '../../source/town/view.ts';
import { exampleReview } from './fixtures/review.ts';

type PastRequest = Parameters<TownHandle['past']>[0];

/** A town for component tests only: it answers from what a test gave it and remembers what it was asked. */
export const createFakeTown = (first: TownView) => {
  let view = first;
  const listeners = new Set<() => void>();
  const logListeners = new Set<() => void>();
  const asked: OperatorIntent[] = [];
  const reviews = new Map<string, Review | Outcome>();
  const logs = new Map<string, readonly string[]>();
  const saved: { source: LogSource; file: string }[] = [];
  let outcome: (intent: OperatorIntent) => Outcome | Promise<Outcome> = intent => ({
    ok: true,
    message: `done: ${intent.type}`,
  });
  let attachment: Attachment | Outcome = { ok: false, message: 'There is nothing to attach to.' };

  const offers: { undo?: UndoOffer; redo?: UndoOffer; before?: UndoOffer } = {};
  let past: (request: PastRequest) => PastMoment | Outcome = () => ({
    ok: false,
    message: 'This town has no past yet.',
  });

  const handle: { -readonly [K in keyof TownHandle]: TownHandle[K] } = {
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
    async saveLog(source, file) {
      saved.push({ source, file });
      return { ok: true, message: `3 lines saved in ${file}` };
    },
    followLog(_source, listener) {
      logListeners.add(listener);
      return () => logListeners.delete(listener);
    },
    review: async merge => reviews.get(merge) ?? exampleReview({ merge }),
    why: async subject => [`why ${subject}`, 'because it was ready'],
    history: async subject => [`2026-11-23T12:00:00.000Z  operator  bead.create ${subject}`],
    planUndo: async (way, before) =>
      (before === undefined ? offers[way] : offers.before) ?? {
        ok: false,
        message: 'There is nothing of yours to take back.',
      },
    past: async request => past(request),
    attach: async () => attachment,
  };

  return {
    handle,
    asked,
    saved,
    /** Shows another view, as a refresh of the town would. */
    show(next: TownView) {
      view = next;
      for (const listener of listeners) listener();
    },
    view: () => view,
    answerWith(answer: typeof outcome) {
      outcome = answer;
    },
    offer(next: UndoOffer) {
      offers[next.way] = next;
    },
    rememberBy(next: typeof past) {
      past = next;
    },
    reviewBy(merge: string, review: Review | Outcome) {
      reviews.set(merge, review);
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
