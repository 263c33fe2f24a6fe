import { afterAll, describe, expect, test } from 'vitest';
import { removeRepository, repository, said } from './support.ts';

afterAll(removeRepository);

/** Put together here, so that this file holds nothing that looks like one. */
const GITHUB = `ghp_${'a1B2c3D4'.repeat(4)}e5F6`;
const STRIPE = `sk_live_${'4eC39HqLyjWDarjtT1zdp7dc'}`;
const AWS = `AKIA${'IOSFODNN7ABCDEFG'}`;
const JWT = [`{"alg":"HS256","typ":"JWT"}`, `{"sub":"1234567890","name":"A"}`]
  .map(part => Buffer.from(part).toString('base64url'))
  .concat('dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U')
  .join('.');
const PEM = [
  `-----BEGIN RSA ${'PRIVATE KEY'}-----`,
  ...Array.from({ length: 8 }, (_, index) => `MIIEpAIBAAKCAQEA${String.fromCharCode(65 + index).repeat(44)}aB3=`),
  `-----END RSA ${'PRIVATE KEY'}-----`,
].join('\n');
const HEX = '9f8a7d6c5b4e3f2a1b0c4d5e6f708192';
const HOT = `postgres://app:${'h7Gq2pLx9'}@db.acme.io/app`;

describe('secrets', () => {
  test.each([
    ['a GitHub token', 'src/a.ts', `const token = "${GITHUB}";\n`, 'a GitHub token'],
    ['a payment key', 'pay.py', `KEY = "${STRIPE}"\n`, 'a payment key'],
    ['an AWS access key', 'deploy.sh', `export AWS_ID=${AWS}\n`, 'an AWS access key'],
    ['a signed web token', 'src/a.ts', `call("${JWT}");\n`, 'a signed web token'],
    ['a private key', 'keys/server.txt', `${PEM}\n`, 'a private key'],
    ['a private key in JSON', 'key.json', JSON.stringify({ private_key: PEM }), 'a private key'],
    [
      'a random value for a password',
      'config.yml',
      `db_password: ${HEX}\n`,
      'a value for "db_password" that looks random',
    ],
    ['a random value in code', 'src/a.ts', `const apiKey = "${HEX}";\n`, 'a value for "apikey" that looks random'],
    ['an address with a password', 'src/db.ts', `connect("${HOT}");\n`, 'a secret (database-connection-string)'],
    [
      'a key in UTF-16',
      'a.txt',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(GITHUB, 'utf16le')]),
      'a GitHub token',
    ],
    [
      'a key in a binary file',
      'a.bin',
      Buffer.concat([Buffer.from([0, 1, 2, 0]), Buffer.from(GITHUB), Buffer.from([0])]),
      'a GitHub token',
    ],
  ])('block %s, and never show it', async (_, path, content, rule) => {
    const repo = repository();
    const head = repo.commit(repo.tip, { [path]: content, 'b.ts': 'export const b = 2;\n' });
    const [first, ...more] = await repo.look(head);
    expect(first).toMatchObject({ guard: 'secrets', kind: 'block', path });
    expect(first!.line).toBeGreaterThan(0);
    expect(first!.summary).toContain(`${rule} in ${path} line `);
    expect(first!.summary).toContain(`commit ${head.slice(0, 12)}`);
    expect(JSON.stringify([first, ...more])).not.toMatch(
      /a1B2c3D4|4eC39Hq|IOSFODNN|dozjgNry|MIIEpAIB|9f8a7d6c|h7Gq2pLx9/,
    );
  });

  test('are found in every commit, also where a later one takes them out again, with the commit that has them', async () => {
    const repo = repository();
    const leak = repo.commit(repo.tip, { 'src/a.ts': `\n\nconst token = "${GITHUB}";\n` });
    const head = repo.commit(leak, { 'src/a.ts': 'const token = read();\n' });
    expect(await repo.look(head)).toEqual([
      {
        guard: 'secrets',
        kind: 'block',
        summary: `a GitHub token in src/a.ts line 3, commit ${leak.slice(0, 12)}: ghp_***`,
        path: 'src/a.ts',
        line: 3,
      },
    ]);
    const clean = repo.commit(repo.tip, { 'src/a.ts': 'const token = read();\n' });
    expect(await repo.look(clean)).toEqual([]);
  });

  test('are found in what a commit says, and in files among many', async () => {
    const repo = repository();
    const many = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [`src/f${index}.ts`, `export const f${index} = ${index};\n`.repeat(40)]),
    );
    const head = repo.commit(
      repo.tip,
      { ...many, 'src/f37.ts': `// one\nconst key = '${AWS}';\n` },
      `Call with ${STRIPE}`,
    );
    const found = await repo.look(head);
    expect(said(found)).toEqual([
      expect.stringContaining('an AWS access key in src/f37.ts line 2'),
      expect.stringContaining(`a payment key in message of ${head.slice(0, 12)}`),
    ]);
    expect(JSON.stringify(found)).not.toContain(STRIPE);
  });

  test('are not turned off by a comment in the file that is looked at', async () => {
    const repo = repository();
    const head = repo.commit(repo.tip, { 'a.ts': `// secretlint-disable\nconnect("${HOT}");\n` });
    expect(said(await repo.look(head))).toEqual([expect.stringContaining('secrets block: a secret (database')]);
  });

  test('are asked about where a person said that secrets are made up', async () => {
    const repo = repository();
    const head = repo.commit(repo.tip, { 'data/keys.ts': `const token = "${GITHUB}";\n` });
    const found = await repo.look(head, { rig: { gates: [], guards: { fixtures: ['/data/'] } } });
    expect(found.map(({ guard, kind }) => [guard, kind])).toEqual([['secrets', 'ask']]);
  });

  test('are not what the target has already', async () => {
    const repo = repository({ 'old.ts': `const token = "${GITHUB}";\n` });
    const head = repo.commit(repo.tip, { 'new.ts': 'export const n = 1;\n' });
    expect(await repo.look(head)).toEqual([]);
  });

  test.each([
    ['prose about passwords', 'README.md', 'The password: choose one. A token is needed: ask for it.\n'],
    [
      'code that fetches one',
      'src/a.ts',
      'const password = process.env.PASSWORD;\nconst token = await getToken(42);\n',
    ],
    ['a placeholder', '.env.example', `API_KEY=your-key-here-1234\nDB_PASSWORD=changeme12345\n`],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as a CI file writes it.
    ['a reference to a secret', 'a.yml', 'token: ${{ secrets.GITHUB_TOKEN }}\n'],
    [
      'an address of a manual',
      'README.md',
      'postgres://user:password@localhost:5432/app and https://me:secret@example.com/x\n',
    ],
    ['a hash', 'src/hash.ts', `export const sha = "${HEX}";\n`],
    ['a name of a style', 'a.css', '.sk-folding-cube-animation-delay { color: red; }\n'],
    ['a type', 'src/a.ts', 'interface A { token: OAuth2AccessTokenV2Response1 }\n'],
  ])('let %s pass', async (_, path, content) => {
    const repo = repository();
    expect(said(await repo.look(repo.commit(repo.tip, { [path]: content })))).toEqual([]);
  });

  test('cost a few milliseconds a branch', async () => {
    const repo = repository();
    const head = repo.commit(
      repo.tip,
      Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}.ts`, 'const x = 1;\n'.repeat(200)])),
    );
    await repo.look(head);
    const began = performance.now();
    await repo.look(head);
    // Eight children of Git and 50 kB of text: a bound that only something quadratic passes.
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
