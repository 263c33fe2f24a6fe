/**
 * What looks like a key, a token or a password, named in plain words; undefined when nothing does. For texts that are
 * kept in Git for ever: it finds what is obvious and leaves prose about passwords alone. It is no guard for code.
 */
export const findSecret = (text: string): string | undefined => {
  for (const { name, pattern } of KNOWN_SECRETS) if (text.search(pattern) >= 0) return name;
  for (const { name } of assignedSecrets(text)) return `a value for "${name}"`;
  return undefined;
};

/**
 * The text with all such values replaced by `***`: for output of gates, evidence and differences, which are kept, shown and
 * handed on. Too much is masked rather than too little.
 */
export const maskSecrets = (text: string): string => createMasker()(text);

/** As `maskSecrets`, for a text that comes in pieces of whole lines: a private key may go over several. */
export const createMasker = (): ((text: string) => string) => {
  let left = 0;
  return text => {
    if (left === 0 && !MAY_HOLD.test(text)) return text;
    const lines = text.split('\n').map(line => {
      const inside = left > 0;
      const { shown, opens, closes } = maskKeyLine(line, inside);
      left = closes ? 0 : opens ? KEY_LINES : Math.max(0, left - 1);
      return shown;
    });
    return maskValues(lines.join('\n'));
  };
};

/** Shapes that their makers gave them so that they can be recognised. */
export const KNOWN_SECRETS: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: 'a private key', pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/g },
  { name: 'an AWS access key', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g },
  { name: 'a GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})/g },
  { name: 'a GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{20,}/g },
  { name: 'a Slack token', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g },
  { name: 'a Google API key', pattern: /\bAIza[0-9A-Za-z_-]{35}/g },
  { name: 'an npm token', pattern: /\bnpm_[A-Za-z0-9]{36}/g },
  { name: 'a payment key', pattern: /\b[rs]k_live_[A-Za-z0-9]{16,}/g },
  { name: 'a model provider’s key', pattern: /\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{20,}/g },
  { name: 'a signed web token', pattern: /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g },
  {
    name: 'a password inside an address',
    pattern: /\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s/:@]{1,200}:(?![$<{*])[^\s/@]{3,}@/gi,
  },
  { name: 'a bearer token', pattern: /\bbearer\s+(?=[^\s]*\d)[A-Za-z0-9._~+/-]{20,}/gi },
];

/** `DB_PASSWORD=…`, `api-key: "…"`: a telling name, a sign, one word. */
const ASSIGNMENT =
  /\b((?:[A-Za-z0-9]+[_-])*(?:passwords?|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)(?:[_-]key)?)["']?\s{0,2}([:=])\s{0,2}["'`]?([^\s"'`,;]{1,512})/gi;

/** Values of assignments that look like secrets, with where they stand. */
export const assignedSecrets = (
  text: string,
): { readonly name: string; readonly value: string; readonly start: number; readonly isQuoted: boolean }[] =>
  [...text.matchAll(ASSIGNMENT)].flatMap(({ 0: whole, 1: name = '', 2: sign, 3: value = '', index }) => {
    if (!isSecretValue(value, sign === '=')) return [];
    const start = index + whole.length - value.length;
    return { name: name.toLowerCase(), value, start, isQuoted: /["'`]/.test(text[start - 1] ?? '') };
  });

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

// -------------------------------------------------------------------------------------------------------------- masking

const MASK = '***';
/** Cheap look before any masking: nothing of what is masked lacks all of these. */
const MAY_HOLD =
  /PRIVATE KEY|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox|AIza|npm_|[rs]k_live_|sk-|eyJ|:\/\/[^\s/]*@|bearer|pass|pwd|secret|token|key|credential/i;
/** Lines of one key at most: where its end is missing, what follows is shown again after these. */
const KEY_LINES = 150;
const KEY_BEGIN = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/;
const KEY_END = /-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/;

/** One line of a private key: all but the words that say what it is. A sign of a difference in front of it stays. */
const maskKeyLine = (line: string, inside: boolean): { shown: string; opens: boolean; closes: boolean } => {
  const begin = KEY_BEGIN.exec(line);
  const end = KEY_END.exec(line);
  if (inside && !begin) {
    const sign = /^(?!-----)[-+ ]/.exec(line)?.[0] ?? '';
    return {
      shown: end ? `${sign}${MASK}${line.slice(end.index)}` : `${sign}${MASK}`,
      opens: false,
      closes: end !== null,
    };
  }
  if (!begin) return { shown: line, opens: false, closes: false };
  const after = begin.index + begin[0].length;
  if (end && end.index >= after)
    return { shown: `${line.slice(0, after)}${MASK}${line.slice(end.index)}`, opens: false, closes: true };
  return { shown: `${line.slice(0, after)}${line.length > after ? MASK : ''}`, opens: true, closes: false };
};

const maskValues = (text: string): string => {
  let masked = text;
  for (const { name, pattern } of KNOWN_SECRETS) {
    if (name === 'a private key') continue;
    masked = masked.replace(pattern, found => maskValue(found));
  }
  let out = '';
  let from = 0;
  for (const { start, value } of assignedSecrets(masked)) {
    if (start < from) continue;
    out += masked.slice(from, start) + MASK;
    from = start + value.length;
  }
  return out + masked.slice(from);
};

/** What a value is may stay to be read: `ghp_***`, `https://user:***@`, `AKIA***`. */
export const maskValue = (value: string): string => {
  const address = /^([a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:)[^@]*(@?)/i.exec(value);
  if (address) return `${address[1]}${MASK}${address[2]}`;
  const kind =
    /^(?:bearer\s+|AKIA|ASIA|AIza|eyJ|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|npm_|[rs]k_live_|sk-(?:ant-|proj-|or-)?)/i.exec(
      value,
    );
  return `${kind?.[0] ?? ''}${MASK}`;
};
