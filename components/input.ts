import type { Key } from 'ink';

/**
 * One thing the person did: a named key, or a burst of text that no hand types (a paste in a terminal without bracketed
 * paste). Names: the character itself, or `space`, `enter`, `esc`, `tab`, `shift-tab`, `up`, `pgdn`, `ctrl-d`, `alt-x`, ….
 */
export type InputEvent =
  | { readonly type: 'key'; readonly name: string }
  | { readonly type: 'burst'; readonly text: string };

/** Characters in one read that are a paste rather than typing. Key repeat over a slow line is one character many times. */
export const BURST_CHARS = 32;
/** After a burst, ms in which what follows is its rest: a pasted text arrives in several reads. */
export const BURST_TAIL_MS = 80;
/** The longer a burst was, the longer a busy machine may pause within it: a ms more for so many characters, up to the longest. */
const TAIL_CHARS_A_MS = 200;
const BURST_TAIL_LONGEST_MS = 1_000;
/** A split escape sequence arrives as Esc and, within this many ms, its rest as text (Ink gives up on it after 20 ms). */
const SPLIT_SEQUENCE_MS = 250;
/** Keys taken from one read of a repeated character: a held key must not run on for seconds after its release. */
const REPEAT_MAX = 200;

export interface InputDecoder {
  /** Turns one `useInput` call into events. `now` in ms decides what belongs together. */
  decode(input: string, key: Partial<Key>, now: number): readonly InputEvent[];
}

/**
 * Names the keys of Ink's single root `useInput`, which gives text that arrived together as one event: `jjj` is three
 * keys, `j\r` is `j` and `enter` (field/terminal.md §1.7).
 */
export const createInputDecoder = (): InputDecoder => {
  let escapedAt = Number.NEGATIVE_INFINITY;
  let burstAt = Number.NEGATIVE_INFINITY;
  let burstChars = 0;
  const inTail = (now: number): boolean =>
    now - burstAt < Math.min(BURST_TAIL_LONGEST_MS, BURST_TAIL_MS + burstChars / TAIL_CHARS_A_MS);
  return {
    decode(input, key, now) {
      if (key.eventType === 'release' || key.super || key.hyper) return [];
      if (input.length > 1 && now - escapedAt < SPLIT_SEQUENCE_MS && SEQUENCE_REST.test(input)) return [];
      const named = namedKey(input, key);
      if (named === 'esc') escapedAt = now;
      const text = named === undefined ? input : '';
      const isTail = inTail(now);
      if (isBurst(text) || (text !== '' && isTail)) {
        burstChars = isTail ? burstChars + text.length : text.length;
        burstAt = now;
        return [{ type: 'burst', text }];
      }
      // Enter, Ctrl-C and single letters inside an unbracketed paste come as keys of their own: they are its text too. They
      // do not draw it out, so that a person who presses a key again and again is heard in the end.
      if (named !== undefined && isTail) {
        return [{ type: 'burst', text: named === 'enter' ? '\n' : (keyText(named) ?? '') }];
      }
      const names = named === undefined ? [...text].slice(0, REPEAT_MAX).map(characterKey) : [named];
      return names.map(name => ({ type: 'key', name }));
    },
  };
};

/** The text a key stands for in a text field; undefined for keys that are not text. */
export const keyText = (name: string): string | undefined => {
  if (name === 'space') return ' ';
  return [...name].length === 1 ? name : undefined;
};

const SEQUENCE_REST = /^[[O][0-9;:<=>?]*[A-Za-z~]$/;

const isBurst = (text: string): boolean => text.length > BURST_CHARS && new Set(text).size > 1;

const SPECIAL: ReadonlyArray<readonly [keyof Key, string]> = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pgup'],
  ['pageDown', 'pgdn'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];

/** Name of a single key; undefined when the event is text, of one or more characters. */
const namedKey = (input: string, key: Partial<Key>): string | undefined => {
  const special = SPECIAL.find(([flag]) => key[flag])?.[1];
  if (special === 'tab') return key.shift ? 'shift-tab' : 'tab';
  if (special !== undefined) return key.meta && special !== 'esc' ? `alt-${special}` : special;
  if (key.ctrl) return controlName(input);
  if (key.meta && input !== '') return `alt-${input}`;
  // The kitty protocol may report Shift with the unshifted letter.
  if (key.shift && /^[a-z]$/.test(input)) return input.toUpperCase();
  return input.length === 1 ? characterKey(input) : undefined;
};

/** Ctrl-i, Ctrl-m and Ctrl-[ are Tab, Enter and Esc in every terminal that cannot tell them apart: so they are in the others. */
const controlName = (input: string): string => {
  const letter = input.toLowerCase();
  const same: Record<string, string> = { i: 'tab', m: 'enter', '[': 'esc', ' ': 'ctrl-space' };
  return same[letter] ?? `ctrl-${letter}`;
};

const CHARACTERS: Readonly<Record<string, string>> = {
  ' ': 'space',
  '\r': 'enter',
  '\t': 'tab',
  '\u001B': 'esc',
  '\u007F': 'backspace',
  '\b': 'backspace',
};

const characterKey = (character: string): string => {
  const named = CHARACTERS[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 ? `ctrl-${String.fromCharCode(code + (code <= 26 ? 96 : 64))}` : character;
};
