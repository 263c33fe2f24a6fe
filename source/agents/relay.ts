// Runs inside a sandbox that has no network: it gives an agent the ports of 127.0.0.1 that lead to the town's sockets, and
// is the agent's parent, so that they are there before its first call.
import { spawn } from 'node:child_process';
import net from 'node:net';
import { constants } from 'node:os';

const USAGE = 'usage: relay <port>=<socket>… -- <command> [word…]';

const main = async (argv: readonly string[]): Promise<void> => {
  const at = argv.indexOf('--');
  const [command, ...words] = argv.slice(at + 1);
  if (at < 0 || command === undefined) throw new Error(USAGE);
  await Promise.all(argv.slice(0, at).map(relay));
  const child = spawn(command, words, { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)
    process.on(signal, () => child.kill(signal));
  // Of the terminal, which the agent hears as well: what it does then decides.
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTSTP'] as const) process.on(signal, () => {});
  child.on('error', error => {
    process.stderr.write(
      `${command}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'not found' : error.message}\n`,
    );
    process.exit(127);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
};

const relay = (word: string): Promise<void> => {
  const [port, socket] = [Number(word.slice(0, word.indexOf('='))), word.slice(word.indexOf('=') + 1)];
  if (!Number.isInteger(port) || port < 1 || port > 65_535 || !socket.startsWith('/')) throw new Error(USAGE);
  const server = net.createServer({ allowHalfOpen: true }, inner => {
    const outer = net.connect({ path: socket, allowHalfOpen: true });
    for (const [one, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      one.pipe(other);
      // A side that breaks takes the other with it, as a broken network would.
      one.on('error', () => other.destroy());
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.unref();
      resolve();
    });
  });
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`relay: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
