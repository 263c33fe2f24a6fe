import path from 'node:path';
import type { Invocation } from './invocations.ts';
import type { Rule, RuleContext } from './rules.ts';
import { UNKNOWN } from './shell-words.ts';

/** Removing, or changing rights of, whole folders that are not this agent's: outside its checkout and the temporary folder. */
export const fileRules: Rule = (invocation, context) => {
  const targets = targetsOf(invocation);
  for (const target of targets) {
    const place = placeOf(target, { invocation, context });
    if (place !== undefined) {
      return {
        what: `${invocation.program} would go through ${place}.`,
        instead: 'Name files or folders inside your checkout, one by one.',
      };
    }
  }
  return undefined;
};

const targetsOf = ({ program, args }: Invocation): readonly string[] => {
  const operands = args.filter(arg => !arg.startsWith('-') || arg === '-');
  switch (program) {
    case 'rm':
      return isRecursive(args, 'rR') ? operands : [];
    case 'rimraf':
    case 'srm':
      return operands;
    case 'chmod':
    case 'chown':
    case 'chgrp':
      return isRecursive(args, 'R') ? operands.slice(1) : [];
    case 'find':
      return args.includes('-delete') ? foldersOfFind(args) : [];
    default:
      return [];
  }
};

const isRecursive = (args: readonly string[], letters: string): boolean =>
  args.some(arg => arg === '--recursive' || new RegExp(`^-[a-zA-Z]*[${letters}][a-zA-Z]*$`).test(arg));

const foldersOfFind = (args: readonly string[]): readonly string[] => {
  const end = args.findIndex(arg => arg.startsWith('-') || arg === '(' || arg === '!');
  return end < 0 ? args : args.slice(0, end);
};

/** What that target is, where it must not be; undefined where it may, or where only a running shell knows. */
const placeOf = (
  target: string,
  { invocation, context }: { invocation: Invocation; context: RuleContext },
): string | undefined => {
  if (target === '' || target.includes(UNKNOWN)) return undefined;
  const home = /^(~|\$HOME|\$\{HOME\})(?=\/|$)/.exec(target)?.[0];
  if (home !== undefined && isWhole(target.slice(home.length))) return 'the home folder';
  const plain = home === undefined ? target : `${context.home}${target.slice(home.length)}`;
  if (plain.includes('$') || plain.startsWith('~')) return undefined;
  const named = staticPart(plain);
  if (!named.startsWith('/') && invocation.cwd === undefined) return undefined;
  const absolute = path.posix.resolve(invocation.cwd ?? '/', named);
  if (absolute === '/') return 'the whole machine';
  if (absolute === context.home) return 'the home folder';
  if (absolute === context.root) return isRemoval(invocation) && named === plain ? 'your whole checkout' : undefined;
  if (isInside(context.root, absolute)) return `${absolute}, in which your checkout is`;
  if (isInside(absolute, path.posix.join(context.root, '.git')))
    return 'the repository itself, with all that was committed';
  if (isInside(absolute, context.root)) return undefined;
  if (context.temporary.some(folder => absolute !== folder && isInside(absolute, folder))) return undefined;
  return `${absolute}, which is outside your checkout`;
};

/** `find . -delete` and `chmod -R` choose within a folder. */
const isRemoval = ({ program }: Invocation): boolean => ['rm', 'rimraf', 'srm'].includes(program);

/** Nothing more is named than the folder itself, or everything in it. */
const isWhole = (rest: string): boolean => /^\/*(\.?\*+|\{.*\}|\.)?\/*$/.test(rest);

/** Up to the first part with a wildcard: what it stands in. */
const staticPart = (target: string): string => {
  const parts = target.split('/');
  const wild = parts.findIndex(part => /[*?[{]/.test(part));
  if (wild < 0) return target;
  return parts.slice(0, wild).join('/') || (target.startsWith('/') ? '/' : '.');
};

const isInside = (file: string, folder: string): boolean => file === folder || file.startsWith(`${folder}/`);
