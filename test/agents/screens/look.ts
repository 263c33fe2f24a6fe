import type { TerminalLook } from '../../../source/agents/prompt-terminal.ts';
import { type TerminalState, terminalState } from '../../../source/agents/screens/layers.ts';
import type { ScreenRules } from '../../../source/agents/screens/rules.ts';
import type { TestHost } from '../support.ts';

/** Looks at a session's terminal as the town does, remembering what it saw before. */
export const looker = (host: TestHost, id: string, rules: ScreenRules): (() => Promise<TerminalLook>) => {
  let before: TerminalState | undefined;
  return async () => {
    const rows = await host.client.screen(id);
    const seen = await host.seen(id);
    const { status, title, lastOutputAt } = seen;
    const sight = {
      rows,
      ...(status && { status }),
      ...(title && { title }),
      ...(lastOutputAt !== undefined && { lastOutputAt }),
    };
    before = terminalState(sight, { rules, before, now: Date.now() });
    return { ...before, rows, seen };
  };
};
