import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { GastownError } from '../common/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';
import { safeLine } from '../common/text.ts';

/** Holding it means: no other process writes this town. */
export interface TownLock {
  /** Gives the town free. Idempotent. */
  release(): Promise<void>;
}

/**
 * Takes the town for this process, or rejects at once with `town_locked`, naming the holder. The kernel holds the lock
 * and frees it when the process ends in whatever way; a pid file would outlive a `kill -9` and block the next start.
 * `purpose` is said to whoever is refused: `screen`, `run`.
 */
export const acquireTownLock = async (dir: string, options: { purpose: string }): Promise<TownLock> => {
  const town = await fs.realpath(dir);
  const holderFile = path.join(town, HOLDER_FILE);
  const held = await lockBySqlite(path.join(town, LOCK_FILE)).catch(async error => {
    if (error !== LOCKED) throw error;
    throw lockedError(town, await readHolder(holderFile));
  });
  const unlock = held ?? (await lockBySocket(town, holderFile));
  try {
    await writeFileAtomic(
      holderFile,
      `${JSON.stringify({ pid: process.pid, host: os.hostname(), purpose: options.purpose, since: new Date().toISOString() })}\n`,
    );
  } catch (error) {
    // On a full disk the town opens all the same, so that a person sees what is wrong; the note is for information only.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') {
      await unlock();
      throw new GastownError('disk', `The town's folder takes no writes: ${(error as Error).message}`, {
        hint: `Check who may write to ${town}.`,
        cause: error,
      });
    }
  }
  let released: Promise<void> | undefined;
  return {
    release: () => (released ??= fs.rm(holderFile, { force: true }).finally(unlock)),
  };
};

/** Locked by SQLite: see `lockBySqlite`. Nothing else in this process may open and close this file, which would drop the lock (POSIX). */
const LOCK_FILE = 'town.lock';
/** For people only: never looked at to decide whether the town is held. */
const HOLDER_FILE = 'town.holder.json';
const LOCKED = Symbol('locked');
const SQLITE_BUSY = 5;

type Unlock = () => Promise<void>;

/** Undefined where this Node has no SQLite (before 22.13); rejects with `LOCKED` when another holds it. */
const lockBySqlite = async (file: string): Promise<Unlock | undefined> => {
  const sqlite = loadSqlite();
  if (!sqlite) return undefined;
  let database: DatabaseSync | undefined;
  try {
    database = new sqlite.DatabaseSync(file);
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) throw LOCKED;
    throw new GastownError('disk', `The town's lock cannot be taken: ${(error as Error).message}`, {
      hint: `Check that ${file} can be written and lies on a disk that supports file locks.`,
      cause: error,
    });
  }
  const open = database;
  return async () => open.close();
};

/** `node:sqlite` warns that it is experimental each time a process loads it; that one warning is kept from the screen, all others pass. */
const loadSqlite = (): typeof import('node:sqlite') | undefined => {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (/\bSQLite\b/.test(String(warning))) return;
    emitWarning.call(process, warning, ...rest);
  }) as typeof emitWarning;
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
};

/** An abstract socket: a name in the kernel, without a file, gone with its process. Linux only. */
const lockBySocket = async (town: string, holderFile: string): Promise<Unlock> => {
  if (process.platform !== 'linux') {
    throw new GastownError('invalid', `Node ${process.versions.node} cannot lock a town on ${process.platform}.`, {
      hint: 'Update Node to 22.13 or newer.',
    });
  }
  const server = net.createServer(socket => socket.destroy());
  server.unref();
  const name = `\0gastown-${createHash('sha256').update(town).digest('hex').slice(0, 32)}`;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(name, resolve);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw lockedError(town, await readHolder(holderFile));
    throw error;
  }
  return () => new Promise(resolve => server.close(() => resolve()));
};

interface Holder {
  pid?: unknown;
  host?: unknown;
  purpose?: unknown;
  since?: unknown;
}

const readHolder = async (file: string): Promise<Holder> => {
  try {
    return (JSON.parse((await readFileIfPresent(file)) ?? '{}') as Holder | null) ?? {};
  } catch {
    // Information only: an unreadable note must not hide the fact that the town is held.
    return {};
  }
};

const lockedError = (town: string, holder: Holder): GastownError => {
  const facts = [
    holder.purpose !== undefined && `gastown ${word(holder.purpose)}`,
    holder.pid !== undefined && `pid ${word(holder.pid)}`,
    holder.host !== undefined && `on ${word(holder.host)}`,
    holder.since !== undefined && `since ${word(holder.since)}`,
  ].filter(fact => fact !== false);
  const who = facts.length > 0 ? facts.join(', ') : 'another process';
  return new GastownError('town_locked', `The town ${town} is held by ${who}.`, {
    hint: 'Use that one, or end it first; nothing needs to be cleaned up by hand after it ended.',
  });
};

const word = (value: unknown): string => safeLine(String(value)).slice(0, 80);
