/** JSON on one line as Beads writes it: keys in the given order, and `<`, `>`, `&` escaped as Go does. */
export const goJson = (value: unknown): string => JSON.stringify(value).replace(ESCAPED, escapeChar);

/** A moment as Go writes it: without the closing zeros of its fraction. `iso` is in UTC milliseconds. */
export const goTime = (iso: string): string =>
  iso.replace(/\.(\d*?)0*Z$/, (_, digits: string) => (digits === '' ? 'Z' : `.${digits}Z`));

const ESCAPED = /[<>&\u2028\u2029]/g;

const escapeChar = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
