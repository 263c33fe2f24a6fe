import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { ownerOf, parseOwners } from '../../../source/gates/guards/code-owners.ts';

const owners = (text: string, path: string): readonly string[] => ownerOf(parseOwners(text), path)?.owners ?? [];

describe('a CODEOWNERS file', () => {
  test.each<[what: string, text: string, path: string, expected: readonly string[]]>([
    ['a star names every file', '* @all', 'deep/in/a.ts', ['@all']],
    ['two stars do as well', '** @all', 'deep/in/a.ts', ['@all']],
    ['several owners', '* @a @org/team mail@example.com', 'a', ['@a', '@org/team', 'mail@example.com']],
    ['the last that matches wins', '* @all\n*.js @js', 'src/a.js', ['@js']],
    ['also where it names more', '*.js @js\n* @all', 'src/a.js', ['@all']],
    ['an extension at any depth', '*.js @js', 'x/y/z.js', ['@js']],
    ['and no other', '*.js @js', 'x/y/z.jsx', []],
    ['a folder at the root with all in it', '/build/logs/ @ops', 'build/logs/a/b.txt', ['@ops']],
    ['not one elsewhere', '/build/logs/ @ops', 'x/build/logs/a.txt', []],
    ['a folder at any depth', 'apps/ @octo', 'x/apps/a/b.txt', ['@octo']],
    ['not a file of that name', 'apps/ @octo', 'x/apps', []],
    ['files of a folder, one level', 'docs/* @doc', 'docs/a.md', ['@doc']],
    ['and no deeper', 'docs/* @doc', 'docs/build/a.md', []],
    ['every level with two stars', 'docs/** @doc', 'docs/build/a.md', ['@doc']],
    ['two stars in the middle', 'a/**/z @z', 'a/b/c/z', ['@z']],
    ['two stars for nothing between', 'a/**/z @z', 'a/z', ['@z']],
    ['two stars in front', '**/logs @log', 'x/y/logs/a.txt', ['@log']],
    ['a slash in the middle binds to the root', 'src/main @m', 'x/src/main/a', []],
    ['a file at the root only', '/a.txt @a', 'x/a.txt', []],
    ['a question mark is one character', 'a?.txt @a', 'ab.txt', ['@a']],
    ['a question mark is no slash', 'a?b @a', 'a/b', []],
    ['a line without an owner frees', '* @all\n/docs/', 'docs/a.md', []],
    ['and what comes after it protects again', '* @all\n/docs/\n/docs/law.md @law', 'docs/law.md', ['@law']],
    ['a comment is no rule', '# * @all', 'a', []],
    ['nor is what stands behind one', '*.js @js # and @others', 'a.js', ['@js']],
    ['a sharp sign within a name is a part of it', 'a#b @x', 'a#b', ['@x']],
    ['a space that is escaped', 'my\\ docs/ @doc', 'my docs/a', ['@doc']],
    ['blank lines and spaces around', '\n\n   *.md   @doc   \n\n', 'a.md', ['@doc']],
    ['tabs between words', '*.md\t@doc\t@b', 'a.md', ['@doc', '@b']],
    ['line ends of Windows, and a mark at the start', '\uFEFF*.md @doc\r\n*.js @js\r\n', 'a.md', ['@doc']],
    ['a negation is passed over', '* @all\n!docs/ @none', 'docs/a', ['@all']],
    ['a range of characters too', '*.[ch] @c', 'a.c', []],
    ['capitals tell names apart', 'README.md @r', 'readme.md', []],
    ['nothing says nothing', '', 'a', []],
    ['a section hands down its owners', '[Docs] @doc\n*.md\n[Code]\n*.js @js', 'a.md', ['@doc']],
    ['each section decides by itself', '[A]\n*.md @a\n[B]\n*.md', 'a.md', ['@a']],
  ])('%s', (_, text, path, expected) => {
    expect(owners(text, path)).toEqual(expected);
  });

  test('says on which line it does so', () => {
    expect(ownerOf(parseOwners('# first\n\n* @all\n/x @x'), 'x')).toMatchObject({
      line: 4,
      pattern: '/x',
      isCatchAll: false,
    });
    expect(ownerOf(parseOwners('* @all'), 'x')).toMatchObject({ isCatchAll: true });
  });
});

test('what was asked is not remembered for ever', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const rules = parseOwners(Array.from({ length: 20 }, (_, n) => `/part-${n}/ @team`).join('\n'));
  const liveAfter = (paths: number): number => {
    for (let n = 0; n < paths; n++) ownerOf(rules, `source/${paths}/${n}.ts`);
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = liveAfter(500);
  // All of them, in each rule, would be some 15 MB.
  expect(liveAfter(10_000) - before).toBeLessThan(4_000_000);
});
