import fs from 'node:fs';
import { GastownError } from '../common/errors.ts';

/**
 * Wraps a command so that it starts with file descriptors 0, 1 and 2 and nothing else. node-pty hands every pty master
 * that is open to later children, so that one agent could type into another's terminal (field/refinery-and-store.md §5).
 * The wrapper replaces itself by the command: pid, group and signals are the command's own. A command that is not found
 * ends with 127.
 */
export const closeOtherDescriptors = (
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  bash = findBash(),
): string[] => {
  // -p: neither BASH_ENV nor functions of the environment are run. --norc: bash reads ~/.bashrc when stdin is a socket.
  if (bash) return [bash, '--norc', '-p', '-c', CLOSE_IN_BASH, 'start', ...argv];
  if (typeof process.execve !== 'function') {
    throw new GastownError(
      'terminal',
      'Agents cannot be started: there is no bash, and this Node is older than 22.15.',
      {
        hint: 'Install bash or a newer Node.',
      },
    );
  }
  return [process.execPath, '-e', CLOSE_IN_NODE, '--', env.PATH ?? '', ...argv];
};

const BASH_PATHS = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash', '/opt/homebrew/bin/bash'];

const findBash = (): string | undefined => BASH_PATHS.find(file => fs.existsSync(file));

/**
 * dash takes one digit in `exec N>&-` only, so it has to be bash. No redirection may surround the loop: bash would keep
 * the real stderr in a high descriptor meanwhile, and the loop would close it.
 */
const CLOSE_IN_BASH = `for fd in /proc/self/fd/* /dev/fd/*; do
  fd=\${fd##*/}
  case $fd in [012] | *[!0-9]*) ;; *) eval "exec $fd>&-" ;; esac
done
exec "$@"`;

/** Node marks what it opens itself close-on-exec; what it inherited without the mark is closed here. */
const CLOSE_IN_NODE = `const fs = require('fs'), path = require('path');
const CLOSE_ON_EXEC = 0o2000000;
for (const name of fs.readdirSync('/proc/self/fd')) {
  const fd = Number(name);
  if (fd <= 2) continue;
  try {
    const flags = /flags:\\s*([0-7]+)/.exec(fs.readFileSync('/proc/self/fdinfo/' + fd, 'utf8'));
    if (!(parseInt(flags[1], 8) & CLOSE_ON_EXEC)) fs.closeSync(fd);
  } catch (error) { if (error.code !== 'ENOENT') throw error; }
}
const [search, command, ...rest] = process.argv.slice(1);
const candidates = command.includes('/') ? [command] : search.split(':').map(folder => path.join(folder, command));
const usable = file => { try { fs.accessSync(file, fs.constants.X_OK); return fs.statSync(file).isFile(); } catch { return false; } };
const file = candidates.find(usable);
if (!file) { console.error(command + ': not found'); process.exit(127); }
process.execve(file, [command, ...rest], process.env);`;
