import { maskValue } from '../../common/secrets.ts';
import type { GuardFinding } from '../../ledger/schema.ts';
import { finding, shownPath } from './finding.ts';
import { ownSecrets, type Secret } from './own-secrets.ts';

/** A text of a branch: a file of one of its commits, or a commit's message. */
export interface ScannedText {
  readonly path: string;
  readonly text: string;
  /** Its secrets are made up (fixtures of tests): a person is asked. */
  readonly isFixture: boolean;
}

export interface FoundSecret extends Secret {
  readonly source: ScannedText;
  readonly line: number;
}

/** Characters looked through at once: each rule begins anew for each text, and most files are small. */
const JOINED_CHARS = 500_000;
/** Between two texts that are looked through together: in no text, and no rule reads across it. */
const BETWEEN = '\n\u0000\n';

/** Every secret in these texts, a value once for each text. */
export const findSecrets = async (texts: readonly ScannedText[]): Promise<FoundSecret[]> => {
  if (texts.length === 0) return [];
  const { lintName, lintSecrets } = await import('./secretlint.ts');
  const found = texts.flatMap(source => ownSecrets(source.text, source).map(secret => located(source, secret)));
  for (const { as, members } of joined(texts, lintName)) {
    const whole = members.map(member => member.text).join(BETWEEN);
    for (const secret of await lintSecrets(whole, { as })) found.push(locate(members, secret));
  }
  return distinct(found);
};

/** What is kept of a hit: what it is and where, never the value. */
export const secretFinding = ({ source, rule, line, value }: FoundSecret, where: string): GuardFinding =>
  finding('secrets', source.isFixture ? 'ask' : 'block', {
    summary: `${rule} in ${shownPath(source.path)} line ${line}, ${where}: ${maskValue(value.split('\n')[0]!)}`,
    path: source.path,
    line,
  });

/** Small files of no special name are looked through together. */
const joined = (
  texts: readonly ScannedText[],
  nameOf: (path: string) => string,
): { as: string; members: ScannedText[] }[] => {
  const groups: { as: string; members: ScannedText[]; room: number }[] = [];
  let open: (typeof groups)[number] | undefined;
  for (const text of texts) {
    const as = nameOf(text.path);
    if (as !== 'file.txt') {
      groups.push({ as, members: [text], room: 0 });
      continue;
    }
    if (!open || open.room < text.text.length) {
      open = { as, members: [], room: JOINED_CHARS };
      groups.push(open);
    }
    open.members.push(text);
    open.room -= text.text.length;
  }
  return groups;
};

const locate = (members: readonly ScannedText[], secret: Secret): FoundSecret => {
  let start = secret.start;
  for (const member of members) {
    if (start < member.text.length + BETWEEN.length) return located(member, { ...secret, start });
    start -= member.text.length + BETWEEN.length;
  }
  return located(members.at(-1)!, { ...secret, start: 0 });
};

const located = (source: ScannedText, secret: Secret): FoundSecret => ({
  ...secret,
  source,
  line: source.text.slice(0, secret.start).split('\n').length,
});

/** Two rules often know the same value: the first, which names its kind best, stays. */
const distinct = (found: readonly FoundSecret[]): FoundSecret[] => {
  const seen = new Map<ScannedText, { from: number; to: number }[]>();
  return found.filter(({ source, start, value }) => {
    const spans = seen.get(source) ?? [];
    if (spans.some(span => start < span.to && start + value.length > span.from)) return false;
    seen.set(source, [...spans, { from: start, to: start + value.length }]);
    return true;
  });
};
