import type { TerminalInput } from '../attach.ts';

/** How long the terminal's line takes there and back, as far as it was measured. */
export interface RoundTrip {
  /** Asks once more, unless a question is under way, the last one was a moment ago, or the terminal never answers. */
  ask(): void;
  /**
   * Resolves when no answer is on its way any more, or will not be waited for. Before somebody else reads the terminal:
   * the shell would take the answer for something typed.
   */
  settled(): Promise<void>;
  stop(): void;
}

export interface RoundTripOptions {
  readonly stdin: TerminalInput;
  readonly write: (query: string) => void;
  /** Ms of one round trip. */
  readonly onMeasured: (ms: number) => void;
  /** Ms on a clock that only goes forward. */
  readonly now?: () => number;
}

/** “Are you there?” (DSR): the shortest question that every terminal answers, by `ESC [ 0 n`. No key sends these bytes. */
const QUERY = '\u001B[5n';
const REPLY = '\u001B[0n';
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

/**
 * Measures the line by questions that the terminal itself answers. The answers are taken out of what is read before anybody
 * else sees it: they are no keys, and while a person is attached they would be typed into the agent's terminal.
 */
export const measureRoundTrip = (options: RoundTripOptions): RoundTrip => {
  const { stdin, write, onMeasured, now = () => performance.now() } = options;
  let askedAt: number | undefined;
  let lastAt = Number.NEGATIVE_INFINITY;
  let left = FIRST_ASKS;
  let unanswered = 0;
  let timeout: NodeJS.Timeout | undefined;
  let whenSettled: (() => void) | undefined;

  const send = (): void => {
    askedAt = now();
    lastAt = askedAt;
    timeout = setTimeout(() => {
      askedAt = undefined;
      unanswered++;
    }, ANSWER_MS).unref();
    write(QUERY);
  };
  const answered = (): void => {
    clearTimeout(timeout);
    const ms = now() - askedAt!;
    askedAt = undefined;
    unanswered = 0;
    onMeasured(ms);
    if (--left > 0) send();
    else whenSettled?.();
  };

  const read = stdin.read;
  stdin.read = (size?: number): string | Buffer => {
    for (;;) {
      const chunk = read.call(stdin, size) as string | Buffer | null;
      if (askedAt === undefined || typeof chunk !== 'string' || !chunk.includes(REPLY)) return chunk as string;
      answered();
      const rest = chunk.replace(REPLY, '');
      if (rest !== '') return rest;
    }
  };
  return {
    ask() {
      const isSoon = left <= 0 && now() - lastAt < ASK_EVERY_MS;
      if (askedAt === undefined && !isSoon && unanswered < UNANSWERED_MAX) send();
    },
    async settled() {
      left = 0;
      if (askedAt === undefined) return;
      await new Promise<void>(resolve => {
        whenSettled = resolve;
        setTimeout(resolve, SETTLE_MS).unref();
      });
    },
    stop() {
      clearTimeout(timeout);
      stdin.read = read;
    },
  };
};
