import { type Flag, GLOBAL_FLAGS } from './arguments.ts';
import type { Verb } from './verb.ts';

/** `bd help`: every verb on one line. */
export const overview = (verbs: readonly Verb[]): string =>
  [
    'bd: work items with dependencies, kept by the town (compatible with Beads)',
    '',
    'Usage:',
    '  bd <verb> [flags]        also: gastown bd <verb> [flags]',
    '',
    'Verbs:',
    ...listed([...verbs].sort((a, b) => (a.name < b.name ? -1 : 1))),
    '',
    'Flags for every verb:',
    ...flagLines(GLOBAL_FLAGS),
    '      --town string           The town (default: $GASTOWN_TOWN, the nearest one here or above, ~/.gastown); before the verb',
    '  -C, --directory string      Work as if started in this folder; before the verb',
    '',
    "Use 'bd <verb> --help' for more about a verb.",
  ].join('\n');

/** `bd config --help`: the verbs of a family. */
export const familyHelp = (verb: Verb, path: string): string =>
  [
    verb.summary,
    ...(verb.details ? ['', verb.details] : []),
    '',
    'Usage:',
    ...(verb.run ? [`  bd ${path} ${verb.usage}`] : []),
    `  bd ${path} <verb> [flags]`,
    '',
    'Verbs:',
    ...listed(verb.verbs ?? []),
    ...(verb.flags.length > 0 ? ['', 'Flags:', ...flagLines(verb.flags)] : []),
  ].join('\n');

/** `bd <verb> --help`. */
export const verbHelp = (verb: Verb, path: string): string =>
  [
    verb.summary,
    ...(verb.details ? ['', verb.details] : []),
    '',
    'Usage:',
    `  bd ${path} ${verb.usage}`,
    ...(verb.aliases?.length ? ['', `Aliases: ${verb.aliases.join(', ')}`] : []),
    ...(verb.flags.length > 0 ? ['', 'Flags:', ...flagLines(verb.flags)] : []),
    '',
    "Flags for every verb: see 'bd help'.",
  ].join('\n');

const listed = (verbs: readonly Verb[]): string[] => {
  const width = Math.max(...verbs.map(verb => verb.name.length));
  return verbs.map(verb => `  ${verb.name.padEnd(width)}  ${verb.summary}`);
};

const KIND_WORDS = { text: 'string', number: 'int', switch: '', list: 'strings', texts: 'string...' } as const;
/** Columns of the flag and its kind: the longest of them, so that the explanations stand below each other. */
const FLAG_COLUMNS = 28;

const flagLines = (flags: readonly Flag[]): string[] =>
  flags.map(flag => {
    const short = flag.short ? `-${flag.short}, ` : '    ';
    return `  ${`${short}--${flag.name} ${KIND_WORDS[flag.kind]}`.padEnd(FLAG_COLUMNS)}${flag.help}`;
  });
