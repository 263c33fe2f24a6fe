import { COMMANDS, type CommandId, keyRows } from '../../components/keymap.ts';
import { rows } from './markdown.ts';

export const README = new URL('../../README.md', import.meta.url);

/** What somebody needs on the first day, several commands a line, in the order in which they are met. */
const FIRST: readonly (readonly [what: string, ids: readonly CommandId[]])[] = [
  [
    'panes: plan, workers, merge queue, health, log, detail',
    ['plan', 'polecats', 'refinery', 'health', 'log', 'detail'],
  ],
  ['move, open, go back', ['down', 'up', 'open', 'back']],
  ['write a bead, tell a goal', ['new-bead', 'new-plan']],
  ['have the selected bead done, or its whole plan', ['sling', 'sling-convoy']],
  ['the next thing that waits for you; yes or no to it', ['attention', 'yes', 'no']],
  ['review a change, say why a thing is as it is', ['diff', 'explain']],
  ['attach to a worker ({detach} comes back), say something to it, stop it', ['attach', 'prompt', 'stop']],
  ['its log, all that can be done with it', ['open-log', 'actions']],
  ['filter, search all logs, sort', ['filter', 'grep', 'sort']],
  ['take back, do again, look at the past', ['undo', 'redo', 'time-back']],
  ['keys that work here, any command by its name, leave', ['help', 'palette', 'quit']],
];

const BLOCK = /(<!-- keys: npm run docs -->\n)[\s\S]*?(<!-- \/keys -->)/;

/** The README with the keys of the table in it. */
export const withFirstKeys = (readme: string): string => {
  if (!BLOCK.test(readme)) throw new Error('README.md has no place for its keys.');
  const known = keyRows(COMMANDS);
  const keysOf = (id: CommandId): string => `\`${known.find(row => row.id === id)!.keys[0]}\``;
  const table = rows(
    ['Key', ''],
    FIRST.map(([what, ids]) => [ids.map(keysOf).join(' '), what.replace('{detach}', keysOf('detach'))]),
  );
  return readme.replace(BLOCK, (_, begin: string, end: string) => `${begin}${table.join('\n')}\n${end}`);
};
