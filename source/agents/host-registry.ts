import fs from 'node:fs';
import path from 'node:path';
import { bootId, endRemains } from './process.ts';
import type { HostSession } from './protocol.ts';

/**
 * The host's memory of its sessions beyond its own life, `<runDir>/sessions.json`: exit codes outlive a host that ended
 * for want of work, and what a killed host left behind is found by its successor. Not synced to disk: after a power cut
 * no process of it lives, and the town calls such sessions lost.
 */
export const sessionRegistry = (runDir: string) => {
  const file = path.join(runDir, 'sessions.json');
  return {
    save(sessions: readonly HostSession[]): void {
      const temporary = `${file}.${process.pid}.tmp`;
      fs.writeFileSync(temporary, JSON.stringify({ boot: bootId(), sessions }), { mode: 0o600 });
      fs.renameSync(temporary, file);
    },

    /**
     * Sessions of the previous host, all ended by now: its terminals are gone with it. Processes that ignored the
     * hang-up are killed, or they would go on writing in a checkout that is given to the next session.
     */
    takeOver(): HostSession[] {
      const saved = readRegistry(file);
      if (!saved || saved.boot !== bootId()) return [];
      for (const session of saved.sessions) {
        if (session.alive && session.startTime > 0) endRemains(session);
      }
      return saved.sessions.map(session =>
        session.alive ? { ...session, alive: false, endedAt: Date.now(), attached: 0, inputPending: 0 } : session,
      );
    },
  };
};

export type SessionRegistry = ReturnType<typeof sessionRegistry>;

/** What cannot be read is no memory: the ledger, not this file, is the truth. */
const readRegistry = (file: string): { boot: string; sessions: HostSession[] } | undefined => {
  try {
    const value = JSON.parse(fs.readFileSync(file, 'utf8'));
    return Array.isArray(value?.sessions) ? value : undefined;
  } catch {
    return undefined;
  }
};
