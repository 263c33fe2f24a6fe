import type { TerminalInput } from '../attach.ts';

/** What the terminal answers to a question of the screen. */
export interface Reply {
  readonly pattern: RegExp;
  /** The beginning of one at the end of a read, where no hand types such a thing: it waits for its rest. */
  readonly begun?: RegExp;
  /** Whether we are owed one: any other is for whoever has the terminal now and asked for it. */
  isDue(): boolean;
  /** Told what stands in the first group of the pattern. */
  onReply(text: string): void;
}

/** Ms that the beginning of an answer waits for its rest: a slow line may cut it in two. */
const HOLD_MS = 1_000;

/**
 * Takes answers of the terminal out of what is read before anybody else sees them: they are no keys, and while a person is
 * attached they would be typed into the agent's terminal. Returns what lets it be read as before.
 */
export const takeReplies = (stdin: TerminalInput, replies: readonly Reply[]): (() => void) => {
  const read = stdin.read;
  let held = '';
  let heldAt = 0;
  stdin.read = (size?: number): string | Buffer => {
    for (;;) {
      const chunk = read.call(stdin, size) as string | Buffer | null;
      if (typeof chunk !== 'string') return chunk as never;
      const due = replies.filter(reply => reply.isDue());
      // What was held back and is no answer after all was torn, and no key either.
      const whole = performance.now() - heldAt < HOLD_MS ? held + chunk : chunk;
      const goesOn = due.some(({ pattern, begun }) => pattern.test(whole) || begun?.test(whole));
      const text = due.reduce(without, goesOn ? whole : chunk);
      held = due.map(({ begun }) => begun?.exec(text)?.[0] ?? '').join('');
      heldAt = performance.now();
      const keys = text.slice(0, text.length - held.length);
      if (keys !== '') return keys;
    }
  };
  return () => {
    stdin.read = read;
  };
};

const without = (text: string, { pattern, onReply }: Reply): string => {
  const [answer, part = ''] = pattern.exec(text) ?? [];
  if (answer !== undefined) onReply(part);
  return text.replace(answer ?? '', '');
};
