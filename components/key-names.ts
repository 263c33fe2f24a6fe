/** Whether a key types text where text is typed. */
export const isTextKey = (name: string): boolean => name === 'space' || [...name].length === 1;

/** The name of a key as a person may write it in their config (`Ctrl-d`, `^d`, `PageUp`, `" "`), or why it is no key. */
export const readKey = (written: string): { readonly name: string } | { readonly problem: string } => {
  if (written === ' ') return { name: 'space' };
  const text = written.trim();
  const lower = text.toLowerCase();
  const named = NAMES[lower];
  if (named) return { name: named };
  if ([...text].length === 1) return text >= ' ' ? { name: text } : { problem: `${JSON.stringify(text)} is no key` };
  if (/^f\d{1,2}$/.test(lower)) return { problem: `${text} does not reach the program in every terminal` };
  const control = /^(?:ctrl[-+]|c-|\^)(.|space)$/i.exec(text)?.[1]?.toLowerCase();
  if (control !== undefined) return readControl(control, text);
  const alt = /^(?:alt[-+]|meta[-+]|m-)(.+)$/i.exec(text)?.[1];
  if (alt !== undefined) {
    const key = readKey(alt);
    return 'name' in key && !key.name.includes('-') ? { name: `alt-${key.name}` } : { problem: `${text} is no key` };
  }
  const shifted = /^shift[-+]([a-z])$/i.exec(text)?.[1];
  return shifted ? { name: shifted.toUpperCase() } : { problem: `${text} is no key` };
};

/** The one byte that a terminal sends for a Ctrl-key; undefined for every other key. */
export const controlByte = (name: string): string | undefined => {
  const character = controlCharacter(name);
  return character && String.fromCharCode(character.toUpperCase().charCodeAt(0) & 0x1f);
};

/** What stands on a Ctrl-key: `q` for `ctrl-q`. */
export const controlCharacter = (name: string): string | undefined =>
  name === 'ctrl-space' ? ' ' : /^ctrl-(.)$/.exec(name)?.[1];

/** A control key is a byte below 32, and some of those bytes are keys of their own in every terminal. */
const readControl = (key: string, text: string): { readonly name: string } | { readonly problem: string } => {
  const same = SAME_BYTES[key];
  if (same) return { problem: `${text} is ${same} to a terminal: write ${same}` };
  return /^(?:[a-z]|[\]\\^_@]|space)$/.test(key) ? { name: `ctrl-${key}` } : { problem: `${text} is no key` };
};

const SAME_BYTES: Readonly<Record<string, string>> = { i: 'tab', m: 'enter', j: 'enter', '[': 'esc', h: 'backspace' };

const NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['space', 'enter', 'esc', 'tab', 'shift-tab', 'up', 'down', 'left', 'right', 'pgup', 'pgdn', 'home', 'end'].map(
      name => [name, name],
    ),
  ),
  backspace: 'backspace',
  delete: 'delete',
  del: 'delete',
  return: 'enter',
  escape: 'esc',
  'shift+tab': 'shift-tab',
  backtab: 'shift-tab',
  pageup: 'pgup',
  pagedown: 'pgdn',
  '↑': 'up',
  '↓': 'down',
  '←': 'left',
  '→': 'right',
};

/** A key's name as printed: `Space`, `Ctrl-d`, `j`. */
export const keyLabel = (key: string): string =>
  key.length === 1
    ? key
    : (LABELS[key] ?? key.replace(/^(ctrl|alt|shift)-/, prefix => prefix[0]!.toUpperCase() + prefix.slice(1)));

const LABELS: Readonly<Record<string, string>> = {
  space: 'Space',
  enter: 'Enter',
  esc: 'Esc',
  tab: 'Tab',
  'shift-tab': 'Shift-Tab',
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  pgup: 'PgUp',
  pgdn: 'PgDn',
  home: 'Home',
  end: 'End',
  backspace: 'Backspace',
  delete: 'Delete',
};
