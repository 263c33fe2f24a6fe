import fs from 'node:fs/promises';
import path from 'node:path';
import { GastownError } from '../common/errors.ts';
import { writeFileAtomic } from '../common/files.ts';
import type { TownContext } from './context.ts';
import { readLog } from './logs.ts';

/** Lines of its last output that go with a report. */
const OUTPUT_LINES = 200;

/**
 * Keeps what was seen of a polecat's session for whoever is to teach the town better: its screen, the state that was made
 * of it with its evidence, and its last output, in the form of a recorded screen. Answers where. Nothing is sent anywhere.
 */
export const saveWrong = async (context: TownContext, id: string): Promise<string> => {
  const polecat = context.ledger.data.polecats.get(id);
  const session = polecat?.session === undefined ? undefined : context.ledger.data.sessions.get(polecat.session);
  if (!polecat || !session) {
    throw new GastownError('not_found', `${id} has not had a session yet: there is nothing to keep of it.`);
  }
  const { world, paths } = context;
  const host = context.hostIfConnected();
  const seen = (await host?.list())?.find(one => one.id === session.id);
  const log = (raw: boolean) =>
    readLog(context, { kind: 'session', session: session.id, raw }, { lines: OUTPUT_LINES, feed: [] });
  const { keys: _, rows: __, ...terminal } = world.terminals.get(session.id) ?? { keys: undefined, rows: [] };
  const kept = {
    cli: session.agent,
    version: 'unknown',
    at: context.isoNow(),
    title: seen?.title?.text ?? '',
    ...(seen?.status && { status: seen.status }),
    screen: host && seen ? await host.screen(session.id) : [],
    shown: { polecat: polecat.state, agent: world.sessions.get(session.id)?.agent ?? 'unknown', terminal },
    ...(world.conversations.has(session.id) && { conversation: world.conversations.get(session.id) }),
    transcript: session.mode === 'wired' ? await log(false) : [],
    output: await log(true),
  };
  const name = `${session.agent}-${kept.at.replaceAll(/[:.]/g, '-')}.json`.replaceAll(/[^\w.-]/g, '_');
  const file = path.join(paths.wrong, name);
  await fs.mkdir(paths.wrong, { recursive: true, mode: 0o700 });
  await writeFileAtomic(file, `${JSON.stringify(kept, null, 2)}\n`);
  return file;
};
