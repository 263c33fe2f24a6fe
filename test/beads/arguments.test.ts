import { describe, expect, test } from 'vitest';
import { type Flag, parseArguments } from '../../source/beads/arguments.ts';

const FLAGS: readonly Flag[] = [
  { name: 'title', short: 't', kind: 'text', help: '', aliases: ['name'] },
  { name: 'limit', short: 'n', kind: 'number', help: '' },
  { name: 'force', short: 'f', kind: 'switch', help: '' },
  { name: 'quiet', short: 'q', kind: 'switch', help: '' },
  { name: 'label', short: 'l', kind: 'list', help: '' },
  { name: 'pair', kind: 'texts', help: '' },
];
const parse = (...argv: string[]) => parseArguments(argv, FLAGS).args;

describe('the command line of bd', () => {
  test('takes values behind a space, an equals sign or a short flag, and lets the last one count', () => {
    expect(parse('--title', 'a').text('title')).toBe('a');
    expect(parse('--title=a=b').text('title')).toBe('a=b');
    expect(parse('--title=').text('title')).toBe('');
    expect(parse('--name', 'a').text('title')).toBe('a');
    expect(parse('-ta', '-t', 'b').text('title')).toBe('b');
    expect(parse('-t=c').text('title')).toBe('c');
    expect(parse('-n3').number('limit')).toBe(3);
  });

  test('takes a value that begins with a dash, and a lone dash as a word', () => {
    expect(parse('-t', '-').text('title')).toBe('-');
    expect(parse('--title', '--force').text('title')).toBe('--force');
    expect(parse('-').words).toEqual(['-']);
  });

  test('reads switches together, and off where they are told to be', () => {
    const args = parse('-fq');
    expect([args.on('force'), args.on('quiet')]).toEqual([true, true]);
    expect(parse('--force=false').on('force')).toBe(false);
    expect(parse('--force=false').has('force')).toBe(true);
    expect(parse('-fn2').number('limit')).toBe(2);
  });

  test('splits lists at commas and collects repeated flags, but leaves pairs whole', () => {
    expect(parse('-l', 'a, b', '--label=c', '-l', '').list('label')).toEqual(['a', 'b', 'c']);
    expect(parse('--pair', 'k=a,b', '--pair', 'l=c').list('pair')).toEqual(['k=a,b', 'l=c']);
  });

  test('finds words anywhere and takes everything behind -- for words', () => {
    const args = parse('one', '-f', 'two', '--', '--title', '-x');
    expect(args.words).toEqual(['one', 'two', '--title', '-x']);
    expect(args.on('force')).toBe(true);
  });

  test.each([
    [['--what'], 'unknown flag: --what'],
    [['-x'], "unknown shorthand flag: 'x' in -x"],
    [['-fx'], "unknown shorthand flag: 'x' in -fx"],
    [['--title'], 'flag needs an argument: --title'],
    [['-n', 'many'], 'invalid argument "many" for --limit'],
    [['--force=perhaps'], 'invalid argument "perhaps" for --force'],
  ])('refuses %j', (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });

  test('crashes on a flag that its verb did not declare: that is a bug, not a mistake of the caller', () => {
    expect(() => parse().text('nothing')).toThrow('no such flag declared: nothing');
  });
});
