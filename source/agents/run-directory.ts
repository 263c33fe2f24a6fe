import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { GastownError } from '../common/errors.ts';

/**
 * The folder of a town's sockets, made if need be: `/tmp/gastown-<uid>/<hash of the town's real path>`, or below
 * `GASTOWN_RUNTIME_DIR`. Short, because a Unix socket's path holds about 107 bytes, and the same for every way of
 * logging in: `XDG_RUNTIME_DIR` is unset in cron, sudo and some SSH logins and is emptied at the last logout, while
 * agents go on. Refuses a folder that someone else owns or could write to, and symbolic links.
 */
export const runDirectory = (townDir: string, env: NodeJS.ProcessEnv = process.env): string => {
  const base = env.GASTOWN_RUNTIME_DIR || `/tmp/gastown-${process.getuid?.() ?? 0}`;
  const hash = createHash('sha256').update(fs.realpathSync(townDir)).digest('hex').slice(0, HASH_CHARS);
  const directory = path.join(path.resolve(base), hash);
  if (Buffer.byteLength(path.join(directory, LONGEST_NAME)) > SOCKET_PATH_BYTES) {
    throw new GastownError('invalid', `The folder for sockets is too deep: ${directory}.`, {
      hint: 'Set GASTOWN_RUNTIME_DIR to a short path.',
    });
  }
  privateDirectory(path.dirname(directory));
  privateDirectory(directory);
  privateDirectory(agentSockets(directory));
  return directory;
};

/**
 * Where those sockets lie that agents may reach, below a town's folder of sockets: it is bound into their sandboxes as a
 * folder, so that a socket that a new process makes anew is seen there. Each asks for a session's token.
 */
export const agentSockets = (runDir: string): string => path.join(runDir, 'agents');

/** The town's own, for `gt` and for commands. */
export const townSocket = (runDir: string): string => path.join(agentSockets(runDir), 'town.sock');

/** That of the town's MCP server. */
export const mcpSocket = (runDir: string): string => path.join(agentSockets(runDir), 'mcp.sock');

/** Makes the folder with mode 0700 and checks that it is a real folder of ours that nobody else can enter. */
export const privateDirectory = (directory: string): string => {
  try {
    fs.mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new GastownError('disk', `The folder ${directory} cannot be made.`, {
        hint: 'Set GASTOWN_RUNTIME_DIR to a folder that you can write to.',
        cause: error,
      });
    }
  }
  const stat = fs.lstatSync(directory);
  const refuse = (why: string): never => {
    throw new GastownError('forbidden', `The folder ${directory} ${why}.`, {
      hint: 'Remove it or set GASTOWN_RUNTIME_DIR to a folder of your own.',
    });
  };
  if (stat.isSymbolicLink()) refuse('is a symbolic link');
  if (!stat.isDirectory()) refuse('is not a folder');
  if (process.getuid && stat.uid !== process.getuid()) refuse('belongs to another user');
  if ((stat.mode & 0o077) !== 0) refuse('can be entered by other users');
  return directory;
};

/** 64 bits: towns of one user never collide. */
const HASH_CHARS = 16;
/** sizeof(sockaddr_un.sun_path) is 108 on Linux and 104 on macOS, with its final NUL. */
const SOCKET_PATH_BYTES = 103;
/** Longest socket name that lies in it. */
const LONGEST_NAME = 'agents/meter.sock';
