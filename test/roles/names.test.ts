import { expect, test } from 'vitest';
import { freshName, NAME_POOL } from '../../roles/names.ts';
import { overlapping } from '../../roles/overlap.ts';

test('the pool holds fifty different short names in lower-case ASCII', () => {
  expect(new Set(NAME_POOL).size).toBe(50);
  expect(NAME_POOL.filter(name => !/^[a-z]{2,12}$/.test(name))).toEqual([]);
});

test('the next name is the first free one, with a number once the pool is used up', () => {
  expect(freshName(new Set())).toBe(NAME_POOL[0]);
  expect(freshName(new Set([NAME_POOL[0]!]))).toBe(NAME_POOL[1]);
  expect(freshName(new Set(NAME_POOL))).toBe(`${NAME_POOL[0]}-2`);
  expect(freshName(new Set([...NAME_POOL, ...NAME_POOL.map(name => `${name}-2`)]))).toBe(`${NAME_POOL[0]}-3`);
});

test.each([
  [['src/a.ts'], ['src/a.ts'], true],
  [['src/a.ts'], ['src/b.ts'], false],
  [['src'], ['src/a/b.ts'], true],
  [['src/'], ['srcs/a.ts'], false],
  [['src/*.ts'], ['src/a.ts'], true],
  [['**/*.md'], ['docs/a.md'], true],
  [['./a'], ['a'], true],
  [[], ['a'], false],
])('%j and %j overlap: %s', (a, b, expected) => {
  expect(overlapping(a, b) !== undefined).toBe(expected);
  expect(overlapping(b, a) !== undefined).toBe(expected);
});
