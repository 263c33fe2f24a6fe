import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

export const HOST_SOCKET = 'host.sock';

/** Which of a town's detached processes: the name of its place, and of its socket's file. */
export interface Place {
  readonly name: string;
  readonly socket: string;
}

const HOST_PLACE: Place = { name: 'gastown-host', socket: HOST_SOCKET };

export interface HostSocket {
  listen(): Promise<void>;
  /** Makes the socket anew when its file is gone: cleaners of temporary folders remove files that agents still need. */
  ensure(): Promise<void>;
  close(): void;
}

/**
 * Makes this process the one host (or whatever `of` says) of its run directory, or answers undefined when another has
 * the place. On Linux the place is a name in the abstract socket space, which the kernel frees when its owner dies,
 * whatever way; a socket file that a killed one left behind is then known to be stale and is replaced.
 */
export const takePlace = async (
  runDir: string,
  onConnection: (socket: net.Socket) => void,
  of: Place = HOST_PLACE,
): Promise<HostSocket | undefined> => {
  const file = path.join(runDir, of.socket);
  let place: net.Server | undefined;
  if (process.platform === 'linux') {
    place = await listen(`\0${of.name}:${runDir}`, socket => socket.destroy());
    if (!place) return undefined;
  } else if (await answers(file)) {
    return undefined;
  }
  let server: net.Server | undefined;
  const open = async (): Promise<void> => {
    server?.close();
    server = await listenPrivately(file, onConnection);
  };
  return {
    listen: open,
    async ensure() {
      if (!fs.existsSync(file) && fs.existsSync(runDir)) await open();
    },
    close() {
      fs.rmSync(file, { force: true });
      server?.close();
      place?.close();
    },
  };
};

const listenPrivately = (file: string, onConnection: (socket: net.Socket) => void): Promise<net.Server | undefined> => {
  fs.rmSync(file, { force: true });
  // The file is born before `listen` returns; at no moment may someone else connect.
  const before = process.umask(0o177);
  try {
    return listen(file, onConnection);
  } finally {
    process.umask(before);
  }
};

/** Undefined when the address is taken. */
const listen = (address: string, onConnection: (socket: net.Socket) => void): Promise<net.Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = net.createServer(onConnection);
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(address, () => resolve(server));
  });

const answers = (file: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = net.connect(file, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
