import type { Invocation } from './invocations.ts';
import type { Rule } from './rules.ts';
import { UNKNOWN } from './shell-words.ts';

const OWN = 'End only what you started yourself, by the process id that you kept: cmd & pid=$!; kill "$pid".';

/** Ending processes by what they are called or where they listen: other agents run the same programs on this machine. */
export const processRules: Rule = invocation => {
  const { program, args } = invocation;
  switch (program) {
    case 'pkill':
    case 'killall':
    case 'killall5':
    case 'skill':
      return { what: `${program} ends processes by name, also those of other agents.`, instead: OWN };
    case 'kill':
      return killRefusal(args);
    case 'fuser':
      return args.some(arg => /^-[a-zA-Z]*k/.test(arg)) ? byPort('fuser -k') : undefined;
    case 'kill-port':
    case 'fkill':
      return byPort(program);
    case 'tmux':
      return tmuxRefusal(args);
    case 'shutdown':
    case 'reboot':
    case 'poweroff':
    case 'halt':
      return { what: `${program} stops the machine for everybody.`, instead: 'Ask a person: gt escalate.' };
    default:
      return dockerRefusal(invocation);
  }
};

const byPort = (program: string) => ({
  what: `${program} ends whoever uses that port or file, also servers of other agents.`,
  instead: `${OWN} Let a server choose a free port.`,
});

/** `kill -1` to everybody, and pids that come from a search by name or port. */
const killRefusal = (args: readonly string[]) => {
  const operands = args.filter((arg, index) => !(index === 0 && /^-([A-Z]+|\d+)$/.test(arg)));
  if (operands.includes('-1')) return { what: 'kill with the process id -1 ends everything.', instead: OWN };
  const searched = operands.find(arg => arg.startsWith(UNKNOWN) && SEARCHES.some(name => arg.includes(name)));
  return searched === undefined
    ? undefined
    : { what: 'These process ids come from a search, which also finds those of other agents.', instead: OWN };
};

const SEARCHES = ['pgrep', 'pidof', 'lsof', 'fuser', 'ps', 'ss', 'netstat'];

/** On a server of its own, named by -L or -S, an agent may do as it likes. */
const tmuxRefusal = (args: readonly string[]) => {
  if (args.some(arg => /^-[LS]/.test(arg))) return undefined;
  const ends = args.includes('kill-server') || (args.includes('kill-session') && args.includes('-a'));
  return ends
    ? {
        what: 'This ends every tmux session on this machine, also the person’s own.',
        instead: 'Use a server of your own: tmux -L <name>.',
      }
    : undefined;
};

const dockerRefusal = ({ program, args }: Invocation) => {
  if (!['docker', 'podman', 'docker-compose'].includes(program)) return undefined;
  const words = args.filter(arg => !arg.startsWith('-'));
  const has = (...wanted: string[]) => wanted.every((word, index) => words[index] === word);
  const isPruned = words.includes('prune') || has('volume', 'rm');
  const isDown = words.includes('down') && args.some(arg => arg === '-v' || arg === '--volumes');
  const isEverything = ['rm', 'kill', 'stop'].includes(words[0] ?? '') && args.some(arg => arg.startsWith(UNKNOWN));
  return isPruned || isDown || isEverything
    ? {
        what: 'This removes containers or volumes that may not be yours, with the data in them.',
        instead: 'Remove by name what you started yourself.',
      }
    : undefined;
};
