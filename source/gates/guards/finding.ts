import { maskSecrets } from '../../common/secrets.ts';
import { plural, safeLine } from '../../common/text.ts';
import type { GuardFinding } from '../../ledger/schema.ts';

/** Characters of a finding's sentence, and of a path: what the ledger takes. */
const SUMMARY_CHARS = 500;
const PATH_CHARS = 4_096;
/** Characters of a path within a sentence: the whole is beside it. */
const PATH_SHOWN = 120;
/** Findings of one guard that are kept: beyond, one line tells how many there are. */
const FINDINGS_KEPT = 40;

export interface Where {
  readonly path?: string;
  readonly line?: number;
}

/** A finding as it is kept: safe text, nothing secret, within what the ledger takes. */
export const finding = (
  guard: string,
  kind: GuardFinding['kind'],
  { summary, path, line }: Where & { readonly summary: string },
): GuardFinding => ({
  guard,
  kind,
  summary: safeLine(summary).slice(0, SUMMARY_CHARS),
  ...(path !== undefined && { path: shownPath(path, PATH_CHARS) }),
  ...(line !== undefined && { line }),
});

/** A path in a sentence. What cannot be shown of it is written out: two names that look the same are told apart. */
export const shownPath = (path: string, chars = PATH_SHOWN): string => {
  const whole = safeLine(maskSecrets(escaped(path)));
  return whole.length <= chars ? whole : `…${whole.slice(-(chars - 1))}`;
};

/** `U+202E` for a character that a terminal would not show, or would obey. */
const escaped = (path: string): string =>
  [...path].map(character => (safeLine(character) === character ? character : `<U+${codeOf(character)}>`)).join('');

const codeOf = (character: string): string => character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');

/** The first findings of a guard, and how many more there are. */
export const atMost = (findings: readonly GuardFinding[], keep = FINDINGS_KEPT): GuardFinding[] => {
  if (findings.length <= keep) return [...findings];
  const more = findings.slice(keep);
  const kind = more.some(one => one.kind === 'block') ? 'block' : 'ask';
  return [
    ...findings.slice(0, keep),
    { guard: more[0]!.guard, kind, summary: `${plural(more.length, 'more finding')} of this kind` },
  ];
};
