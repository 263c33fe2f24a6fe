/** Reminders at the end of a turn before an agent may stop without a report: then the Witness looks after it. */
export const MAX_REMINDERS = 2;

/**
 * Whether a turn may end, from what the town knows: undefined when it may, else what the agent is told instead. CLIs have
 * counters of their own, which cannot be relied on (Gemini's `stop_hook_active` stayed false five times).
 */
export const whyRemind = (known: {
  /** It said what came of its work: done, failed, handed off, or asked for help. */
  readonly hasReported: boolean;
  /** It asked a person something that is still open: waiting is all it can do. */
  readonly isAsking: boolean;
  /** How often it was reminded in this session. */
  readonly times: number;
  readonly text: string;
}): string | undefined =>
  known.hasReported || known.isAsking || known.times >= MAX_REMINDERS ? undefined : known.text;

/**
 * What the hook at the end of a turn prints so that the agent goes on with `reason`. Claude Code, Codex, Gemini and Copilot
 * all read this form; the plugins for opencode and pi, which are ours, read it too.
 */
export const remindAnswer = (reason: string): string => JSON.stringify({ decision: 'block', reason });
