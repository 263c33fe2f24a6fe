import { assignedSecrets, KNOWN_SECRETS } from '../../common/secrets.ts';

/** A value in a text that must not land. */
export interface Secret {
  /** What it is, in plain words: `a GitHub token`. */
  readonly rule: string;
  readonly start: number;
  readonly value: string;
}

/** What the recommended rules of secretlint miss: live payment keys, signed web tokens, and values that only look random. */
export const ownSecrets = (text: string, { path }: { path: string }): Secret[] => [
  ...KNOWN_SECRETS.filter(({ name }) => !LEFT_TO_OTHERS.has(name)).flatMap(({ name, pattern }) =>
    [...text.matchAll(pattern)]
      .filter(match => isMeant(name, match[0]))
      .map(match => ({ rule: name, start: match.index, value: match[0] })),
  ),
  ...assignedSecrets(text)
    .filter(({ value, isQuoted }) => (isQuoted || PLAIN_VALUES.test(path)) && looksRandom(value))
    .map(({ name, value, start }) => ({ rule: `a value for "${name}" that looks random`, start, value })),
];

/** secretlint knows more of these; bearers in code are mostly made up. */
const LEFT_TO_OTHERS: ReadonlySet<string> = new Set(['a password inside an address', 'a bearer token']);

/** Files in which a value stands without quotes. In code, an unquoted word is a name. */
const PLAIN_VALUES =
  /(?:^|\/)(?:\.env[^/]*|[^/]*\.(?:env|ya?ml|properties|ini|toml|conf|cfg|tfvars|sh|bash|zsh|txt|md|netrc|npmrc)|[^/.]+|\.[^/.]+)$/i;

const isMeant = (name: string, value: string): boolean => {
  // `sk-` also begins names of style sheets.
  if (name === 'a model provider’s key') return /\d/.test(value) && /[A-Z]/.test(value);
  return name !== 'a signed web token' || isTokenHeader(value.split('.')[0]!);
};

const isTokenHeader = (part: string): boolean => {
  try {
    const header: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof header === 'object' && header !== null && 'alg' in header;
  } catch {
    return false; // Not JSON: three words that happen to begin alike.
  }
};

/** Characters below which chance alone makes a word look random. */
const RANDOM_CHARS = 12;
/** Bits a character: English is at about 2.8 in words this long, random hexadecimal at 3.5, base64 above 4. */
const RANDOM_BITS = 3.2;
const MADE_UP = /test|dummy|fake|example|sample|mock|placeholder|change|your|secret|password|xxxx|1234567|abcdef/i;

const looksRandom = (value: string): boolean =>
  value.length >= RANDOM_CHARS &&
  /\d/.test(value) &&
  /[A-Za-z]/.test(value) &&
  !MADE_UP.test(value) &&
  // A path, an address or a file name says where something is.
  !/^(?:[a-z]+:\/)?\.{0,2}\/|[\\]|^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,5}$/i.test(value) &&
  entropyBits(value) >= RANDOM_BITS;

/** Shannon's, a character. */
const entropyBits = (text: string): number => {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
};
