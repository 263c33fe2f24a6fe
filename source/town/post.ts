import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { GastownError } from '../common/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';

/** A line to a live session. It is for now or never: nothing of it is kept in the ledger. */
export interface Nudge {
  readonly id: string;
  readonly text: string;
  readonly from: string;
  /** Ms since the epoch. */
  readonly at: number;
  /** Not shown after this. */
  readonly until: number;
  readonly urgent: boolean;
  /** Typed into the session when it is quiet, unless its agent picks it up before. */
  readonly whenIdle: boolean;
}

/** How long a nudge is worth something. */
export const NUDGE_TTL_MS = 30 * 60_000;
export const URGENT_NUDGE_TTL_MS = 2 * 3_600_000;
/** Nudges waiting for one session: past this somebody talks to an agent that does not listen. */
export const NUDGES_MAX = 50;
/** Characters of one: a longer text is mail. */
export const NUDGE_CHARS = 2_000;

/** What the town tells sessions in passing. Kept in a small file beside the ledger, so that a restart loses none of it. */
export interface Post {
  load(): Promise<void>;
  /** Rejects with `conflict` when too many wait for the session already. */
  nudge(session: string, nudge: { text: string; from: string; urgent?: boolean; whenIdle?: boolean }): Promise<Nudge>;
  /** Takes what waits for a session, the urgent first. */
  drain(session: string): Promise<readonly Nudge[]>;
  /** What waits, by session. Empty until the file was read. */
  waiting(): ReadonlyMap<string, readonly Nudge[]>;
  /** The session is over: nobody is left to be told. */
  drop(session: string): Promise<void>;
  /** Counts one more reminder to report, and answers how many there were; those of sessions that are over are let go. */
  countReminder(session: string, isLive: (id: string) => boolean): Promise<number>;
  /** How often a session was reminded to report when its turn ended. */
  reminders(session: string): Promise<number>;
  /** How often each message was put before its reader. */
  timesShown(): Promise<ReadonlyMap<string, number>>;
  /** These were shown once more; counts of messages that `isUnread` no longer knows are let go. */
  countShown(mail: readonly string[], isUnread: (id: string) => boolean): Promise<void>;
}

export const createPost = (options: {
  file: string;
  now: () => number;
  /** Told when the file makes no sense: what waited is lost, and nothing else. */
  onUnreadable: (error: unknown) => void;
}): Post => {
  const { file, now, onUnreadable } = options;
  const queues = new Map<string, Nudge[]>();
  const shown = new Map<string, number>();
  const reminded = new Map<string, number>();
  let loading: Promise<void> | undefined;
  let writing: Promise<void> = Promise.resolve();
  let isDirty = false;

  const load = () => (loading ??= read());
  const read = async () => {
    const text = await readFileIfPresent(file);
    if (text === undefined) return;
    try {
      const state = stateSchema.parse(JSON.parse(text));
      for (const [session, nudges] of Object.entries(state.nudges)) queues.set(session, nudges);
      for (const [mail, times] of Object.entries(state.shown)) shown.set(mail, times);
      for (const [session, times] of Object.entries(state.reminded)) reminded.set(session, times);
    } catch (error) {
      onUnreadable(error);
    }
  };

  /** Resolves when what is known now is on disk; changes that come while it is written share the next write. */
  const save = (): Promise<void> => {
    if (!isDirty) {
      isDirty = true;
      writing = writing.catch(() => undefined).then(write);
    }
    return writing;
  };
  const write = async () => {
    isDirty = false;
    const state = {
      nudges: Object.fromEntries(queues),
      shown: Object.fromEntries(shown),
      reminded: Object.fromEntries(reminded),
    };
    await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFileAtomic(file, JSON.stringify(state));
  };

  const live = (session: string): Nudge[] => (queues.get(session) ?? []).filter(nudge => nudge.until > now());

  return {
    load,
    async nudge(session, { text, from, urgent = false, whenIdle = false }) {
      await load();
      if (text.length > NUDGE_CHARS) {
        throw new GastownError('invalid', `A nudge of ${text.length} characters is too long; ${NUDGE_CHARS} at most.`, {
          hint: 'Send it as mail.',
        });
      }
      const queue = live(session);
      if (queue.length >= NUDGES_MAX) {
        throw new GastownError('conflict', `${NUDGES_MAX} nudges wait for this session already: it does not listen.`, {
          hint: 'Look at its log, or send mail.',
        });
      }
      const until = now() + (urgent ? URGENT_NUDGE_TTL_MS : NUDGE_TTL_MS);
      const nudge = { id: randomBytes(4).toString('hex'), text, from, at: now(), until, urgent, whenIdle };
      queues.set(session, [...queue, nudge]);
      await save();
      return nudge;
    },
    async drain(session) {
      await load();
      const nudges = live(session);
      if (queues.delete(session)) await save();
      return nudges.sort((a, b) => Number(b.urgent) - Number(a.urgent) || a.at - b.at);
    },
    waiting() {
      return new Map([...queues.keys()].map(session => [session, live(session)]));
    },
    async drop(session) {
      if (queues.delete(session)) await save();
    },
    async countReminder(session, isLive) {
      await load();
      for (const id of reminded.keys()) if (!isLive(id)) reminded.delete(id);
      const times = (reminded.get(session) ?? 0) + 1;
      reminded.set(session, times);
      await save();
      return times;
    },
    async reminders(session) {
      await load();
      return reminded.get(session) ?? 0;
    },
    async timesShown() {
      await load();
      return shown;
    },
    async countShown(mail, isUnread) {
      await load();
      for (const id of shown.keys()) if (!isUnread(id)) shown.delete(id);
      for (const id of mail) shown.set(id, (shown.get(id) ?? 0) + 1);
      await save();
    },
  };
};

const nudgeSchema = z.object({
  id: z.string(),
  text: z.string(),
  from: z.string(),
  at: z.number(),
  until: z.number(),
  urgent: z.boolean(),
  whenIdle: z.boolean(),
});
const stateSchema = z.object({
  nudges: z.record(z.string(), z.array(nudgeSchema)).default({}),
  shown: z.record(z.string(), z.number()).default({}),
  reminded: z.record(z.string(), z.number()).default({}),
});
