/**
 * What looks like a key, a token or a password, named in plain words; undefined when nothing does. For texts that are
 * kept in Git for ever: it finds what is obvious and leaves prose about passwords alone. It is no guard for code.
 */
export const findSecret = (text: string): string | undefined => {
  for (const [name, pattern] of KNOWN) if (pattern.test(text)) return name;
  for (const [, name, sign, value] of text.matchAll(ASSIGNMENT)) {
    if (isSecretValue(value!, sign === '=')) return `a value for "${name!.toLowerCase()}"`;
  }
  return undefined;
};

/** Shapes that their makers gave them so that they can be recognised. */
const KNOWN: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/],
  ['an AWS access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})/],
  ['a GitLab token', /\bglpat-[A-Za-z0-9_-]{20,}/],
  ['a Slack token', /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/],
  ['a Google API key', /\bAIza[0-9A-Za-z_-]{35}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}/],
  ['a payment key', /\b[rs]k_live_[A-Za-z0-9]{16,}/],
  ['a model provider’s key', /\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{20,}/],
  ['a signed web token', /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/],
  ['a password inside an address', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:(?![$<{*])[^\s/@]{3,}@/i],
  ['a bearer token', /\bbearer\s+(?=[^\s]*\d)[A-Za-z0-9._~+/-]{20,}/i],
];

/** `DB_PASSWORD=…`, `api-key: "…"`: a telling name, a sign, one word. */
const ASSIGNMENT =
  /\b((?:[A-Za-z0-9]+[_-])*(?:passwords?|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)(?:[_-]key)?)["']?\s{0,2}([:=])\s{0,2}["'`]?([^\s"'`,;]{1,512})/gi;

/** Characters below which a value is a word of prose, or no secret. */
const VALUE_CHARS = 6;

const isSecretValue = (value: string, isAssigned: boolean): boolean => {
  if (value.length < VALUE_CHARS || PLACEHOLDER.test(value) || EXPRESSION.test(value)) return false;
  // Behind a colon stands mostly prose: only what no word looks like counts there.
  return isAssigned || (/\d/.test(value) && /[a-z]/i.test(value) && !/^\d+[a-z]{1,12}$/i.test(value));
};

/** What people write where a secret would stand. */
const PLACEHOLDER =
  /^(?:[$<{[(%]|\*{3}|x{3,}$|\.{3}|…)|^(?:your|my|the|some|example|changeme|redacted|secret|password|token|none|null|undefined|true|false|required|optional)\b/i;
/** Code that fetches one: a call, a member, a path of names. */
const EXPRESSION = /[()=>{}]|^[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)+$/;
