import type { Reply } from './replies.ts';

/** How long the terminal's line takes there and back, as far as it was measured. */
export interface RoundTrip {
  /** Asks once more, unless a question is under way, the last one was a moment ago, or the terminal never answers. */
  ask(): void;
  /**
   * Resolves when no answer is on its way any more, or will not be waited for. Before somebody else reads the terminal:
   * the shell would take the answer for something typed.
   */
  settled(): Promise<void>;
}

export interface RoundTripOptions {
  /** Where answers are taken out of what is read. */
  readonly replies: Reply[];
  readonly write: (query: string) => void;
  /** Ms of one round trip. */
  readonly onMeasured: (ms: number) => void;
  /** Ms on a clock that only goes forward. */
  readonly now?: () => number;
}

/** “Are you there?” (DSR): the shortest question that every terminal answers, by `ESC [ 0 n`. No key sends these bytes. */
const QUERY = '\u001B[5n';
const REPLY = /\u001B\[0n/;
/** Questions asked one after the other when the screen opens: a single one may have met a busy moment. */
const FIRST_ASKS = 3;
/** Ms between two questions later on. They follow what the person types, so that an idle line stays silent. */
const ASK_EVERY_MS = 10_000;
/** Ms after which a question counts as unanswered; a line that slow is no line. */
const ANSWER_MS = 8_000;
/** Ms that whoever wants the terminal waits for an answer to one: longer than a slow line takes, and no more than is bearable. */
const SETTLE_MS = 1_000;
/** Unanswered questions after which no more are asked. */
const UNANSWERED_MAX = 2;

/** Measures the line by questions that the terminal itself answers. */
export const measureRoundTrip = (options: RoundTripOptions): RoundTrip => {
  const { replies, write, onMeasured, now = () => performance.now() } = options;
  let askedAt = Number.NEGATIVE_INFINITY;
  let isOwed = false;
  let left = FIRST_ASKS;
  let unanswered = 0;
  let whenSettled: (() => void) | undefined;
  const isDue = (): boolean => isOwed && now() - askedAt < ANSWER_MS;
  const send = (): void => {
    askedAt = now();
    isOwed = true;
    unanswered++;
    write(QUERY);
  };
  const onReply = (): void => {
    isOwed = false;
    unanswered = 0;
    onMeasured(now() - askedAt);
    if (--left > 0) send();
    else whenSettled?.();
  };
  replies.push({ pattern: REPLY, isDue, onReply });
  return {
    ask() {
      const isSoon = left <= 0 && now() - askedAt < ASK_EVERY_MS;
      if (!isDue() && !isSoon && unanswered < UNANSWERED_MAX) send();
    },
    async settled() {
      left = 0;
      if (!isDue()) return;
      await new Promise<void>(resolve => {
        whenSettled = resolve;
        setTimeout(resolve, SETTLE_MS).unref();
      });
    },
  };
};
