import type { Reply } from './replies.ts';

/** Asks the terminal once what colour its background has. */
export interface BackgroundQuestion {
  /** Resolves when no answer is on its way any more, or will not be waited for: before somebody else reads the terminal. */
  settled(): Promise<void>;
}

export interface BackgroundOptions {
  /** Where answers are taken out of what is read. */
  readonly replies: Reply[];
  readonly write: (query: string) => void;
  /** Once at most, and never where the terminal says nothing in time. */
  readonly onAnswer: (background: 'light' | 'dark') => void;
  /** The terminal is one of tmux. */
  readonly inTmux?: boolean;
}

/** OSC 11 with a question mark. Terminals that do not know it are silent. */
const QUERY = '\u001B]11;?\u0007';
/** tmux answers by itself where it knows; else the question goes through it, as far as it lets things through. */
const THROUGH_TMUX = `\u001BPtmux;${QUERY.replaceAll('\u001B', '\u001B\u001B')}\u001B\\`;
/** Ms after which an answer changes nothing any more: nobody wants colours to change while they read. */
const ANSWER_MS = 1_500;
/** Ms that another reader of the terminal waits for it. */
const SETTLE_MS = 300;
/** Ms after which an answer is to somebody else's question: no line is that slow. */
const OWED_MS = 60_000;

const REPLY = /\u001B\]11;([^\u0007\u001B]{0,40})(?:\u0007|\u001B\\)/;
/** The beginning of one: its rest comes with the next read. No hand types this. */
const BEGUN = /\u001B\](?:1|11|11;[\da-f:/#rgb]{0,40}\u001B?)?$/i;

/** An answer is no key whenever it comes: a slow line may bring it long after it was of use, and in two pieces. */
export const askBackground = ({ replies, write, onAnswer, inTmux }: BackgroundOptions): BackgroundQuestion => {
  const askedAt = performance.now();
  const isWithin = (ms: number): boolean => performance.now() - askedAt <= ms;
  let owed = inTmux ? 2 : 1;
  let isOpen = true;
  let whenSettled: (() => void) | undefined;
  replies.push({
    pattern: REPLY,
    begun: BEGUN,
    isDue: () => owed > 0 && isWithin(OWED_MS),
    onReply(colour) {
      const background = brightnessOf(colour);
      if (isOpen && background !== undefined && isWithin(ANSWER_MS)) onAnswer(background);
      owed--;
      isOpen = false;
      whenSettled?.();
    },
  });
  write(inTmux ? QUERY + THROUGH_TMUX : QUERY);
  return {
    async settled() {
      if (!isOpen || !isWithin(ANSWER_MS)) return;
      await new Promise<void>(resolve => {
        whenSettled = resolve;
        setTimeout(resolve, SETTLE_MS).unref();
      });
    },
  };
};

/** From `rgb:ffff/ffff/dddd`, `rgb:ff/ff/dd` or `#ffffdd`; undefined for what is no colour. */
export const brightnessOf = (colour: string): 'light' | 'dark' | undefined => {
  const parts =
    /^rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})(?:\/[\da-f]{1,4})?$/i.exec(colour) ??
    /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(colour);
  if (!parts) return undefined;
  const [red, green, blue] = parts.slice(1).map(part => Number.parseInt(part, 16) / (16 ** part.length - 1));
  // As bright as it looks to the eye (ITU-R BT.709).
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue! > 0.5 ? 'light' : 'dark';
};
