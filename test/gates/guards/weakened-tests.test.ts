import { afterAll, describe, expect, test } from 'vitest';
import { removeRepository, repository, said } from './support.ts';

afterAll(removeRepository);

const TEST = [
  "import { expect, test } from 'vitest';",
  "test('adds', () => {",
  '  expect(add(1, 2)).toBe(3);',
  '  expect(add(2, 2)).toBe(4);',
  '  expect(add(0, 0)).toBe(0);',
  '  expect(add(-1, 1)).toBe(0);',
  '});',
  "test('subtracts', () => {",
  '  expect(subtract(3, 2)).toBe(1);',
  '});',
  '',
].join('\n');

const ask = async (files: Record<string, string>, change: Record<string, string | null>) => {
  const repo = repository({ 'src/a.ts': 'export const a = 1;\n', ...files });
  return said(await repo.look(repo.commit(repo.tip, change)));
};

describe('weakened tests', () => {
  test('a deleted test file is asked about', async () => {
    expect(await ask({ 'test/a.test.ts': TEST }, { 'test/a.test.ts': null })).toEqual([
      'weakened-tests ask: deletes the test file test/a.test.ts, with 2 tests',
    ]);
  });

  test('one that moves, is renamed, or is split in two is not', async () => {
    expect(await ask({ 'test/a.test.ts': TEST }, { 'test/a.test.ts': null, 'test/math/a.test.ts': TEST })).toEqual([]);
    const lines = TEST.split('\n');
    const split = {
      'test/a.test.ts': null,
      'test/add.test.ts': `// The first half, with a good many words that make the two files look alike to nobody.\n${'// more\n'.repeat(20)}${lines.slice(0, 7).join('\n')}\n`,
      'test/sub.test.ts': `${'// other\n'.repeat(20)}${[lines[0], ...lines.slice(7)].join('\n')}\n`,
    };
    expect(await ask({ 'test/a.test.ts': TEST }, split)).toEqual([]);
  });

  test('one that moves to where no runner looks is', async () => {
    expect(await ask({ 'test/a.test.ts': TEST }, { 'test/a.test.ts': null, 'old/a.ts': TEST })).toEqual([
      'weakened-tests ask: moves the test file test/a.test.ts to old/a.ts, which is none',
    ]);
  });

  test.each([
    ['test/a.test.ts', TEST.replace("test('adds'", "test.skip('adds'")],
    ['test/a.test.ts', TEST.replace("test('adds'", "test.only('adds'")],
    ['test/a.test.ts', TEST.replace("test('adds'", "test.concurrent.skip('adds'")],
    ['test/a.test.ts', TEST.replace("test('adds', ", "test('adds', { skip: true }, ")],
    ['spec/a.spec.js', TEST.replace("test('adds'", "xit('adds'")],
    ['tests/test_a.py', '@pytest.mark.xfail\ndef test_a():\n    assert add(1, 2) == 3\n'],
    ['tests/test_a.py', 'def test_a():\n    pytest.skip("later")\n    assert add(1, 2) == 3\n'],
    ['a_test.go', 'func TestA(t *testing.T) {\n\tt.Skip("later")\n}\n'],
    ['src/lib.rs', '#[test]\n#[ignore]\nfn adds() {\n    assert_eq!(add(1, 2), 3);\n}\n'],
    ['src/test/java/ATest.java', '@Test\n@Disabled\nvoid adds() { assertEquals(3, add(1, 2)); }\n'],
    ['spec/a_spec.rb', 'it "adds" do\n  skip\nend\n'],
  ])('a test that is turned off in %s is asked about', async (path, after) => {
    const plain = (line: string) => !/skip|ignore|xfail|Disabled|Skip/.test(line);
    const before =
      path.endsWith('.ts') || path.endsWith('.js') ? TEST : `${after.split('\n').filter(plain).join('\n')}`;
    expect(await ask({ [path]: before }, { [path]: after })).toEqual([
      expect.stringMatching(new RegExp(`^weakened-tests ask: turns tests off in ${path.replaceAll('.', '\\.')}: `)),
    ]);
  });

  test('one that was off before, in this file or another, is not, nor is one that is turned on', async () => {
    const off = TEST.replace("test('adds'", "test.skip('adds'");
    expect(await ask({ 'a.test.ts': off }, { 'a.test.ts': `${off}// more\n` })).toEqual([]);
    expect(await ask({ 'a.test.ts': off }, { 'a.test.ts': null, 'b.test.ts': off })).toEqual([]);
    expect(await ask({ 'a.test.ts': off }, { 'a.test.ts': TEST })).toEqual([]);
    expect(await ask({ 'a.test.ts': TEST }, { 'a.test.ts': `${TEST}// test.skip('adds') was here once\n` })).toEqual(
      [],
    );
  });

  test('turning one on while another is turned off is asked about', async () => {
    const before = TEST.replace("test('adds'", "test.skip('adds'");
    const after = TEST.replace("test('subtracts'", "test.skip('subtracts'");
    expect(await ask({ 'a.test.ts': before }, { 'a.test.ts': after })).toEqual([
      expect.stringContaining("test.skip('subtracts'"),
    ]);
  });

  test('assertions that are gone are asked about, a changed one is not', async () => {
    const few = TEST.split('\n')
      .filter(line => !/add\((2|0|-1)/.test(line))
      .join('\n');
    expect(await ask({ 'a.test.ts': TEST }, { 'a.test.ts': few })).toEqual([
      'weakened-tests ask: a.test.ts lost 3 of 5 assertions',
    ]);
    expect(await ask({ 'a.test.ts': TEST }, { 'a.test.ts': TEST.replace('toBe(3)', 'toBe(4)') })).toEqual([]);
    const commented = TEST.replaceAll(/^ {2}expect\(add\((2|0|-1)/gm, '  // expect(add($1');
    expect(await ask({ 'a.test.ts': TEST }, { 'a.test.ts': commented })).toEqual([
      expect.stringContaining('lost 3 of 5'),
    ]);
  });

  test('a test that is gone is asked about; one that stands in another file now is not', async () => {
    const lines = TEST.split('\n');
    const less = lines.slice(0, 7).join('\n');
    expect(await ask({ 'a.test.ts': TEST }, { 'a.test.ts': less })).toEqual([
      'weakened-tests ask: a.test.ts has 1 test fewer',
    ]);
    expect(await ask({ 'a.test.ts': TEST }, { 'a.test.ts': less, 'b.test.ts': lines.slice(7).join('\n') })).toEqual([]);
  });

  test('an assertion that claims nothing is asked about', async () => {
    const empty = TEST.replace('expect(subtract(3, 2)).toBe(1)', 'expect(true).toBe(true)');
    expect(await ask({ 'a.test.ts': TEST }, { 'a.test.ts': empty })).toEqual([
      'weakened-tests ask: a.test.ts claims what is always so: expect(true).toBe(true);',
    ]);
  });

  test('more tests, code that is no test, and data of tests pass', async () => {
    expect(await ask({ 'a.test.ts': TEST }, { 'a.test.ts': TEST + TEST.replaceAll('adds', 'adds twice') })).toEqual([]);
    expect(await ask({ 'src/skip.ts': 'test.skip();\n' }, { 'src/skip.ts': 'describe.skip();\n' })).toEqual([]);
    expect(await ask({ 'test/fixtures/a.test.ts': TEST }, { 'test/fixtures/a.test.ts': null })).toEqual([]);
  });
});
