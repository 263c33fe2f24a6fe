import { existsSync } from 'node:fs';
import { safeLine } from '../../common/text.ts';
import type { TownContext } from '../context.ts';
import { feedLine } from '../logs.ts';
import type { FeedRow } from '../view.ts';
import type { LookMessage, SearchedFile } from './messages.ts';

/** Sessions whose logs are searched, the newest: more would take minutes, and `gastown log` has each. */
const SESSIONS_MAX = 200;

/** What a search across the fleet looks at: the newest sessions, the gates of every rig, and what is new in the feed. */
export const createSources = (
  { ledger, paths }: Pick<TownContext, 'ledger' | 'paths'>,
  feed: () => readonly FeedRow[],
): (() => LookMessage) => {
  let last: FeedRow | undefined;
  return () => {
    const rows = feed();
    const fresh = rows.slice(last === undefined ? 0 : rows.lastIndexOf(last) + 1);
    last = rows.at(-1);
    const sessions = [...ledger.data.sessions.values()]
      .sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
      .slice(-SESSIONS_MAX)
      .map(({ id, polecat, bead }): SearchedFile => {
        const name = safeLine(`${polecat.split('/').at(-1)} ${bead ?? ''}`).trim();
        const transcript = paths.transcript(id);
        return existsSync(transcript)
          ? { name, file: transcript, form: 'transcript' }
          : { name, file: paths.sessionLog(id), form: 'terminal' };
      });
    const gates = [...ledger.data.rigs.keys()].map(
      (rig): SearchedFile => ({ name: `gates ${rig}`, file: paths.gateLog(rig), form: 'terminal' }),
    );
    return { files: [...gates, ...sessions], texts: [{ name: 'events', lines: fresh.map(feedLine) }] };
  };
};
