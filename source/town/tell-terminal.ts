import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { promptTerminal } from '../agents/prompt-terminal.ts';
import { writeFileAtomic } from '../common/files.ts';
import type { Session } from '../ledger/schema.ts';
import type { TownContext } from './context.ts';
import { sessionInbox } from './effects/sandbox.ts';
import { lookAtTerminal, rulesOf } from './terminals.ts';

/**
 * Tells an agent on a screen of its own something through its composer; a long text lies in a file of its session's
 * folder. Rejects, saying why, when it was not taken: the text is the caller's to keep. One prompt a session at a time.
 */
export const tellTerminal = async (context: TownContext, session: Session, text: string): Promise<void> => {
  const before = underWay.get(session.id) ?? Promise.resolve();
  const mine = before.then(() => tell(context, session, text));
  const settled = mine.then(nothing, nothing);
  underWay.set(session.id, settled);
  try {
    await mine;
  } finally {
    if (underWay.get(session.id) === settled) underWay.delete(session.id);
  }
};

/** Two prompts typed at once would become one text; the one before tells its own failure. */
const underWay = new Map<string, Promise<void>>();
const nothing = (): void => {};

const tell = async (context: TownContext, session: Session, text: string): Promise<void> => {
  const host = await context.host();
  await promptTerminal(text, {
    host,
    isKnown: rulesOf(context, session.agent).ready.length > 0,
    look: () => lookAtTerminal(context, host, session),
    async keep(long) {
      // A folder of the session's own that it sees in a sandbox too.
      const folder = sessionInbox(context.paths.sessionFiles(session.id));
      const file = path.join(folder, `prompt-${randomUUID()}.md`);
      await writeFileAtomic(file, `${long}\n`);
      return file;
    },
  });
};
