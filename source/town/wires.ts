import { existsSync } from 'node:fs';
import type { Wire } from '../agents/wire/conversation.ts';
import { wireFiles } from '../agents/wire/journal.ts';
import type { UsageReport } from '../agents/wire/protocol.ts';
import { openWire } from '../agents/wire/wire.ts';
import type { Session } from '../ledger/schema.ts';
import { cliOf } from './agent-cli.ts';
import { TOWN_ACTOR, type TownContext } from './context.ts';

/** The conversations of this town's structured sessions. */
export interface Wires {
  get(session: string): Wire | undefined;
  /** Opens what runs, closes what is over. Conversations are those of `world.sessions` and the ledger. */
  follow(): Promise<void>;
  close(): Promise<void>;
}

/** Nothing is opened before `follow`. A conversation that cannot be opened is said in the log and tried again. */
export const createWires = (
  context: TownContext,
  onUsage: (session: string, reports: readonly UsageReport[], index: number) => void,
): Wires => {
  const open = new Map<string, Wire>();
  const { world, ledger } = context;

  const isAlive = (session: string): boolean => world.sessions.get(session)?.alive ?? false;

  const show = (session: Session, wire: Wire): void => {
    const { conversation } = wire;
    world.conversations.set(session.id, conversation);
    const known = ledger.data.sessions.get(session.id);
    if (conversation.id !== '' && known?.status !== 'ended' && known?.conversation !== conversation.id) {
      context
        .execute(TOWN_ACTOR, {
          type: 'session.conversation',
          payload: { id: session.id, conversation: conversation.id.slice(0, ID_CHARS) },
        })
        .catch(error => context.log.warn({ session: session.id, err: error }, 'the conversation was not recorded'));
    }
    context.changed();
    context.wake();
  };

  const begin = async (session: Session): Promise<void> => {
    const protocol = cliOf(context, session.agent)?.wired?.protocol;
    const dir = context.paths.sessionFiles(session.id);
    if (!protocol || !existsSync(wireFiles(dir).start)) return;
    let wire: Wire | undefined;
    wire = await openWire({
      dir,
      protocol,
      transcriptFile: context.paths.transcript(session.id),
      isAlive: () => isAlive(session.id),
      now: context.now,
      onChange: () => wire && show(session, wire),
      onUsage: (reports, index) => onUsage(session.id, reports, index),
      onError: error => context.log.warn({ session: session.id, err: error }, 'a conversation with an agent'),
    });
    open.set(session.id, wire);
    show(session, wire);
  };

  const end = async (id: string, wire: Wire): Promise<void> => {
    open.delete(id);
    await wire.close();
    world.conversations.delete(id);
  };

  return {
    get: session => open.get(session),
    async follow() {
      for (const session of ledger.data.sessions.values()) {
        if (session.mode !== 'wired' || session.status === 'ended') continue;
        if (!open.has(session.id) && isAlive(session.id)) await begin(session);
      }
      for (const [id, wire] of open) {
        if (ledger.data.sessions.get(id)?.status === 'ended') await end(id, wire);
      }
    },
    async close() {
      for (const [id, wire] of [...open]) await end(id, wire);
    },
  };
};

/** As the ledger takes it. */
const ID_CHARS = 200;
