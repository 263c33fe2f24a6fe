import type { Invocation } from './invocations.ts';
import type { Rule } from './rules.ts';

const LAND = 'Commit on your branch and report it: the town tests the work and lands it.';

/** What would take commits away from others, or mix this agent's unfinished work with theirs. */
export const gitRules: Rule = invocation => {
  if (invocation.program !== 'git') return undefined;
  const { verb, args } = gitCall(invocation);
  if (verb === 'push') return pushRefusal(args);
  if (verb === 'stash') return stashRefusal(args);
  return undefined;
};

/** `git -C x -c a=b --no-pager push -f` is `push -f`. */
export const gitCall = ({ args }: Pick<Invocation, 'args'>): { verb: string; args: readonly string[] } => {
  let at = 0;
  while (at < args.length && args[at]!.startsWith('-')) at += VALUED.has(args[at]!) ? 2 : 1;
  return { verb: args[at] ?? '', args: args.slice(at + 1) };
};

const VALUED = new Set(['-C', '-c', '--git-dir', '--work-tree', '--namespace', '--exec-path', '--config-env']);

const pushRefusal = (args: readonly string[]) => {
  const options = args.filter(arg => arg.startsWith('-'));
  const refspecs = args.filter(arg => !arg.startsWith('-')).slice(1);
  if (options.some(isForce)) return { what: 'A forced push takes commits of others away.', instead: LAND };
  if (refspecs.some(refspec => refspec.startsWith('+'))) {
    return { what: 'A refspec with + is a forced push, which takes commits of others away.', instead: LAND };
  }
  if (options.some(isDeletion) || refspecs.some(refspec => refspec.startsWith(':'))) {
    return { what: 'This push deletes branches or tags of the remote.', instead: LAND };
  }
  return undefined;
};

/** `-f`, also among others as in `-uf`, and every longer form. */
const isForce = (option: string): boolean => /^-[a-zA-Z]*f[a-zA-Z]*$/.test(option) || option.startsWith('--force');

const isDeletion = (option: string): boolean =>
  /^-[a-zA-Z]*d[a-zA-Z]*$/.test(option) || ['--delete', '--mirror', '--prune'].includes(option);

/** Looking is allowed. */
const stashRefusal = (args: readonly string[]) =>
  ['list', 'show'].includes(args[0] ?? '')
    ? undefined
    : {
        what: 'A stash is easily lost, and with a shared one agents take each other’s work.',
        instead: 'Commit what you have on your branch (git commit -m "wip"), and go on from there.',
      };
