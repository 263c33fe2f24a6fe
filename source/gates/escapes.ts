/**
 * Removes terminal escape sequences from one line in time linear in its length. Node's `stripVTControlCharacters` takes
 * 10 s for 128 KB of `ESC ]` (its pattern backtracks from each one), and gate output is hostile. A sequence that does
 * not end within the line loses only its introducer.
 */
export const stripEscapes = (line: string): string => {
  INTRODUCER.lastIndex = 0;
  let found = INTRODUCER.exec(line);
  if (!found) return line;
  let out = '';
  let at = 0;
  let endless = false;
  while (found) {
    out += line.slice(at, found.index);
    at = found.index + found[0].length;
    const kind = KINDS[found[0].at(-1)!];
    if (kind === 'control') {
      CONTROL.lastIndex = at;
      if (CONTROL.test(line)) at = CONTROL.lastIndex;
    } else if (kind === 'string' && !endless) {
      // Without an end after this one there is none after any later one.
      STRING_END.lastIndex = at;
      if (STRING_END.test(line)) at = STRING_END.lastIndex;
      else endless = true;
    }
    INTRODUCER.lastIndex = at;
    found = INTRODUCER.exec(line);
  }
  return out + line.slice(at);
};

/** `ESC` with what it introduces (ECMA-48), or the one-byte forms of the same. */
const INTRODUCER = /\u001b[[\]PX^_]|\u001b[ -/]*[0-Z\\`-~]?|[\u0090\u0098\u009b\u009d-\u009f]/g;
/** Parameters and intermediates are bounded, so that a run of them is not looked through again and again. */
const CONTROL = /[0-?]{0,256}[ -/]{0,16}[@-~]/y;
const STRING_END = /\u0007|\u001b\\|\u009c/g;

const KINDS: Readonly<Record<string, 'control' | 'string'>> = {
  '[': 'control',
  '\u009b': 'control',
  ']': 'string',
  P: 'string',
  X: 'string',
  '^': 'string',
  _: 'string',
  '\u0090': 'string',
  '\u0098': 'string',
  '\u009d': 'string',
  '\u009e': 'string',
  '\u009f': 'string',
};
