import { describe, expect, test } from 'vitest';
import { createMasker, maskSecrets } from '../../source/common/secrets.ts';

const BEGIN = `-----BEGIN ${'PRIVATE KEY'}-----`;
const END = `-----END ${'PRIVATE KEY'}-----`;

describe('masking', () => {
  test.each([
    ['a token, but for its kind', `x ghp_${'a1B2'.repeat(9)} y`, 'x ghp_*** y'],
    ['a password in an address', 'GET https://me:s3cr3tpw@host.io/x', 'GET https://me:***@host.io/x'],
    ['a value of a telling name', 'DB_PASSWORD=hunter22x and more', 'DB_PASSWORD=*** and more'],
    ['a value in quotes', 'api_key: "9f8a7d6c5b"', 'api_key: "***"'],
    ['a bearer', `Authorization: Bearer ${'abc123'.repeat(5)}`, 'Authorization: Bearer ***'],
    ['each of several', `AKIA${'ABCDEFGHIJKLMNOP'} AKIA${'QRSTUVWXYZ234567'}`, 'AKIA*** AKIA***'],
    ['a key on one line', `"${BEGIN}\\nMIIE\\n${END}\\n"`, `"${BEGIN}***${END}\\n"`],
    [
      'a key over lines',
      `a\n${BEGIN}\nMIIE\nabcd\n${END}\nb`,
      `a\n${BEGIN}\n***\n***\n${END}\nb`.replace(`\n${END}`, `\n***${END}`),
    ],
    ['a key in a difference', `+${BEGIN}\n+MIIE\n-abcd\n+${END}\n b`, `+${BEGIN}\n+***\n-***\n+***${END}\n b`],
  ])('takes out %s', (_, text, expected) => {
    expect(maskSecrets(text)).toBe(expected);
  });

  test.each(['The password is asked for.', 'const token = readToken();', 'ok 1 - adds', 'see https://host.io/a@b', ''])(
    'leaves %s as it is',
    text => {
      expect(maskSecrets(text)).toBe(text);
    },
  );

  test('follows a key over several pieces, and no further than a key goes', () => {
    const mask = createMasker();
    expect(mask(`one\n${BEGIN}\nMIIE`)).toBe(`one\n${BEGIN}\n***`);
    expect(mask('abcd')).toBe('***');
    expect(mask(`${END}\ntwo`)).toBe(`***${END}\ntwo`);
    mask(BEGIN);
    const rest = Array.from({ length: 400 }, (_, index) => mask(`line ${index}`));
    expect(rest[10]).toBe('***');
    expect(rest.at(-1)).toBe('line 399');
  });

  test('costs little where there is nothing', () => {
    const text = 'ok 1 - a line of output that says nothing special\n'.repeat(20_000);
    const began = performance.now();
    expect(maskSecrets(text)).toBe(text);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
