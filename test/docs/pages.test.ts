import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../roles/settings.ts';
import { DOCS, madePages } from './pages.ts';
import { settingsWords } from './settings-words.ts';

const pages = madePages();

test.each([...pages.keys()])('docs/%s is what the program is: `npm run docs` writes it anew', name => {
  expect(readFileSync(new URL(name, DOCS), 'utf8')).toBe(pages.get(name));
});

test('every number that roles decide by says what it is for', () => {
  const words = settingsWords();
  const { budgets: _, ...groups } = DEFAULT_SETTINGS;
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

describe('links of the pages', () => {
  const files = ['../README.md', '../ARCHITECTURE.md', ...readdirSync(DOCS).filter(name => name.endsWith('.md'))];
  test.each(files)('of %s lead to something', name => {
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
