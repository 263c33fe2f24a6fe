import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../roles/settings.ts';
import { createProgram } from '../../source/commands/main.ts';
import { DOCS, madePages } from './pages.ts';
import { README, withFirstKeys } from './readme-keys.ts';
import { settingsWords } from './settings-words.ts';

const pages = madePages();

test.each([...pages.keys()])('docs/%s is what the program is: `npm run docs` writes it anew', name => {
  expect(readFileSync(new URL(name, DOCS), 'utf8')).toBe(pages.get(name));
});

test('the keys in the README are those of the program: `npm run docs` writes them anew', () => {
  const readme = readFileSync(README, 'utf8');
  expect(readme).toBe(withFirstKeys(readme));
});

test('what the README says of tests leads to some', () => {
  const named = [...readFileSync(README, 'utf8').matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(path => !existsSync(new URL(`../${path}`, DOCS)))).toEqual([]);
});

test('every number that roles decide by says what it is for', () => {
  const words = settingsWords();
  const { budgets: _, unattended: __, ...groups } = DEFAULT_SETTINGS;
  const names = Object.entries(groups).flatMap(([group, numbers]) =>
    Object.keys(numbers).map(name => `${group}.${name}`),
  );
  expect(names.filter(name => !words.has(name))).toEqual([]);
  expect(words.get('witness.stallAfterMs')).toContain('No progress');
});

test('every key of town.toml says what it is for', () => {
  expect(pages.get('config.md')!.match(/\| {2}\|$/gm)).toBeNull();
});

/** Names that GitHub gives to headings. */
const anchors = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

const FILES = [
  '../README.md',
  '../ARCHITECTURE.md',
  '../test/terminal/journeys/README.md',
  ...readdirSync(DOCS).filter(name => name.endsWith('.md')),
];

test.each(FILES)('every command and option that %s names is one', name => {
  const program = createProgram(() => {});
  const text = readFileSync(new URL(name, DOCS), 'utf8');
  const lines = [...text.matchAll(/`(gastown [^`]+)`|^(gastown .*)$/gm)].map(([, span, line]) => (span ?? line)!);
  const wrong = lines.filter(line => {
    const words = line
      .replace(/ +#.*$/, '')
      .split(/ +/)
      .slice(1);
    let command = program;
    for (const word of words) {
      if (command.name() === 'bd') return false;
      const next = command.commands.find(each => each.name() === word);
      const option = /^\[?(--?[a-z][a-z-]*)/.exec(word)?.[1];
      if (next) command = next;
      else if (
        option &&
        ![...command.options, ...program.options].some(({ short, long }) => option === short || option === long)
      )
        return true;
    }
    // A first word of letters alone is a command, unless it stands for what a person writes there.
    return command === program && /^[a-z]{2}[a-z-]*$/.test(words[0] ?? '');
  });
  expect(wrong).toEqual([]);
});

describe('links of the pages', () => {
  test.each(FILES)('of %s lead to something', name => {
    const from = new URL(name, DOCS);
    const text = readFileSync(from, 'utf8').replaceAll(/^( *)(`{3,})[\s\S]*?^\1\2$/gm, '');
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)|src="([^"]+)"/g)]
      .map(([, link, image]) => (link ?? image)!)
      .filter(link => !/^https?:/.test(link))
      .filter(link => {
        const [path, anchor] = link.split('#');
        const target = path ? new URL(path, from) : from;
        if (!existsSync(target)) return true;
        return anchor !== undefined && !anchors(readFileSync(target, 'utf8')).includes(anchor);
      });
    expect(broken).toEqual([]);
  });
});
