import { COMMANDS, keyRows } from '../../components/keymap.ts';
import { rows } from './markdown.ts';

/** Places by what a person sees there, in the order in which they meet them. */
const PLACES: readonly (readonly [where: string, title: string])[] = [
  ['always', 'Everywhere'],
  ['global', 'In every pane'],
  ['plan', '1 Plan'],
  ['polecats', '2 Polecats (the workers)'],
  ['refinery', '3 Refinery (the merge queue)'],
  ['health', '4 Health'],
  ['log', '5 Log'],
  ['detail', '0 Detail'],
  ['attached', 'In an attached terminal'],
  ['decide', 'A question that waits for you'],
  ['review', 'A review'],
];

/** docs/keys.md: the table that the screen itself runs on. */
export const keysPage = (): string =>
  [
    '# Keys',
    '',
    'Made from the key table of the screen by `npm run docs`. `?` shows those that work where you are, and `Enter` there',
    'runs one; `:` takes any command by its name, also those without a key.',
    ...sections().flatMap(({ title, commands }) => [
      '',
      `## ${title}`,
      '',
      ...rows(
        ['Key', 'What it does', 'Name'],
        commands.map(({ keys, label, id }) => [keys.map(key => `\`${key}\``).join(' ') || '–', label, `\`${id}\``]),
      ),
    ]),
    '',
  ].join('\n');

/** Each command once, where it is met first; keys of small dialogs, which show them themselves, at the end. */
const sections = () => {
  const left = new Set(keyRows(COMMANDS));
  const take = (isHere: (where: readonly string[]) => boolean) => {
    const found = [...left].filter(({ where }) => isHere(where.split(' ')));
    for (const command of found) left.delete(command);
    return found;
  };
  return [
    ...PLACES.map(([place, title]) => ({ title, commands: take(where => where.includes(place)) })),
    { title: 'In dialogs', commands: take(() => true) },
  ].filter(({ commands }) => commands.length > 0);
};
